"""Everything that can go wrong between a picture and its colours, as one tree.

    try:
        Colouriser("grpc://127.0.0.1:8500").colourise("old.jpg")
    except HandtintError as error:
        print(error)

The tree: `HandtintError` > `PictureError` (what is wrong with the picture), `OptionError` (with what was
asked for) and `ServerError` (with the other side). None of them means a fault in this code. They mean the same through
every door; docs/clients.md has them all.
"""

from __future__ import annotations


class HandtintError(Exception):
    """A mistake or a mishap with a cure.

    `code` names the kind for programs, `title` for people; `detail` says what happened, what was expected and
    what was received, `fix` what to do about it. All are safe to show to whoever sent the picture.
    """

    code = "error"
    title = "The picture was not colourised"

    def __init__(self, detail: str, fix: str):
        super().__init__(f"{detail} {fix}")
        self.detail = detail
        self.fix = fix


class PictureError(HandtintError):
    """The picture itself cannot be used."""

    code = "picture"
    title = "The picture cannot be used"


class EmptyPicture(PictureError):
    """There are no bytes."""

    code = "empty"
    title = "The picture is empty"


class UnreadablePicture(PictureError):
    """The file cannot be read."""

    code = "unreadable"
    title = "The picture cannot be read"


class UnsupportedPicture(PictureError):
    """Not a picture, or in a format outside the list."""

    code = "unsupported"
    title = "The picture's format is not supported"


class BrokenPicture(PictureError):
    """The right format, but cut short or damaged."""

    code = "broken"
    title = "The picture is broken"


class PictureTooLarge(PictureError):
    """More bytes or pixels than allowed."""

    code = "too-large"
    title = "The picture is too large"


class OptionError(HandtintError):
    """A hint, saturation, format, quality or address that makes no sense."""

    code = "option"
    title = "An option is wrong"


class NotOffered(OptionError):
    """It makes sense, but not through this door: a gateway colours pictures and does nothing else."""

    code = "not-offered"
    title = "This door cannot do that"


class ServerError(HandtintError):
    """The model server, or the gateway, answered, but not with colours."""

    code = "model-server"
    title = "The model server failed"


class ServerUnavailable(ServerError):
    """Nobody answers, or the server says that it cannot just now.

    `retry_after`: seconds after which it makes sense to ask again; what the server said, else 5.
    """

    code = "unavailable"
    title = "The model server is not available"
    retry_after: int = 5

    def __init__(self, detail: str, fix: str, retry_after: int | None = None):
        super().__init__(detail, fix)
        if retry_after is not None:
            self.retry_after = retry_after


class RateLimited(ServerUnavailable):
    """The server would answer, had this client not asked for so much."""

    code = "rate-limited"
    title = "Too many requests"


class Unauthorised(ServerError):
    """No API key, or none that opens."""

    code = "unauthorised"
    title = "The API key is missing or wrong"


class ServerTimeout(ServerError):
    """No answer in time."""

    code = "timeout"
    title = "The model server took too long"


class ModelNotFound(ServerError):
    """The server, or the folder, holds no such model."""

    code = "model-not-found"
    title = "There is no such model"


class SignatureNotFound(ServerError):
    """The model is there, but cannot do what was asked for."""

    code = "signature-not-found"
    title = "The model cannot do this"

    def __init__(self, model: str, signature: str):
        super().__init__(
            f"{model} has no `{signature}` signature.",
            f"Serve a model that handtint exported and that has `{signature}`: "
            "python -m export saved-model --weights photo --out REPO/photo",
        )
