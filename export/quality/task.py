"""What differs between scoring models of photographs and models of sketches; all else is shared.

task = TASKS["sketch"]
task.baseline.paint(conditions)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from export.quality.candidates import Candidate
from export.quality.columns import Column
from export.quality.photo import PHOTO
from export.quality.pictures import Batch
from export.quality.sketch import SKETCH
from trainer.config import Config
from trainer.reports.judge import Judge

if TYPE_CHECKING:
    import keras

Scores = dict[str, float | None]


class Gauge(Protocol):
    """Measures of a task's own, gathered batch by batch."""

    def add(self, batch: Batch, results: dict[str, np.ndarray]) -> None:
        """The results, uint8 [N, S, S, 3], by candidate; the baseline and the truth are among them."""

    def measures(self) -> dict[str, Scores]:
        """By candidate and measure."""


class Task(Protocol):
    """`signature`: the SavedModel's that is scored. `config`: how data is read. `columns`: of its gauge's measures."""

    name: str
    signature: str
    config: Config
    columns: tuple[Column, ...]

    @property
    def baseline(self) -> Candidate:
        """Whoever does not beat it has only learned to pass on the condition."""

    def gauge(self, network: Judge) -> Gauge:
        """Its own measures, nothing in them yet."""

    def free(self, conditions: np.ndarray) -> np.ndarray:
        """Where hints may be: conditions uint8 [N, S, S, 1 or 3] -> bool [N, S, S]."""

    def of_generator(self, name: str, generator: keras.Model, output: str, made_from: str) -> Candidate:
        """A generator, whose `output` is what it was trained to give, as a candidate."""

    def of_signature(self, name: str, signature: Any, parameters: int | None, made_from: str) -> Candidate:
        """A SavedModel's `signature` as a candidate."""


TASKS: dict[str, Task] = {task.name: task for task in (PHOTO, SKETCH)}
