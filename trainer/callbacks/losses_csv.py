"""Every step's losses: losses.csv."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainer.callbacks.csv_log import CsvLog
from trainer.clock import Clock

COLUMNS = (
    "generator_loss",
    "reconstruction",
    "distribution",
    "features",
    "recognition",
    "adversarial",
    "discriminator_loss",
    "discriminator_real",
    "discriminator_fake",
)


class LossesCsv(CsvLog):
    """A row a step; empty where a loss is not in play."""

    def __init__(self, path: Path, clock: Clock) -> None:
        super().__init__(path, clock, COLUMNS)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """One row."""
        self.write(logs or {})
