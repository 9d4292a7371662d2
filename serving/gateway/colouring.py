"""One picture's way through the gateway: bytes in, bytes out, each stage measured.

    result = Colouring(settings, upstream, metrics).colourise(data, options, call)

The same steps, out of the same parts, as `serving.client.Colouriser` takes: every door gives the same colours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from serving.colouring.hints import hint_map
from serving.colouring.photo import PHOTO
from serving.colouring.sketch import SKETCH
from serving.colouring.task import AUTO, TASKS, Task, choose_task
from serving.doors.model import ask_maps
from serving.doors.version import VersionNotFound, Which
from serving.errors import ModelNotFound, OptionError
from serving.gateway.formats import check_allowed
from serving.gateway.metrics import Metrics
from serving.gateway.options import Options
from serving.gateway.problems import TaskNotServed
from serving.gateway.settings import Settings
from serving.gateway.upstream import Call, Upstream
from serving.pictures import FORMATS, Picture, encode_picture, on_white, read_picture
from trainer.colour import PIXEL_MAX, from_pixels
from trainer.colourfulness import colourfulness

_SEEN = 128  # pixels along a side that a picture's colourfulness is taken of


@dataclass(frozen=True)
class Result:
    """A coloured picture as it is sent: `task` is what it was taken for, `which` says which version coloured it."""

    data: bytes
    media_type: str
    task: str
    notes: tuple[str, ...]
    which: Which


class Colouring:
    """Any number of threads may use one; each picture takes `Settings.memory_ceiling`'s share while it is here."""

    def __init__(self, settings: Settings, upstream: Upstream, metrics: Metrics):
        self._settings = settings
        self._upstream = upstream
        self._metrics = metrics
        self._names = {"photo": settings.model, "sketch": settings.sketch_model}

    def colourise(self, data: bytes, options: Options, call: Call) -> Result:
        """The picture in colour.

        Raises:
            PictureError: it cannot be used.
            ServerError: the model did not answer, or not with colours; TaskNotServed and VersionNotFound if what was
                asked for is not there.
        """
        stage = self._metrics.stage
        with stage("decode"):
            check_allowed(data, self._settings.formats)
            original = read_picture(data, self._settings.max_pixels)
            self._check_webp(original, options)
            task = choose_task(on_white(original).rgb) if options.task == AUTO else TASKS[options.task]
        with stage("model"):
            task, maps, which = self._ask(task, original, options, call)
        with stage("paint"):
            original = _laid_out(original, task)
            rgb = task.paint(original.rgb, maps, options.saturation)
            coloured = replace(original, rgb=rgb, task=task.name)
        with stage("encode"):
            encoded = encode_picture(
                coloured, options.format, options.quality, keep_metadata=options.metadata == "keep"
            )
        self._metrics.picture(len(data), coloured.width * coloured.height, len(encoded))
        if options.saturation == 1:
            model = options.model or self._names[task.name]
            self._metrics.colourful(model, self._label(options, which), _colourfulness_of(coloured.rgb))
        return Result(encoded, FORMATS[options.format], task.name, coloured.notes, which)

    def _check_webp(self, picture: Picture, options: Options) -> None:
        """Raises OptionError for a large WebP: its encoder needs 50 bytes of a pixel with transparency."""
        if options.format == "webp" and 2 * picture.width * picture.height > self._settings.max_pixels:
            raise OptionError(
                f"A WebP may have at most {self._settings.max_pixels / 2e6:g} megapixels here; "
                f"the picture has {picture.width} x {picture.height}.",
                "Ask for a JPEG or PNG.",
            )

    def _ask(self, task: Task, picture: Picture, options: Options, call: Call) -> tuple[Task, np.ndarray, Which]:
        """What the model says, and of which task it was: a drawing is a photograph where nobody colours drawings."""
        try:
            return task, *self._maps(task, picture, options, call)
        except ModelNotFound as error:
            if options.task == AUTO and task is SKETCH and self._has_no_sketches(error):
                return PHOTO, *self._maps(PHOTO, picture, options, call)
            # every gateway needs the model for photographs, that its absence is for the operator
            if options.task == "sketch" and not isinstance(error, VersionNotFound):
                raise TaskNotServed(error.detail, error.fix) from error
            raise

    def _has_no_sketches(self, error: ModelNotFound) -> bool:
        """Whether the model is missing, not only the version of it."""
        if not isinstance(error, VersionNotFound):
            return True
        try:
            self._upstream.check([self._names["sketch"]])
        except ModelNotFound:
            return True
        return False

    def _label(self, options: Options, which: Which) -> str | None:
        """The label that the split chose; one that the request named is a stranger's word."""
        return which.label if options.which is None else None

    def _maps(self, task: Task, picture: Picture, options: Options, call: Call) -> tuple[np.ndarray, Which]:
        seen, hints = task.see(_laid_out(picture, task).rgb), hint_map(options.hints, task.hint_channels)
        name = options.model or self._names[task.name]
        maps, which = self._upstream.ask(name, call, lambda model: ask_maps(model, task, seen, hints), options.which)
        return maps[0], which


def _colourfulness_of(rgb: np.ndarray) -> float:
    """Of pixels uint8 or uint16 [H, W, 3], by every so many of them: as good as all for a mean, and no time."""
    step = max(1, max(rgb.shape[:2]) // _SEEN)
    return colourfulness(from_pixels(rgb[::step, ::step]) * PIXEL_MAX)


def _laid_out(picture: Picture, task: Task) -> Picture:
    """As the task looks at it: drawings are often black everywhere and transparent but for the lines."""
    return on_white(picture) if task is SKETCH else picture
