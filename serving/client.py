"""One interface to every door: colourise here, or through a model server over gRPC or REST.

    with Colouriser("grpc://127.0.0.1:8500") as colouriser:
        picture = colouriser.colourise("old.jpg", saturation=1.1)
    Path("new.png").write_bytes(encode_picture(picture, "png"))

It also says which colours a spot may have (`suggest`), how sure the model is of each place (`confidence`), colours the
picture in several believable ways (`alternatives`), and takes a coloured drawing apart (`layers`).

Whatever the door, the picture is read and painted at full size here, and only small maps travel (of the signature
`chroma`, or `flats` for drawings). So every format gives the same colours through every door, a picture of any size
costs the server the same (and batches with all others), and the client needs no TensorFlow. Programs that would rather
send a JPEG or PNG as it is can call `serving_default` themselves, as the README shows with curl. gRPC carries
the maps as 2 MB of floats in 0.01 s; REST as 8 MB of JSON, 0.9 s with the embedded server, which still beats
sending a photograph of 12 megapixels to and fro.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from serving.alternatives import draw_alternatives, find_spots
from serving.confidence import confidence, draw_confidence
from serving.errors import HandtintError, OptionError, PictureError, ServerError
from serving.hints import Hint, hint_map, parse_hints
from serving.layers import Layers, take_apart
from serving.model import ask_colours, ask_maps
from serving.models import Models
from serving.palette import Place, check_palette, draw_layouts, find_places, lay_out
from serving.panels import find_panels, hints_inside
from serving.pictures import MAX_PIXELS, Picture, encode_picture, on_white, read_file, read_picture
from serving.sketch import SKETCH
from serving.suggestions import Suggestion, suggest
from serving.task import AUTO, Task

__all__ = [
    "Colouriser",
    "HandtintError",
    "Hint",
    "Layers",
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


class Colouriser:
    """Pictures in, coloured pictures out; any number of threads may use one.

    Args:
        target: `grpc://HOST:PORT` or `http://HOST:PORT` of a model server; None works in this process.
        model: the model's name at the server, or of the shipped weights; the task's name if not given. Names by task,
            as {"photo": "portraits"}, leave every task its own model.
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
        model: str | Mapping[str, str] | None = None,
        *,
        task: str = AUTO,
        model_dir: str | Path | None = None,
        timeout: float = 60.0,
        max_pixels: int = MAX_PIXELS,
    ):
        self._max_pixels = max_pixels
        self._models = Models(target, model, task, model_dir, timeout)

    def colourise(
        self,
        picture: str | Path | bytes,
        hints: Sequence[Hint] = (),
        saturation: float = 1.0,
        *,
        palette: Sequence[str] = (),
        panels: bool = False,
        task: str | None = None,
    ) -> Picture:
        """The picture in colour: of the same size, a photograph with its own luminance and alpha.

        A drawing has its own lines, on white paper where it was transparent.

        Args:
            picture: a file's path, or its bytes.
            hints: colours wanted at certain points.
            saturation: 0..3, what the model's chroma is multiplied by.
            palette: up to 12 colours like #b03a2e, in any order, that the result is steered towards where there are
                no hints, see `serving.palette`.
            panels: colour each panel of a comic page as a picture of its own, see `serving.panels`; what lies between
                them stays black on white.
            task: photo, sketch or auto for this picture; None is the Colouriser's.

        Raises:
            PictureError: the picture cannot be used.
            OptionError: the saturation is out of range, the palette or task is none, or the model is of another task.
            ServerError: the model did not answer, or not with colours. SignatureNotFound: a palette needs the model's
                `colours`, which it lacks.
        """
        original, chosen, seen, hints = self._prepare(picture, hints, saturation, palette, task)
        found = find_panels(original.rgb) if panels and chosen is SKETCH else []
        if not found:
            return self._colour(original, chosen, seen, hints, saturation)
        ink = SKETCH.ink(original.rgb, self._maps(chosen, seen, ()))
        page = np.repeat(ink[..., np.newaxis], 3, axis=2)
        for panel in found:
            part = replace(original, rgb=original.rgb[panel])
            inside = hints_inside(hints, panel, original.rgb.shape)
            page[panel] = self._colour(part, chosen, chosen.see(part.rgb), inside, saturation).rgb
        return replace(original, rgb=page, task=chosen.name)

    def layers(
        self,
        picture: str | Path | bytes,
        hints: Sequence[Hint] = (),
        saturation: float = 1.0,
        *,
        palette: Sequence[str] = (),
        task: str | None = None,
    ) -> Layers:
        """A drawing in colour, taken apart: its lines, its flat colours, and both merged.

        Takes and raises what `colourise` does, and OptionError for a photograph, which has no lines.
        """
        original, chosen, seen, hints = self._prepare(picture, hints, saturation, palette, task)
        if chosen is not SKETCH:
            raise OptionError(
                f"Only drawings have layers; expected one, received a picture that is coloured as a {chosen.name}.",
                "Use --task sketch if it is a drawing, else leave out --flat and .ora.",
            )
        return take_apart(original, self._maps(chosen, seen, hints), saturation)

    def suggest(
        self,
        picture: str | Path | bytes,
        x: float,
        y: float,
        count: int = 5,
        hints: Sequence[Hint] = (),
        *,
        task: str | None = None,
    ) -> list[Suggestion]:
        """The likely natural colours of a spot (shares of width and height), at most `count`, the likeliest first.

        Raises as `colourise` does, and OptionError for a spot outside the picture or a count below 1; SignatureNotFound
        if the model has no `colours`, here and in the methods below.
        """
        _, chosen, seen = self._read(picture, task)
        probabilities, centres = self._colours(chosen, seen, hints)
        return suggest(probabilities, centres, self._lightness(chosen, seen, hints), x, y, count)

    def confidence(
        self, picture: str | Path | bytes, hints: Sequence[Hint] = (), *, task: str | None = None
    ) -> np.ndarray:
        """How sure the model is of each of 32 x 32 places, float32 0..1; `draw_confidence` makes a picture of it."""
        _, chosen, seen = self._read(picture, task)
        return confidence(*self._colours(chosen, seen, hints))

    def alternatives(
        self,
        picture: str | Path | bytes,
        count: int = 4,
        seed: int = 0,
        hints: Sequence[Hint] = (),
        saturation: float = 1.0,
        *,
        palette: Sequence[str] = (),
        task: str | None = None,
    ) -> Iterator[Picture]:
        """Up to `count` different believable colourings; fewer where the model sees only so many, even none.

        With a palette these are other layouts of it than the one that `colourise` gives.

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
        colours = check_palette(palette)
        original, chosen, seen = self._read(picture, task)
        if colours:
            drawn = draw_layouts(self._places(chosen, seen, hints), colours, count, seed, chosen is SKETCH)
        else:
            spots = find_spots(*self._colours(chosen, seen, hints), self._lightness(chosen, seen, hints))
            drawn = draw_alternatives(spots, count, seed)
        return (self._colour(original, chosen, seen, [*hints, *added], saturation) for added in drawn)

    def check(self, timeout: float = 2.0) -> None:
        """Returns if the model is there and answers.

        Raises:
            ServerError: of the kind that says why not.
        """
        self._models.check(timeout)

    def close(self) -> None:
        """Closes connections; a Colouriser is also a context manager."""
        self._models.close()

    def _prepare(
        self,
        picture: str | Path | bytes,
        hints: Sequence[Hint],
        saturation: float,
        palette: Sequence[str],
        task: str | None,
    ) -> tuple[Picture, Task, np.ndarray, Sequence[Hint]]:
        """What `_read` gives, and the hints with those that lay out the palette."""
        check_saturation(saturation)
        colours = check_palette(palette)
        original, chosen, seen = self._read(picture, task)
        if colours:
            hints = [*hints, *lay_out(self._places(chosen, seen, hints), colours, chosen is SKETCH)]
        return original, chosen, seen, hints

    def _read(self, picture: str | Path | bytes, task: str | None) -> tuple[Picture, Task, np.ndarray]:
        """The picture, what is to be done with it, and what the model sees of it [1, S, S, 1]."""
        wanted = self._models.wanted(task)
        original = read_picture(picture if isinstance(picture, bytes) else read_file(picture), self._max_pixels)
        on_paper = on_white(original)
        chosen = wanted or self._models.choose(on_paper.rgb)
        if chosen is SKETCH:  # drawings are often black everywhere and transparent but for the lines
            original = on_paper
        return original, chosen, chosen.see(original.rgb)

    def _maps(self, task: Task, seen: np.ndarray, hints: Sequence[Hint]) -> np.ndarray:
        with self._models.noticing_absence(task):
            return ask_maps(self._models.of(task), task, seen, hint_map(hints, task.hint_channels))[0]

    def _colour(
        self, original: Picture, task: Task, seen: np.ndarray, hints: Sequence[Hint], saturation: float
    ) -> Picture:
        rgb = task.paint(original.rgb, self._maps(task, seen, hints), saturation)
        return replace(original, rgb=rgb, task=task.name)

    def _colours(self, task: Task, seen: np.ndarray, hints: Sequence[Hint]) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities [32, 32, Q] of colours [Q, 2] in one picture."""
        probabilities, centres = ask_colours(self._models.of(task), task, seen, hint_map(hints, task.hint_channels))
        return probabilities[0], centres

    def _places(self, task: Task, seen: np.ndarray, hints: Sequence[Hint]) -> list[Place]:
        return find_places(*self._colours(task, seen, hints), self._lightness(task, seen, hints), hints)

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
