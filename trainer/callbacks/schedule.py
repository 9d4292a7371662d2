"""Learning rates and phases by the share of the budget that is used: warm-up, thaw, adversarial."""

from __future__ import annotations

import math
from typing import Any

import keras

from trainer.clock import Clock
from trainer.config import Config


def cosine(progress: float, warm_up: float, floor: float) -> float:
    """Share of the learning rate, 0..1: rises linearly through `warm_up`, then falls as half a cosine to `floor`."""
    if progress < warm_up:
        return progress / warm_up
    return floor + (1 - floor) * (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up))) / 2


class Schedule(keras.callbacks.Callback):
    """Sets the rates before each step, and ends the training when the budget is used up."""

    def __init__(self, config: Config, clock: Clock) -> None:
        super().__init__()
        self.config = config
        self.clock = clock

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """A pause for validation is not training time."""
        self.clock.resume()

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Rates and phase of this step."""
        progress, config = self.clock.progress, self.config
        share = self.clock.state.rate
        if config.schedule == "cosine":
            share *= cosine(progress, config.warm_up, config.learning_rate_floor)
        self.model.generator_optimizer.learning_rate = config.learning_rate * share
        self.model.encoder_optimizer.learning_rate = config.learning_rate * config.encoder_rate * share
        self.model.adversarial = config.adversarial_weight > 0 and progress >= config.adversarial_at
        self.model.frozen = progress < config.thaw_at

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Counts the step."""
        self.clock.tick()
        if self.clock.done:
            self.model.stop_training = True
