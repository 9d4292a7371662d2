"""How a picture should come out: the options of one call, checked once and the same through every door.

wishes = Wishes(hints=[Hint(0.4, 0.6, "#b03a2e")], saturation=1.1)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from serving.colouring.hints import MAX_HINTS, Hint
from serving.colouring.palette import check_palette
from serving.colouring.task import AUTO, TASKS
from serving.errors import OptionError

MAX_SATURATION = 3.0


@dataclass(frozen=True)
class Wishes:
    """As `serving.client.Colouriser.colourise` explains them; `task` None is the client's.

    Raises:
        OptionError: a value makes no sense.
    """

    hints: Sequence[Hint] = ()
    saturation: float = 1.0
    palette: Sequence[str] = ()
    panels: bool = False
    task: str | None = None

    def __post_init__(self) -> None:
        check_saturation(self.saturation)
        object.__setattr__(self, "palette", check_palette(self.palette))
        if self.task is not None:
            check_task(self.task)
        object.__setattr__(self, "hints", tuple(self.hints))
        if len(self.hints) > MAX_HINTS:
            raise OptionError(f"There may be at most {MAX_HINTS} hints; received {len(self.hints)}.", "Leave some out.")
        if strangers := [type(hint).__name__ for hint in self.hints if not isinstance(hint, Hint)]:
            raise OptionError(
                f"Expected hints of class Hint; received a {strangers[0]}.",
                'Write Hint(0.41, 0.63, "#b03a2e"), or read JSON with parse_hints.',
            )


def check_saturation(saturation: float) -> None:
    """Whether the saturation is one that `colourise` takes.

    Raises:
        OptionError: it is not.
    """
    if not 0 <= saturation <= MAX_SATURATION:  # also refuses NaN
        raise OptionError(
            f"The saturation must be from 0 to {MAX_SATURATION:g}; received {saturation:g}.",
            "1 leaves the colours as the model says.",
        )


def check_task(task: str) -> None:
    """Whether there is such a task. Raises OptionError if not."""
    if task not in (AUTO, *TASKS):
        raise OptionError(f"Expected task {', '.join(TASKS)} or {AUTO}; received {task!r}.", "Name one of these.")
