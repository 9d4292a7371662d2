"""What an app imports: the client and its asynchronous twin, what they take and give, and what can go wrong.

    from serving.client import Colouriser

docs/clients.md has examples. Nothing here imports TensorFlow until a model of this process is asked.
"""

from serving.client.async_colouriser import AsyncColouriser
from serving.client.colouriser import Colouriser
from serving.client.conversations import MAX_ALTERNATIVES
from serving.client.inputs import PictureInput
from serving.colouring.confidence import draw_confidence
from serving.colouring.hints import Hint, parse_hints
from serving.colouring.layers import Layers
from serving.colouring.suggestions import Suggestion
from serving.colouring.wishes import MAX_SATURATION, check_saturation
from serving.errors import (
    HandtintError,
    ModelNotFound,
    NotOffered,
    OptionError,
    PictureError,
    PictureTooLarge,
    RateLimited,
    ServerError,
    ServerTimeout,
    ServerUnavailable,
    Unauthorised,
)
from serving.pictures import Picture, encode_picture

__all__ = [
    "MAX_ALTERNATIVES",
    "MAX_SATURATION",
    "AsyncColouriser",
    "Colouriser",
    "HandtintError",
    "Hint",
    "Layers",
    "ModelNotFound",
    "NotOffered",
    "OptionError",
    "Picture",
    "PictureError",
    "PictureInput",
    "PictureTooLarge",
    "RateLimited",
    "ServerError",
    "ServerTimeout",
    "ServerUnavailable",
    "Suggestion",
    "Unauthorised",
    "check_saturation",
    "draw_confidence",
    "encode_picture",
    "parse_hints",
]
