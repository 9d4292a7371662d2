"""Progress on the terminal: share of the budget, time left, pictures a second, the losses."""

from __future__ import annotations

from typing import Any

import keras
from tqdm import tqdm

from trainer.clock import Clock


class ProgressBar(keras.callbacks.Callback):
    """One bar over the whole run, counted in steps or in minutes as its budget is."""

    def __init__(self, clock: Clock, batch: int) -> None:
        super().__init__()
        self.clock = clock
        self.batch = batch
        self._start = clock.state.step, clock.state.seconds
        self._bar = tqdm(
            total=1.0,
            initial=clock.progress,
            bar_format="{percentage:3.0f}%|{bar:24}| {elapsed}<{remaining} {desc}",
        )

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Moves the bar."""
        step, seconds = self.clock.state.step, self.clock.state.seconds
        rate = (step - self._start[0]) * self.batch / max(seconds - self._start[1], 1e-9)
        losses = " ".join(f"{name} {float(value):.3f}" for name, value in (logs or {}).items())
        self._bar.set_description_str(f"step {step}, {rate:.1f} pictures/s, {losses}", refresh=False)
        self._bar.update(self.clock.progress - self._bar.n)

    def close(self) -> None:
        """Ends the line."""
        self._bar.close()
