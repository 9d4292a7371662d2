"""After each epoch a picture to look at: previews/epoch-0001.png, rows of grey, result, truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from trainer.callbacks.validation import colour
from trainer.colour import ab_to_rgb, rgb_to_luminance, to_pixels, to_unit
from trainer.data import Picture, centre_crop

COLUMNS = 10


def grid(generator: keras.Model, truth: np.ndarray) -> Image.Image:
    """Pictures uint8 [N, S, S, 3] -> one sheet: grey above, result below it, truth at the bottom."""
    luminance = rgb_to_luminance(to_unit(truth.astype(np.float32)))
    grey = to_pixels(ab_to_rgb(luminance, np.zeros((*luminance.shape[:3], 2), np.float32)))
    rows = [np.concatenate(list(row), axis=1) for row in (grey, colour(generator, truth), truth)]
    return Image.fromarray(np.concatenate(rows, axis=0))


class Preview(keras.callbacks.Callback):
    """Draws the same held-out pictures each time, spread evenly over the list."""

    def __init__(self, pictures: list[Picture], size: int, folder: Path) -> None:
        super().__init__()
        chosen = pictures[:: max(1, len(pictures) // COLUMNS)][:COLUMNS]
        self.truth = np.stack([centre_crop(picture, size) for picture in chosen])
        self.folder = folder

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the sheet."""
        self.folder.mkdir(parents=True, exist_ok=True)
        grid(self.model.average, self.truth).save(self.folder / f"epoch-{epoch + 1:04d}.png")
