"""What a client does with a picture, by the task: what of it the model sees, and how the answer becomes a picture.

task = choose_task(rgb)         # a drawing is coloured as a sketch, all else as a photograph
task = TASKS["photo"]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from serving.colouring.photo import PHOTO
from serving.colouring.sketch import SKETCH
from trainer.colour import from_pixels, rgb_to_ab
from trainer.line_art import is_drawing


class Task(Protocol):
    """`maps` is the signature that answers small maps of `depth` channels under the name `answer`, given `seen`."""

    name: str
    maps: str
    seen: str
    answer: str
    depth: int
    hint_channels: int

    def see(self, rgb: np.ndarray) -> np.ndarray:
        """Pixels uint8 or uint16 [H, W, 3] -> what the model is given of them, float32 [1, S, S, 1]."""

    def paint(self, rgb: np.ndarray, maps: np.ndarray, saturation: float) -> np.ndarray:
        """The pixels and the answer [S, S, depth] -> coloured, of that type; `saturation` 1 is as the model says."""

    def lightness(self, seen: np.ndarray, maps: Callable[[], np.ndarray]) -> np.ndarray:
        """L* 0..100 of the result at the model's size, [S, S]; `maps` asks for the answer, where that is needed."""


TASKS: dict[str, Task] = {task.name: task for task in (PHOTO, SKETCH)}
AUTO = "auto"


def choose_task(rgb: np.ndarray) -> Task:
    """Sketch for pixels uint8 [H, W, 3] that `trainer.line_art.is_drawing` takes for a drawing, else photo."""
    small = rgb[:: max(1, rgb.shape[0] // 256), :: max(1, rgb.shape[1] // 256)]
    ab = rgb_to_ab(from_pixels(small)).reshape(-1, 2)
    chroma = np.linalg.norm(ab - np.median(ab, axis=0), axis=-1).mean()
    return SKETCH if is_drawing(SKETCH.see(rgb), np.array([chroma]))[0] else PHOTO
