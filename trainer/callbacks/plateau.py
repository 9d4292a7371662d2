"""Lowers the learning rate when the validation loss has stood still for some epochs, down to a floor."""

from __future__ import annotations

from typing import Any

import keras

from trainer import distribution
from trainer.clock import Clock
from trainer.config import Config


class Plateau(keras.callbacks.Callback):
    """Acts where the schedule is `plateau`. Its memory is the run's state, so a resumed run waits on."""

    def __init__(self, config: Config, clock: Clock) -> None:
        super().__init__()
        self.config = config
        self.state = clock.state

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Compares with the best epoch so far."""
        if self.config.schedule != "plateau":
            return
        # the chief's, so that rounding can't let the workers' rates differ
        loss = distribution.gather((logs or {})["validation_generator_loss"])[0]
        if self.state.best is None or loss < self.state.best:
            self.state.best, self.state.waited = loss, 0
            return
        self.state.waited += 1
        if self.state.waited >= self.config.plateau_epochs:
            self.state.rate = max(self.state.rate * self.config.plateau_factor, self.config.learning_rate_floor)
            self.state.waited = 0
