"""What a request to `/v1/colourise` asks for, read from its body, its query and its Accept header.

    data, options = read_request(request, max_bytes=50_000_000)

The body is the picture itself, or multipart/form-data with the picture in the field `image`. Options stand in
the query or in other fields of the form: `format`, `quality`, `saturation`, `hints` (JSON) and `task`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from flask import Request
from werkzeug.exceptions import NotAcceptable

from serving.client import check_saturation
from serving.errors import OptionError, PictureTooLarge
from serving.hints import Hint, parse_hints
from serving.pictures import FORMATS, QUALITY, check_encoding
from serving.task import AUTO, TASKS

Number = TypeVar("Number", int, float)

FORM_BYTES = 200_000  # what a form's boundaries and a thousand hints may add to the picture
_NAMES = ("format", "hints", "quality", "saturation", "task")
_TASKS = (AUTO, *TASKS)


@dataclass(frozen=True)
class Options:
    """As `Colouriser.colourise` and `encode_picture` take them."""

    format: str = "png"
    quality: int = QUALITY
    saturation: float = 1.0
    hints: Sequence[Hint] = ()
    task: str = AUTO


def read_request(request: Request, max_bytes: int) -> tuple[bytes, Options]:
    """The picture's bytes and the options.

    Raises:
        PictureTooLarge: more than `max_bytes`.
        OptionError: an unknown option or a value out of range; a form without a picture.
        NotAcceptable: the Accept header allows neither PNG nor JPEG.
    """
    data = _form_image(request) if request.mimetype == "multipart/form-data" else request.get_data(cache=False)
    if len(data) > max_bytes:
        raise too_many_bytes(max_bytes)
    return data, _options(request)


def too_many_bytes(max_bytes: int) -> PictureTooLarge:
    """The error for a picture, or a whole request, beyond the limit."""
    return PictureTooLarge(
        f"The request has more than the {max_bytes / 1e6:g} MB that a picture may have.",
        "Scale the picture down, or save it as JPEG.",
    )


def _form_image(request: Request) -> bytes:
    images = request.files.getlist("image")
    if len(images) != 1:
        raise OptionError(
            f'The form must have one file in its field "image"; received {len(images)}.',
            "Send it as curl does: -F image=@old.jpg",
        )
    return images[0].read()


def _options(request: Request) -> Options:
    given = {**request.args, **request.form}
    if unknown := sorted(set(given) - set(_NAMES)):
        raise OptionError(f"There is no option {unknown[0]!r}.", f"The options are {', '.join(_NAMES)}.")
    options = Options(
        format=given.get("format") or _accepted_format(request),
        quality=_number(given, "quality", int, QUALITY),
        saturation=_number(given, "saturation", float, 1.0),
        hints=parse_hints(given["hints"]) if "hints" in given else (),
        task=given.get("task", AUTO),
    )
    check_encoding(options.format, options.quality)
    check_saturation(options.saturation)
    if options.task not in _TASKS:
        raise OptionError(
            f"The task must be {', '.join(_TASKS[:-1])} or {_TASKS[-1]}; received {options.task[:20]!r}.",
            "Leave it out for auto: each picture as what it looks like.",
        )
    return options


def _accepted_format(request: Request) -> str:
    accepted = request.accept_mimetypes
    media_type = accepted.best_match(FORMATS.values()) if accepted else FORMATS["png"]
    for name, known in FORMATS.items():
        if known == media_type:
            return name
    raise NotAcceptable("The answer is a PNG or a JPEG; the Accept header allows neither.")


def _number(given: dict[str, str], name: str, kind: type[Number], default: Number) -> Number:
    try:
        return kind(given[name]) if name in given else default
    except ValueError:
        raise OptionError(f"The {name} must be a number; received {given[name][:20]!r}.", "Leave it out.") from None
