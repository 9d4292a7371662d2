"""How long a caller waits, over all that is asked on its behalf.

deadline = Deadline(30)
stub(request, timeout=deadline.remaining())
"""

from __future__ import annotations

import math
import time

from serving.errors import OptionError, ServerTimeout


class Deadline:
    """Begins to run when it is made.

    Args:
        seconds: more than 0.

    Raises:
        OptionError: not such a number.
    """

    def __init__(self, seconds: float):
        if not (seconds > 0 and math.isfinite(seconds)):
            raise OptionError(
                f"A timeout is a number of seconds above 0; received {seconds:g}.", "Leave it out for a minute."
            )
        self.seconds = seconds
        self._ends = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, more than 0.

        Raises:
            ServerTimeout: none.
        """
        left = self._ends - time.monotonic()
        if left <= 0:
            raise ServerTimeout(f"There was no answer within {self.seconds:g} s.", "Try again, or allow more time.")
        return left


def as_deadline(timeout: float | Deadline) -> Deadline:
    """One that begins now, of so many seconds; or the one that it is."""
    return timeout if isinstance(timeout, Deadline) else Deadline(timeout)
