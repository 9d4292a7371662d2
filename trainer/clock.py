"""How far a run is within its budget of steps or of minutes; every schedule is a function of that.

clock = Clock(State(), Budget(steps=1000))        # or minutes=60, or epochs=65
clock.tick(); clock.progress                      # 0.001
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from trainer.run import State


@dataclass(frozen=True)
class Budget:
    """Exactly one of them is given. With steps or epochs a run is reproducible; with minutes it ends in time."""

    steps: int | None = None
    epochs: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        given = [f"--{name}" for name in ("steps", "epochs", "minutes") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                "A run needs a budget: one of --minutes, --epochs and --steps. "
                f"Received {' and '.join(given) or 'none'}."
            )

    def in_steps(self, steps_per_epoch: int) -> Budget:
        """The same, in steps rather than epochs."""
        return self if self.epochs is None else Budget(steps=self.epochs * steps_per_epoch)


class Clock:
    """Counts steps and training seconds."""

    def __init__(self, state: State, budget: Budget) -> None:
        self.state = state
        self.budget = budget
        self._last = time.monotonic()

    @property
    def progress(self) -> float:
        """Share of the budget used, 0..1."""
        if self.budget.steps:
            return min(self.state.step / self.budget.steps, 1.0)
        return min(self.state.seconds / (60 * (self.budget.minutes or 1)), 1.0)

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
