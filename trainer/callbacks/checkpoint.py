"""Saves the run every few minutes, every so many epochs, and when it stops: at its end or by Ctrl-C."""

from __future__ import annotations

from typing import Any

import keras

from trainer.clock import Clock
from trainer.run import Run


class Checkpoint(keras.callbacks.Callback):
    """Writes a checkpoint when due; `save` writes one at once, unless this step's is there already."""

    def __init__(self, run: Run, clock: Clock) -> None:
        super().__init__()
        self.run = run
        self.clock = clock
        self._saved_step = clock.state.step
        self._saved_seconds = clock.state.seconds

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """A checkpoint at least every `checkpoint_minutes` of training."""
        if self.clock.state.seconds - self._saved_seconds > 60 * self.run.config.checkpoint_minutes:
            self.save()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """A checkpoint after every `checkpoint_epochs` epochs."""
        if (epoch + 1) % self.run.config.checkpoint_epochs == 0:
            self.save()

    def save(self) -> None:
        """Writes a checkpoint of the present step."""
        if self.clock.state.step != self._saved_step:
            self.run.save(self.model, self.clock.state)
            self._saved_step, self._saved_seconds = self.clock.state.step, self.clock.state.seconds
