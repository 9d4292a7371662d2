"""How far a run is within its budget of steps or of minutes; every schedule is a function of that.

clock = Clock(State(), steps=1000)        # or minutes=60
clock.tick(); clock.progress              # 0.001
"""

from __future__ import annotations

import time

from trainer.run import State


class Clock:
    """Counts steps and training seconds. With a budget of steps a run is reproducible; with minutes it ends in time."""

    def __init__(self, state: State, steps: int | None = None, minutes: float | None = None) -> None:
        if (steps is None) == (minutes is None):
            raise ValueError(
                f"A run needs a budget: either steps or minutes. Received steps={steps}, minutes={minutes}."
            )
        self.state = state
        self.steps = steps
        self.minutes = minutes
        self._last = time.monotonic()

    @property
    def progress(self) -> float:
        """Share of the budget used, 0..1."""
        used = self.state.step / self.steps if self.steps else self.state.seconds / (60 * (self.minutes or 1))
        return min(used, 1.0)

    @property
    def done(self) -> bool:
        """Whether the budget is used up."""
        return self.progress >= 1

    def resume(self) -> None:
        """Starts counting seconds, after a pause for validation or a restart."""
        self._last = time.monotonic()

    def tick(self) -> None:
        """One step is done."""
        now = time.monotonic()
        self.state.seconds += now - self._last
        self._last = now
        self.state.step += 1
