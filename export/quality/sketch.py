"""Task sketch, as it is scored: colours for a line drawing, under its own lines or with lines of the model's.

candidate = SKETCH.of_generator("new", generator, "flat", "weights")
pictures = candidate.paint(drawings, hints)           # uint8 [N, H, W, 3]
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from export.quality.candidates import Candidate, resize
from export.quality.columns import Column
from export.quality.drawn_lines import DrawnLines, cleaned
from export.sketch_module import SketchModule
from trainer.colour import ab_to_rgb, from_symmetric, rgb_to_ab, rgb_to_luminance, to_pixels, to_unit
from trainer.config import load_preset
from trainer.line_art import apply_ink, ink_maps, tone_of
from trainer.predict import inputs_for, inputs_of
from trainer.reports.judge import Judge

if TYPE_CHECKING:
    import keras

BARE = 0.9  # least tone of the cleaned drawing where a hint may be: nobody clicks on a line


@dataclass(frozen=True)
class FlatCandidate(Candidate):
    """`colour`: tone 0..1 [N, S, S, 1], hint map [N, S, S, 4] -> sRGB 0..1, ink's gain and offset [N, S, S, 5]."""

    task = "sketch"
    channels = 4

    def see(self, unit: np.ndarray) -> np.ndarray:
        """Tone 0..1."""
        return tone_of(unit)

    def show(self, conditions: np.ndarray, answer: np.ndarray, saturation: float = 1.0) -> np.ndarray:
        """As it is served: the colours come up bilinearly, and the drawing's own lines lie on them."""
        tone = self.see(to_unit(conditions.astype(np.float32)))
        maps = np.concatenate([_saturated(answer[..., :3], saturation), answer[..., 3:]], axis=-1)
        raised = resize(maps, *tone.shape[1:3])
        return to_pixels(raised[..., :3] * apply_ink(tone, raised[..., 3:]))


@dataclass(frozen=True)
class RgbCandidate(Candidate):
    """`colour`: the drawing's luminance -1..1 [N, S, S, 1], unused hints -> the whole picture, sRGB 0..1 [N, S, S, 3].

    Its lines are the model's own, and as soft as its size.
    """

    task = "sketch"
    channels = 4

    def see(self, unit: np.ndarray) -> np.ndarray:
        """Luminance -1..1."""
        return rgb_to_luminance(unit)

    def show(self, conditions: np.ndarray, answer: np.ndarray, saturation: float = 1.0) -> np.ndarray:
        """The answer, bilinearly as large as the conditions."""
        return to_pixels(resize(_saturated(answer, saturation), *conditions.shape[1:3]))


def _saturated(rgb: np.ndarray, saturation: float) -> np.ndarray:
    if saturation == 1:
        return rgb
    return ab_to_rgb(rgb_to_luminance(rgb), rgb_to_ab(rgb) * np.float32(saturation)).astype(np.float32)


def _white(tone: np.ndarray, hints: np.ndarray) -> np.ndarray:
    return np.concatenate([np.ones_like(tone)] * 3 + [ink_maps(tone)], axis=-1)


class Sketch:
    """A `Task`."""

    name = "sketch"
    signature = "flats"
    # redrawn and scanned are for training, and refuse a layout of colour
    config = replace(load_preset("sketch"), redrawn=0.0, scanned=0.0)
    baseline = FlatCandidate("lines only", 256, _white, parameters=0)
    columns: tuple[Column, ...] = (
        Column("borders on lines", "borders_on_lines", ".1%"),
        Column("borders, of all", "borders", ".2%"),
        Column("paper from white", "paper", ".2f"),
    )

    def gauge(self, network: Judge) -> DrawnLines:
        """How the colours lie among the lines."""
        return DrawnLines()

    def free(self, conditions: np.ndarray) -> np.ndarray:
        """Where hints may be: drawings uint8 [N, S, S, 1 or 3] -> bool [N, S, S], true on bare paper."""
        return cleaned(conditions) > BARE

    def of_generator(self, name: str, generator: keras.Model, output: str, made_from: str) -> Candidate:
        """`output`: what it gives, flat or rgb."""
        inputs = inputs_of(generator)
        size, parameters = inputs["luminance"].shape[1], generator.count_params()
        if output == "flat":
            module = SketchModule(generator, size)

            def flats(tone: np.ndarray, hints: np.ndarray) -> np.ndarray:
                return np.asarray(module.flats(ops.convert_to_tensor(tone), ops.convert_to_tensor(hints))["maps"])

            return FlatCandidate(name, size, flats, "hints" in inputs, parameters, made_from)

        def rgb(luminance: np.ndarray, hints: np.ndarray) -> np.ndarray:
            batch = inputs_for(generator, {"luminance": luminance, "hints": hints})
            return from_symmetric(np.asarray(generator.predict_on_batch(batch)[output], np.float32))

        return RgbCandidate(name, size, rgb, "hints" in inputs, parameters, made_from)

    def of_signature(self, name: str, signature: Any, parameters: int | None, made_from: str) -> FlatCandidate:
        """A SavedModel's `flats`."""
        import tensorflow as tf

        def flats(tone: np.ndarray, hints: np.ndarray) -> np.ndarray:
            return signature(tone=tf.constant(tone), hints=tf.constant(hints))["maps"].numpy()

        size = signature.structured_input_signature[1]["tone"].shape[1]
        return FlatCandidate(name, size, flats, True, parameters, made_from)


SKETCH = Sketch()
