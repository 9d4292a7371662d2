"""One interface to every door: colourise here, or through a model server over gRPC or REST.

    with Colouriser("grpc://127.0.0.1:8500") as colouriser:
        picture = colouriser.colourise("old.jpg", saturation=1.1)
    Path("new.png").write_bytes(encode_picture(picture, "png"))

Whatever the door, the picture is read and recombined at full size here and only the `chroma` signature's
small maps travel. So every format gives the same colours through every door, a picture of any size costs the
server the same (and batches with all others), and the client needs no TensorFlow. Programs that would rather
send a JPEG or PNG as it is can call `serving_default` themselves, as the README shows with curl. gRPC carries
the maps as 2 MB of floats in 0.01 s; REST as 8 MB of JSON, 0.9 s with the embedded server, which still beats
sending a photograph of 12 megapixels to and fro.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import httpx
import numpy as np

from serving.errors import HandtintError, OptionError, PictureError, ServerError
from serving.full_resolution import recombine, shrink
from serving.grpc_model import GrpcModel
from serving.hints import Hint, hint_map, parse_hints
from serving.local_model import load_local_model
from serving.pictures import MAX_PIXELS, Picture, encode_picture, read_file, read_picture
from serving.rest_model import RestModel

__all__ = [
    "Colouriser",
    "HandtintError",
    "Hint",
    "OptionError",
    "Picture",
    "PictureError",
    "ServerError",
    "encode_picture",
    "parse_hints",
]

MAX_SATURATION = 3.0
_GRPC_TARGET = re.compile(r"grpc://([^/\s]+:\d+)/?")


class Model(Protocol):
    """What a door must offer."""

    def chroma(self, luminance: np.ndarray, hints: np.ndarray) -> np.ndarray:
        """Luminance float32 [N, S, S, 1] and hints [N, S, S, 3] -> coefficients float32 [N, S, S, 4]."""

    def check(self, timeout: float) -> None:
        """Returns if the model answers; raises ServerError if not."""

    def close(self) -> None:
        """Lets go of connections."""


class Colouriser:
    """Pictures in, coloured pictures out; any number of threads may use one.

    Args:
        target: `grpc://HOST:PORT` or `http://HOST:PORT` of a model server; None works in this process.
        model: the model's name at the server, or of the shipped weights.
        model_dir: in this process, the folder whose newest version is used instead of the shipped weights;
            $HANDTINT_MODEL if not given.
        timeout: seconds to wait for a model server's answer.
        max_pixels: larger pictures are refused.

    Raises:
        OptionError: `target` is not such an address, or TensorFlow is needed and not installed.
        ModelNotFound: in this process, there is no such model.
    """

    def __init__(
        self,
        target: str | None = None,
        model: str = "photo",
        *,
        model_dir: str | Path | None = None,
        timeout: float = 60.0,
        max_pixels: int = MAX_PIXELS,
    ):
        self._max_pixels = max_pixels
        self._model = _connect(target, model, timeout) if target else load_local_model(model, model_dir)

    def colourise(self, picture: str | Path | bytes, hints: Sequence[Hint] = (), saturation: float = 1.0) -> Picture:
        """The picture in colour: same size, same alpha, its own luminance.

        Args:
            picture: a file's path, or its bytes.
            hints: colours wanted at certain points.
            saturation: 0..3, what the model's chroma is multiplied by.

        Raises:
            PictureError: the picture cannot be used.
            OptionError: the saturation is out of range.
            ServerError: the model did not answer, or not with colours.
        """
        check_saturation(saturation)
        data = picture if isinstance(picture, bytes) else read_file(picture)
        original = read_picture(data, self._max_pixels)
        luminance = shrink(original.rgb)
        coefficients = self._model.chroma(luminance, hint_map(hints))
        if coefficients.shape != (*luminance.shape[:3], 4) or not np.isfinite(coefficients).all():
            raise ServerError(
                f"The model's coefficients have shape {list(coefficients.shape)} or are not finite; "
                f"expected finite {[*luminance.shape[:3], 4]}.",
                "Serve a model that handtint exported.",
            )
        return replace(original, rgb=recombine(original.rgb, coefficients[0], saturation))

    def check(self, timeout: float = 2.0) -> None:
        """Returns if the model is there and answers.

        Raises:
            ServerError: of the kind that says why not.
        """
        self._model.check(timeout)

    def close(self) -> None:
        """Closes connections; a Colouriser is also a context manager."""
        self._model.close()

    def __enter__(self) -> Colouriser:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def check_saturation(saturation: float) -> None:
    """Whether the saturation is one that `colourise` takes.

    Raises:
        OptionError: it is not.
    """
    if not 0 <= saturation <= MAX_SATURATION:  # also refuses NaN
        raise OptionError(
            f"The saturation must be from 0 to {MAX_SATURATION:g}; received {saturation:g}.",
            "1 leaves the colours as the model says.",
        )


def _connect(target: str, model: str, timeout: float) -> Model:
    if grpc_address := _GRPC_TARGET.fullmatch(target):
        return GrpcModel(grpc_address[1], model, timeout)
    if target.startswith(("http://", "https://")):
        with contextlib.suppress(httpx.InvalidURL):
            return RestModel(target, model, timeout)
    raise OptionError(
        f"A server's address must look like grpc://HOST:PORT or http://HOST:PORT; received {target!r}.",
        "The embedded model server answers gRPC at port 8500 and REST at 8501.",
    )
