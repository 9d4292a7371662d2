"""A loss that is no number ends the training before anything of that step is saved."""

from __future__ import annotations

import math
from typing import Any

import keras

from trainer.clock import Clock
from trainer.run import Run


class NanGuard(keras.callbacks.Callback):
    """Stands before the callbacks that write."""

    def __init__(self, run: Run, clock: Clock) -> None:
        super().__init__()
        self.run = run
        self.clock = clock

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Raises FloatingPointError for the first loss that is NaN or infinite."""
        for name, value in (logs or {}).items():
            if not math.isfinite(value):
                raise FloatingPointError(
                    f"The loss {name} is {value} at step {self.clock.state.step}. Lower learning_rate or "
                    f"adversarial_weight in a new run. {self.run.last_good()}"
                )
