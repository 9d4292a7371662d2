"""After each epoch a picture to look at: previews/epoch-0001.png, rows of condition, result, truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from trainer.callbacks.validation import Validation
from trainer.colour import grey
from trainer.data.sources import spread
from trainer.predict import predict
from trainer.reports.sheet import sheet

COLUMNS = 10


class Preview(keras.callbacks.Callback):
    """Draws the same held-out pictures each time, spread evenly over those of the validation."""

    def __init__(self, validation: Validation, folder: Path) -> None:
        super().__init__()
        chosen = spread(range(len(validation.targets)), COLUMNS)
        self.config = validation.config
        self.targets = validation.targets[chosen]
        self.conditions = validation.conditions[chosen]
        self.folder = folder

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the sheet."""
        self.folder.mkdir(parents=True, exist_ok=True)
        results = predict(self.model.average, self.config, self.targets, self.conditions)
        sheet(grey(self.conditions), results, self.targets).save(self.folder / f"epoch-{epoch + 1:04d}.png")
