"""What is scored: a way to colour pictures, whatever the task and wherever it came from.

    pictures = candidate.paint(conditions, hints)         # uint8 [N, H, W, 1 or 3] -> uint8 [N, H, W, 3]
    answer = candidate.answer(conditions, hints)          # what the model says, at its own size
    bolder = candidate.show(conditions, answer, 1.5)

The kinds are in photo.py and sketch.py; opening.py makes them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from keras import ops

from trainer.colour import to_unit
from trainer.hints import draw_hints

TRUTH = "truth"
Colour = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Candidate(ABC):
    """`colour`: what the model sees, float32 [N, S, S, 1], hint map [N, S, S, C] -> answer [N, S, S, D], S = `size`."""

    task: ClassVar[str]
    channels: ClassVar[int]  # C

    name: str
    size: int
    colour: Colour
    takes_hints: bool = False
    parameters: int | None = None  # None where unknown
    made_from: str = ""

    def paint(self, conditions: np.ndarray, hints: np.ndarray | None = None) -> np.ndarray:
        """Conditions uint8 [N, H, W, 1 or 3] and hints [N, K, 5] -> coloured pictures, uint8 [N, H, W, 3]."""
        return self.show(conditions, self.answer(conditions, hints))

    def answer(self, conditions: np.ndarray, hints: np.ndarray | None = None) -> np.ndarray:
        """What the model makes of the same, at its own size: [N, S, S, D]."""
        return self.ask(self.see(to_unit(conditions.astype(np.float32))), hints)

    def ask(self, seen: np.ndarray, hints: np.ndarray | None = None) -> np.ndarray:
        """What `see` gives, of any size, and hints [N, K, 5] as `draw_hints` takes them -> `answer`."""
        hints = np.full((len(seen), 1, 5), np.nan, np.float32) if hints is None else hints
        return self.colour(resize(seen, self.size, self.size), draw_hints(hints, self.size, channels=self.channels))

    @abstractmethod
    def see(self, unit: np.ndarray) -> np.ndarray:
        """Conditions 0..1 [N, H, W, 1 or 3] -> what the model is given of them, [N, H, W, 1]."""

    @abstractmethod
    def show(self, conditions: np.ndarray, answer: np.ndarray, saturation: float = 1.0) -> np.ndarray:
        """Conditions uint8 [N, H, W, 1 or 3] and their answer -> pictures uint8 [N, H, W, 3].

        `saturation` multiplies the colours' ab; 1 is as the model says.
        """


def resize(maps: np.ndarray, height: int, width: int) -> np.ndarray:
    """Maps [N, h, w, C] -> [N, height, width, C], bilinearly."""
    if maps.shape[1:3] == (height, width):
        return maps
    return np.asarray(ops.image.resize(maps, (height, width), "bilinear", antialias=True))
