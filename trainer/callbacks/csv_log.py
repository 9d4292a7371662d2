"""Rows of a CSV file by step; a resumed run goes on where its checkpoint stands."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import keras

from trainer.clock import Clock


class CsvLog(keras.callbacks.Callback):
    """Appends to `path`. Rows after the checkpoint's step are cut first: those steps will be done again."""

    def __init__(self, path: Path, clock: Clock, columns: Sequence[str]) -> None:
        super().__init__()
        self.clock = clock
        self.columns = ("step", *columns)
        kept = []
        if path.exists():
            with path.open(newline="") as file:
                kept = [row for row in csv.DictReader(file) if int(row["step"]) <= clock.state.step]
        self._file = path.open("w", buffering=1, newline="")  # by lines: a killed run keeps its rows
        self._writer = csv.DictWriter(self._file, self.columns, restval="", lineterminator="\n")
        self._writer.writeheader()
        self._writer.writerows(kept)

    def write(self, values: dict[str, float]) -> None:
        """One row of the present step."""
        rounded = {name: f"{value:.7g}" for name, value in values.items()}
        self._writer.writerow({"step": self.clock.state.step, **rounded})

    def close(self) -> None:
        """Ends the file."""
        self._file.close()
