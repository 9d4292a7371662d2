"""What can go wrong around a roll-out.

That a version is bad is none of these: it is rolled back, and the history says why.
"""

from __future__ import annotations

from serving.errors import HandtintError


class RolloutError(HandtintError):
    """A roll-out cannot do what was asked for."""

    code = "rollout"
    title = "The roll-out cannot go on"


class Conflict(RolloutError):
    """Somebody else wrote since we read. Reading again shows what they did."""

    code = "rollout-conflict"
    title = "Somebody else moved the roll-out"

    def __init__(self) -> None:
        super().__init__("Somebody else moved the roll-out at the same time.", "Look at its status, then try again.")


class Unavailable(RolloutError):
    """The cluster, a server or Prometheus does not answer. It may in a moment."""

    code = "rollout-unavailable"
    title = "Something that the roll-out needs does not answer"
