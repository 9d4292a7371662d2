"""After each epoch losses.png in the run's folder: put it after what writes losses.csv and validation.csv."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from trainer.reports.plots import draw_run


class Plot(keras.callbacks.Callback):
    """Draws the curves of the run in `run_folder`, from its beginning, whatever session they were written in."""

    def __init__(self, run_folder: Path) -> None:
        super().__init__()
        self.run_folder = run_folder

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes losses.png."""
        draw_run(self.run_folder)
