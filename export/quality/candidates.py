"""What is scored: shipped weights, a SavedModel or a run, each as the same small function; and all grey.

first, second = open_candidates(["shipped=photo", "new=runs/photo"])
ab = first.colour(luminance, hint_map)                # float32 [N, S, S, 2], S = first.size
pictures = first.paint(pixels, hints)                 # uint8 [N, H, W, 3] -> the same
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from keras import ops

from export.weights import Card, find_weights, load_generator
from trainer.colour import (
    CHROMA_UNIT,
    ab_to_rgb,
    apply_coefficients,
    from_symmetric,
    rgb_to_ab,
    rgb_to_luminance,
    to_lightness,
    to_pixels,
    to_unit,
)
from trainer.config import Config
from trainer.hints import draw_hints
from trainer.predict import inputs_for, inputs_of
from trainer.reports.evaluate import restored
from trainer.run import Run

if TYPE_CHECKING:
    import keras

ONE_IN = Config().validation  # of the pictures is held out
TRUTH = "truth"


@dataclass(frozen=True)
class Candidate:
    """A way to colour. `colour`: luminance [N, S, S, 1], hint map [N, S, S, 3] -> ab [N, S, S, 2], S = `size`."""

    name: str
    size: int
    colour: Callable[[np.ndarray, np.ndarray], np.ndarray]
    takes_hints: bool = False
    parameters: int | None = None  # None where unknown
    made_from: str = ""

    def ab(self, luminance: np.ndarray, hints: np.ndarray | None = None) -> np.ndarray:
        """Luminance -1..1 [N, H, W, 1] and hints [N, K, 5] (as `draw_hints` takes them) -> ab [N, S, S, 2]."""
        small = _resize(luminance, self.size, self.size)
        hints = np.full((len(small), 1, 5), np.nan, np.float32) if hints is None else hints
        return self.colour(small, draw_hints(hints, self.size))

    def paint(self, pixels: np.ndarray, hints: np.ndarray | None = None) -> np.ndarray:
        """The grey of pictures uint8 [N, H, W, 3], and hints [N, K, 5] -> coloured pictures of the same size.

        As in `trainer.predict`: the chroma comes up bilinearly, the luminance stays the pictures' own.
        """
        luminance = rgb_to_luminance(to_unit(pixels.astype(np.float32)))
        return show(luminance, self.ab(luminance, hints))


def show(luminance: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """Luminance -1..1 [N, H, W, 1] and ab of another size [N, S, S, 2] -> pictures uint8 [N, H, W, 3]."""
    return to_pixels(ab_to_rgb(luminance, _resize(ab, *luminance.shape[1:3])))


def _resize(maps: np.ndarray, height: int, width: int) -> np.ndarray:
    if maps.shape[1:3] == (height, width):
        return maps
    return np.asarray(ops.image.resize(maps, (height, width), "bilinear", antialias=True))


def _no_colour(luminance: np.ndarray, hints: np.ndarray) -> np.ndarray:
    return np.zeros((*luminance.shape[:-1], 2), np.float32)


GREY = Candidate("all grey", 256, _no_colour, parameters=0)


def open_candidates(texts: list[str]) -> list[Candidate]:
    """NAME=PATH each -> candidates, loaded. Raises ValueError for another form or a name that is taken."""
    pairs = [text.partition("=") for text in texts]
    names = [GREY.name, TRUTH]
    for text, (name, _, place) in zip(texts, pairs, strict=True):
        if not name or not place:
            raise ValueError(f"{text!r} is not NAME=PATH. Name what you score, as in shipped=photo or new=runs/new.")
        if name in names:
            raise ValueError(f"{name!r} is there already. Expected another name for each; change that of {text!r}.")
        names.append(name)
    return [open_candidate(name, place) for name, _, place in pairs]


def open_candidate(name: str, place: str) -> Candidate:
    """A run's folder, a SavedModel's version or base path (then its newest), a weights folder, or a shipped name.

    Raises FileNotFoundError if it is none of these, and ValueError if it can't be scored here.
    """
    path = Path(place)
    if (path / "config.json").is_file():
        return _of_run(name, Run.open(path))
    numbers = [int(file.parent.name) for file in path.glob("*/saved_model.pb") if file.parent.name.isdecimal()]
    if numbers or (path / "saved_model.pb").is_file():
        return _of_saved_model(name, path / str(max(numbers)) if numbers else path)
    try:
        find_weights(place)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"No model at {place!r} to score as {name!r}. Expected a run, a SavedModel's version folder or base path, "
            f"or weights. {error}"
        ) from error
    generator, card = load_generator(place)
    _check_task(name, card.task)
    return _of_generator(name, generator, "ab", "weights")


def _of_run(name: str, run: Run) -> Candidate:
    _check_task(name, run.config.task)
    if ONE_IN % run.config.validation:
        raise ValueError(
            f"{name!r} held out one picture in {run.config.validation} and may have trained on what is scored here: "
            f"one in {ONE_IN}. Expected a run whose `validation` divides {ONE_IN}; train one, or leave it out."
        )
    generator, state = restored(run)
    return _of_generator(name, generator, run.config.target, f"run, step {state.step}")


def _of_generator(name: str, generator: keras.Model, output: str, made_from: str) -> Candidate:
    inputs = inputs_of(generator)

    def colour(luminance: np.ndarray, hints: np.ndarray) -> np.ndarray:
        batch = inputs_for(generator, {"luminance": luminance, "hints": hints})
        found = np.asarray(generator.predict_on_batch(batch)[output], np.float32)
        return found if output == "ab" else rgb_to_ab(from_symmetric(found))

    size = inputs["luminance"].shape[1]
    return Candidate(name, size, colour, "hints" in inputs, generator.count_params(), made_from)


def _of_saved_model(name: str, version: Path) -> Candidate:
    import tensorflow as tf

    from export.saved_model import MODEL_CARD

    model = tf.saved_model.load(str(version))
    if "chroma" not in model.signatures:
        raise ValueError(
            f"The SavedModel {version} has the signatures {', '.join(model.signatures) or 'of none'}. Expected "
            "`chroma`; write one with `python -m export saved-model`."
        )
    chroma = model.signatures["chroma"]
    card = Card.read(version / MODEL_CARD) if (version / MODEL_CARD).is_file() else None

    def colour(luminance: np.ndarray, hints: np.ndarray) -> np.ndarray:
        inputs = {"luminance": tf.constant(luminance), "hints": tf.constant(hints)}
        found = chroma(**inputs)["coefficients"].numpy()
        return apply_coefficients(to_lightness(luminance), found) / CHROMA_UNIT

    size = chroma.structured_input_signature[1]["luminance"].shape[1]
    return Candidate(name, size, colour, True, card.parameters if card else None, f"SavedModel {version.name}")


def _check_task(name: str, task: str) -> None:
    if task != "photo":
        raise ValueError(
            f"{name!r} is a model of task {task}. Expected task photo: what is compared here are colours for a grey "
            "photograph. Score it with `python -m trainer evaluate`."
        )
