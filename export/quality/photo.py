"""Task photo, as it is scored: colours for a grey photograph, which keeps its own luminance.

candidate = PHOTO.of_generator("new", generator, "ab", "weights")
ab = candidate.ask(luminance, hints)                  # float32 [N, S, S, 2], S = candidate.size
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from export.quality.candidates import Candidate, resize
from export.quality.columns import Column
from export.quality.naming import Naming
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
from trainer.predict import inputs_for, inputs_of
from trainer.reports.judge import Judge

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class PhotoCandidate(Candidate):
    """`colour`: luminance -1..1 [N, S, S, 1], hint map [N, S, S, 3] -> ab [N, S, S, 2]."""

    task = "photo"
    channels = 3

    def see(self, unit: np.ndarray) -> np.ndarray:
        """Luminance -1..1."""
        return rgb_to_luminance(unit)

    def show(self, conditions: np.ndarray, answer: np.ndarray, saturation: float = 1.0) -> np.ndarray:
        """As in `trainer.predict`: the chroma comes up bilinearly, the luminance stays the conditions' own."""
        luminance = self.see(to_unit(conditions.astype(np.float32)))
        return to_pixels(ab_to_rgb(luminance, resize(answer * np.float32(saturation), *luminance.shape[1:3])))


def _no_colour(luminance: np.ndarray, hints: np.ndarray) -> np.ndarray:
    return np.zeros((*luminance.shape[:-1], 2), np.float32)


class Photo:
    """A `Task`."""

    name = "photo"
    signature = "chroma"
    config = Config()
    baseline = PhotoCandidate("all grey", 256, _no_colour, parameters=0)
    columns: tuple[Column, ...] = (
        Column("named right", "named_right", ".1%"),
        Column("gap closed", "gap_closed", ".0%"),
    )

    def gauge(self, network: Judge) -> Naming:
        """What the judge takes the pictures for."""
        return Naming(network, self.baseline.name)

    def free(self, conditions: np.ndarray) -> np.ndarray:
        """Hints may be anywhere: uint8 [N, H, W, 1 or 3] -> bool [N, H, W], all true."""
        return np.ones(conditions.shape[:3], bool)

    def of_generator(self, name: str, generator: keras.Model, output: str, made_from: str) -> PhotoCandidate:
        """`output`: what it gives, ab or rgb; of rgb only the chroma counts."""
        inputs = inputs_of(generator)

        def colour(luminance: np.ndarray, hints: np.ndarray) -> np.ndarray:
            batch = inputs_for(generator, {"luminance": luminance, "hints": hints})
            found = np.asarray(generator.predict_on_batch(batch)[output], np.float32)
            return found if output == "ab" else rgb_to_ab(from_symmetric(found))

        size = inputs["luminance"].shape[1]
        return PhotoCandidate(name, size, colour, "hints" in inputs, generator.count_params(), made_from)

    def of_signature(self, name: str, signature: Any, parameters: int | None, made_from: str) -> PhotoCandidate:
        """A SavedModel's `chroma`: its coefficients, applied at its own size."""
        import tensorflow as tf

        def colour(luminance: np.ndarray, hints: np.ndarray) -> np.ndarray:
            found = signature(luminance=tf.constant(luminance), hints=tf.constant(hints))["coefficients"].numpy()
            return apply_coefficients(to_lightness(luminance), found) / CHROMA_UNIT

        size = signature.structured_input_signature[1]["luminance"].shape[1]
        return PhotoCandidate(name, size, colour, True, parameters, made_from)


PHOTO = Photo()
