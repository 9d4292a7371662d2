"""Every step's losses as rows of losses.csv; a resumed run goes on where its checkpoint stands."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import keras

from trainer.clock import Clock

COLUMNS = ("step", "generator_loss", "reconstruction", "distribution", "adversarial", "discriminator_loss")


class LossesCsv(keras.callbacks.Callback):
    """Appends to `path`. Rows after the checkpoint's step are cut first: those steps will be done again."""

    def __init__(self, path: Path, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        kept = []
        if path.exists():
            with path.open(newline="") as file:
                kept = [row for row in csv.DictReader(file) if int(row["step"]) <= clock.state.step]
        self._file = path.open("w", buffering=1, newline="")  # by lines: a killed run keeps its rows
        self._writer = csv.DictWriter(self._file, COLUMNS, restval="", lineterminator="\n")
        self._writer.writeheader()
        self._writer.writerows(kept)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """One row."""
        losses = {name: f"{float(value):.7g}" for name, value in (logs or {}).items()}
        self._writer.writerow({"step": self.clock.state.step, **losses})

    def close(self) -> None:
        """Ends the file."""
        self._file.close()
