"""Ctrl-C and SIGTERM end the training after the step at hand, so that what is saved is a whole step."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any

import keras
from tqdm import tqdm

from trainer import distribution


class Interrupt(keras.callbacks.Callback):
    """Listens while it is entered as a context; a second signal has its usual effect, at once."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        super().__init__()
        self.asked = False

    def __enter__(self) -> Interrupt:
        self._usual = {number: signal.signal(number, self._ask) for number in self.SIGNALS}
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in self._usual.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        signal.signal(number, self._usual[signal.Signals(number)])
        tqdm.write("Stopping after this step and saving; once more ends it at once.")

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """A whole step is done."""
        self.asked = distribution.anyone(self.asked)  # all workers stop after the same step
        if self.asked:
            self.model.stop_training = True
