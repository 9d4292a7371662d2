"""After each epoch: the averaged generator's losses, PSNR and colourfulness on some held-out pictures."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from trainer.colour import ab_to_rgb, rgb_to_luminance, to_pixels, to_unit
from trainer.data import Picture, centre_crop
from trainer.metrics import colourfulness, psnr

MOST = 128  # pictures: enough to see a trend, quick enough for every epoch


class Validation(keras.callbacks.Callback):
    """Adds `validation_…` values to the epoch's logs."""

    def __init__(self, pictures: list[Picture], size: int, batch: int) -> None:
        super().__init__()
        self.truth = np.stack([centre_crop(picture, size) for picture in pictures[:MOST]])
        self.batch = batch

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Scores the model."""
        losses, results = [], []
        for start in range(0, len(self.truth), self.batch):
            rgb = self.truth[start : start + self.batch]
            losses.append(self._losses(rgb))
            results.append(colour(self.model.average, rgb))
        pictures = np.concatenate(results)
        values = {name: float(np.mean([loss[name] for loss in losses])) for name in losses[0]}
        values["psnr"] = float(np.mean([psnr(a, b) for a, b in zip(pictures, self.truth, strict=True)]))
        values["colourfulness"] = float(np.mean([colourfulness(picture) for picture in pictures]))
        if logs is not None:
            logs.update({f"validation_{name}": value for name, value in values.items()})

    def _losses(self, rgb: np.ndarray) -> dict[str, float]:
        losses = self.model.test_step({"rgb": tf.constant(rgb), "seed": tf.constant([0, 0], tf.int64)})
        return {name: float(value) for name, value in losses.items()}


def colour(generator: keras.Model, rgb: np.ndarray) -> np.ndarray:
    """Pictures uint8 [N, S, S, 3] -> the same coloured by `generator` from their luminance alone, uint8."""
    luminance = rgb_to_luminance(to_unit(rgb.astype(np.float32)))
    hints = np.zeros((*luminance.shape[:3], 3), np.float32)
    ab = generator({"luminance": luminance, "hints": hints}, training=False)["ab"]
    return to_pixels(ab_to_rgb(luminance, np.asarray(ab)))
