"""What a request to `/v1/colourise` asks for, read from its body, its query and its Accept header.

    data = read_picture_bytes(request, max_bytes=50_000_000)
    options = read_options(request, models={"photo": "photo", "sketch": "sketch"})

The body is the picture itself, or multipart/form-data with the picture in the field `image`. Options stand in the query
or in other fields of the form: `format`, `quality`, `metadata`, `saturation`, `hints` (JSON), `task`, `model`, and
`version` or `label`; an empty one counts as left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from flask import Request
from werkzeug.exceptions import NotAcceptable, RequestEntityTooLarge

from serving.colouring.hints import MAX_HINTS, Hint, parse_hints
from serving.colouring.task import AUTO, TASKS
from serving.colouring.wishes import check_saturation
from serving.doors.version import Which
from serving.errors import OptionError, PictureTooLarge
from serving.gateway.split import LABEL
from serving.pictures import FORMATS, QUALITY, check_encoding

Number = TypeVar("Number", int, float)

_NAMES = ("format", "hints", "label", "metadata", "model", "quality", "saturation", "task", "version")
NOT_ACCEPTABLE = "The answer is a PNG, a JPEG, a WebP or a TIFF; the Accept header allows none of these."
METADATA = ("keep", "none")
_TASKS = (AUTO, *TASKS)


@dataclass(frozen=True)
class Options:
    """As `Colouriser.colourise` and `encode_picture` take them.

    `model` is the name of one, None for the task's own; `which` its version, None if that was left open.
    """

    format: str = "png"
    quality: int = QUALITY
    metadata: str = "keep"
    saturation: float = 1.0
    hints: Sequence[Hint] = ()
    task: str = AUTO
    model: str | None = None
    which: Which | None = None


def read_picture_bytes(request: Request, max_bytes: int) -> bytes:
    """The picture, still compressed.

    Raises:
        PictureTooLarge: more than `max_bytes`.
        OptionError: a form without a picture, or with too much beside it.
    """
    try:
        data = _form_image(request) if request.mimetype == "multipart/form-data" else request.get_data(cache=False)
    except RequestEntityTooLarge:
        if request.content_length is None or request.content_length > max_bytes:
            raise too_many_bytes(max_bytes) from None
        raise OptionError(
            "The form's fields beside the picture are too many or too long.",
            f"Send only options; of hints at most {MAX_HINTS}.",
        ) from None
    if len(data) > max_bytes:
        raise too_many_bytes(max_bytes)
    return data


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


def read_options(request: Request, models: Mapping[str, str], *, by_accept: bool = True) -> Options:
    """What is asked for.

    Args:
        request: with options in its query or its form.
        models: the task of each model that may be asked for by name.
        by_accept: the Accept header says in which format, if no option does; else PNG.

    Raises:
        OptionError: an unknown option or a value out of range.
        NotAcceptable: the Accept header allows no format that can be written.
    """
    sent = {**request.args, **request.form}
    if unknown := sorted(set(sent) - set(_NAMES)):
        raise OptionError(f"There is no option {unknown[0]!r}.", f"The options are {', '.join(_NAMES)}.")
    # browsers send the fields of a form that nobody has filled in
    given = {name: value for name, value in sent.items() if value}
    options = Options(
        format=given.get("format") or (_accepted_format(request) if by_accept else "png"),
        quality=_number(given, "quality", int, QUALITY),
        metadata=given.get("metadata", "keep"),
        saturation=_number(given, "saturation", float, 1.0),
        hints=parse_hints(given["hints"]) if "hints" in given else (),
        task=given.get("task", AUTO),
        model=given.get("model"),
        which=_which(given),
    )
    check_encoding(options.format, options.quality)
    check_saturation(options.saturation)
    if options.metadata not in METADATA:
        raise OptionError(
            f"The metadata must be keep or none; received {options.metadata[:20]!r}.", "Leave it out to keep them."
        )
    if options.task not in _TASKS:
        raise OptionError(
            f"The task must be {', '.join(_TASKS[:-1])} or {_TASKS[-1]}; received {options.task[:20]!r}.",
            "Leave it out for auto: each picture as what it looks like.",
        )
    return options if options.model is None else _with_model(options, models)


def _with_model(options: Options, models: Mapping[str, str]) -> Options:
    """The same, of the model's task."""
    name = options.model or ""
    if name not in models:
        raise OptionError(f"There is no model {name[:40]!r} here.", f"The models are {', '.join(sorted(models))}.")
    if options.task not in (AUTO, models[name]):
        raise OptionError(
            f"The model {name} is of task {models[name]}; received task {options.task}.", "Leave one of them out."
        )
    return replace(options, task=models[name])


def _which(given: Mapping[str, str]) -> Which | None:
    if "version" not in given and "label" not in given:
        return None
    label = given.get("label")
    if label is not None and not LABEL.fullmatch(label):
        raise OptionError(
            f"A label is a word of letters, digits, dots and dashes; received {label[:20]!r}.",
            "Leave it out for the version that serves everybody.",
        )
    return Which(_number(given, "version", int, 0) if "version" in given else None, label)


def _accepted_format(request: Request) -> str:
    accepted = request.accept_mimetypes
    media_type = accepted.best_match(FORMATS.values()) if accepted else FORMATS["png"]
    for name, known in FORMATS.items():
        if known == media_type:
            return name
    raise NotAcceptable(NOT_ACCEPTABLE)


def _number(given: Mapping[str, str], name: str, kind: type[Number], default: Number) -> Number:
    try:
        return kind(given[name]) if name in given else default
    except ValueError:
        raise OptionError(f"The {name} must be a number; received {given[name][:20]!r}.", "Leave it out.") from None
