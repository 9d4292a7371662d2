"""Every epoch's validation: validation.csv."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainer.callbacks.csv_log import CsvLog
from trainer.clock import Clock

LOSSES = ("generator_loss", "reconstruction", "distribution")
MEASURES = (*LOSSES, "psnr", "psnr_hinted", "colourfulness", "cast_a", "cast_b")


class ValidationCsv(CsvLog):
    """A row an epoch, of the values that `Validation` has put into its logs."""

    def __init__(self, path: Path, clock: Clock, batch: int) -> None:
        super().__init__(path, clock, ("pictures", "minutes", *MEASURES))
        self.batch = batch

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """One row."""
        state, values = self.clock.state, logs or {}
        measures = {name: values[f"validation_{name}"] for name in MEASURES if f"validation_{name}" in values}
        self.write({"pictures": state.step * self.batch, "minutes": state.seconds / 60, **measures})
