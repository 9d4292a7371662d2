"""One interface to every door: colourise here, or through a model server over gRPC or REST.

    with Colouriser("grpc://127.0.0.1:8500") as colouriser:
        picture = colouriser.colourise("old.jpg", saturation=1.1)
    Path("new.png").write_bytes(encode_picture(picture, "png"))

It also says which colours a spot may have (`suggest`), how sure the model is of each place (`confidence`), and colours
the picture in several believable ways (`alternatives`).

Whatever the door, the picture is read and painted at full size here, and only small maps travel (of the signature
`chroma`, or `flats` for drawings). So every format gives the same colours through every door, a picture of any size
costs the server the same (and batches with all others), and the client needs no TensorFlow. Programs that would rather
send a JPEG or PNG as it is can call `serving_default` themselves, as the README shows with curl. gRPC carries
the maps as 2 MB of floats in 0.01 s; REST as 8 MB of JSON, 0.9 s with the embedded server, which still beats
sending a photograph of 12 megapixels to and fro.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np

from serving.alternatives import draw_alternatives, find_spots
from serving.confidence import confidence, draw_confidence
from serving.errors import HandtintError, ModelNotFound, OptionError, PictureError, ServerError
from serving.grpc_model import GrpcModel
from serving.hints import Hint, hint_map, parse_hints
from serving.local_model import MODEL_DIR_VARIABLE, load_local_model
from serving.model import Model, ask_colours, ask_maps
from serving.pictures import MAX_PIXELS, Picture, encode_picture, read_file, read_picture
from serving.rest_model import RestModel
from serving.suggestions import Suggestion, suggest
from serving.task import AUTO, TASKS, Task, choose_task

__all__ = [
    "Colouriser",
    "HandtintError",
    "Hint",
    "OptionError",
    "Picture",
    "PictureError",
    "ServerError",
    "Suggestion",
    "draw_confidence",
    "encode_picture",
    "parse_hints",
]

MAX_SATURATION = 3.0
MAX_ALTERNATIVES = 20
_GRPC_TARGET = re.compile(r"grpc://([^/\s]+:\d+)/?")


class Colouriser:
    """Pictures in, coloured pictures out; any number of threads may use one.

    Args:
        target: `grpc://HOST:PORT` or `http://HOST:PORT` of a model server; None works in this process.
        model: the model's name at the server, or of the shipped weights; the task's name if not given.
        task: photo, sketch, or auto: each picture as what it looks like, see `trainer.line_art.is_drawing`,
            and as a photograph where there is no model for sketches. A model
            that is named is of one task: photo, unless `task` says sketch.
        model_dir: in this process, the folder whose newest version is used instead of the shipped weights;
            $HANDTINT_MODEL if not given.
        timeout: seconds to wait for a model server's answer.
        max_pixels: larger pictures are refused.

    Raises:
        OptionError: `target` is not such an address, there is no such task, or TensorFlow is needed and not installed.
        ModelNotFound: in this process, there is no such model.
    """

    def __init__(
        self,
        target: str | None = None,
        model: str | None = None,
        *,
        task: str = AUTO,
        model_dir: str | Path | None = None,
        timeout: float = 60.0,
        max_pixels: int = MAX_PIXELS,
    ):
        if task not in (AUTO, *TASKS):
            raise OptionError(f"Expected task {', '.join(TASKS)} or {AUTO}; received {task!r}.", "Name one of these.")
        model_dir = model_dir or os.environ.get(MODEL_DIR_VARIABLE)
        self._max_pixels, self._timeout = max_pixels, timeout
        self._task = TASKS["photo"] if task == AUTO and (model or model_dir) else TASKS.get(task)
        self._opening = threading.Lock()

        def open_model(name: str) -> Model:
            name = model or name
            return _connect(target, name, timeout) if target else load_local_model(name, model_dir)

        self._open_model = open_model
        self._models: dict[str, Model] = {}
        self._model(self._task or TASKS["photo"])

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
        original, task, seen = self._read(picture)
        return self._colour(original, task, seen, hints, saturation)

    def suggest(
        self, picture: str | Path | bytes, x: float, y: float, count: int = 5, hints: Sequence[Hint] = ()
    ) -> list[Suggestion]:
        """The likely natural colours of a spot (shares of width and height), at most `count`, the likeliest first.

        Raises as `colourise` does, and OptionError for a spot outside the picture or a count below 1; SignatureNotFound
        if the model has no `colours`, here and in the methods below.
        """
        _, task, seen = self._read(picture)
        probabilities, centres = self._colours(task, seen, hints)
        return suggest(probabilities, centres, self._lightness(task, seen, hints), x, y, count)

    def confidence(self, picture: str | Path | bytes, hints: Sequence[Hint] = ()) -> np.ndarray:
        """How sure the model is of each of 32 x 32 places, float32 0..1; `draw_confidence` makes a picture of it."""
        _, task, seen = self._read(picture)
        return confidence(*self._colours(task, seen, hints))

    def alternatives(
        self,
        picture: str | Path | bytes,
        count: int = 4,
        seed: int = 0,
        hints: Sequence[Hint] = (),
        saturation: float = 1.0,
    ) -> Iterator[Picture]:
        """Up to `count` different believable colourings; fewer where the model sees only so many, even none.

        The same seed gives the same, and the first ones do not depend on `count`. They are coloured one by one as they
        are asked for: each takes as much memory as the picture.

        Raises as `colourise` does, before the first, and OptionError for a count that is not 1..20 or a seed below 0.
        """
        check_saturation(saturation)
        if not 1 <= count <= MAX_ALTERNATIVES or seed < 0:
            raise OptionError(
                f"Expected 1 to {MAX_ALTERNATIVES} alternatives and a seed of 0 or more; received {count} and {seed}.",
                "Ask again with another seed for more.",
            )
        original, task, seen = self._read(picture)
        spots = find_spots(*self._colours(task, seen, hints), self._lightness(task, seen, hints))
        drawn = draw_alternatives(spots, count, seed)
        return (self._colour(original, task, seen, [*hints, *added], saturation) for added in drawn)

    def check(self, timeout: float = 2.0) -> None:
        """Returns if the model is there and answers.

        Raises:
            ServerError: of the kind that says why not.
        """
        for model in self._models.values():
            model.check(timeout)

    def close(self) -> None:
        """Closes connections; a Colouriser is also a context manager."""
        for model in self._models.values():
            model.close()

    def _model(self, task: Task) -> Model:
        with self._opening:
            if task.name not in self._models:
                self._models[task.name] = self._open_model(task.name)
            return self._models[task.name]

    def _read(self, picture: str | Path | bytes) -> tuple[Picture, Task, np.ndarray]:
        """The picture, what is to be done with it, and what the model sees of it [1, S, S, 1]."""
        original = read_picture(picture if isinstance(picture, bytes) else read_file(picture), self._max_pixels)
        task = self._task or self._choose(original.rgb)
        return original, task, task.see(original.rgb)

    def _choose(self, rgb: np.ndarray) -> Task:
        """What the picture looks like, if there is a model for it; else it is taken for a photograph."""
        task = choose_task(rgb)
        with contextlib.suppress(ModelNotFound):
            if task.name not in self._models:
                self._model(task).check(self._timeout)
            return task
        if absent := self._models.pop(task.name, None):  # one may come later
            absent.close()
        return TASKS["photo"]

    def _maps(self, task: Task, seen: np.ndarray, hints: Sequence[Hint]) -> np.ndarray:
        return ask_maps(self._model(task), task, seen, hint_map(hints, task.hint_channels))[0]

    def _colour(
        self, original: Picture, task: Task, seen: np.ndarray, hints: Sequence[Hint], saturation: float
    ) -> Picture:
        return replace(original, rgb=task.paint(original.rgb, self._maps(task, seen, hints), saturation))

    def _colours(self, task: Task, seen: np.ndarray, hints: Sequence[Hint]) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities [32, 32, Q] of colours [Q, 2] in one picture."""
        probabilities, centres = ask_colours(self._model(task), task, seen, hint_map(hints, task.hint_channels))
        return probabilities[0], centres

    def _lightness(self, task: Task, seen: np.ndarray, hints: Sequence[Hint]) -> np.ndarray:
        """L* of the result, [S, S]."""
        return task.lightness(seen, lambda: self._maps(task, seen, hints))

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
