"""Losses and preview sheets for TensorBoard: `tensorboard --logdir runs`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image
from tensorboardX import SummaryWriter

from trainer.clock import Clock

EVERY = 10  # steps


class TensorBoard(keras.callbacks.Callback):
    """Writes scalars every ten steps, validation and the newest preview each epoch."""

    def __init__(self, run_folder: Path, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.previews = run_folder / "previews"
        self._writer = SummaryWriter(str(run_folder / "tensorboard"))

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """The losses."""
        if self.clock.state.step % EVERY == 0:
            self._scalars("train", logs or {})

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Validation values and the sheet that `Preview` drew before."""
        self._scalars("epoch", {name: value for name, value in (logs or {}).items() if name.startswith("validation_")})
        sheet = self.previews / f"epoch-{epoch + 1:04d}.png"
        if sheet.exists():
            with Image.open(sheet) as image:
                self._writer.add_image("preview", np.asarray(image), self.clock.state.step, dataformats="HWC")
        self._writer.flush()

    def _scalars(self, group: str, values: dict[str, Any]) -> None:
        for name, value in values.items():
            self._writer.add_scalar(f"{group}/{name}", value, self.clock.state.step)

    def close(self) -> None:
        """Ends the file."""
        self._writer.close()
