"""Who was asked and what went wrong, in the same words and kinds of error through every door.

raise peer.unavailable("connection refused")
raise peer.model_missing("photo", which, "Servable not found")
"""

from __future__ import annotations

from dataclasses import dataclass

from serving.doors.deadline import Deadline
from serving.doors.version import NEWEST, VersionNotFound, Which
from serving.errors import (
    ModelNotFound,
    RateLimited,
    ServerError,
    ServerTimeout,
    ServerUnavailable,
    Unauthorised,
)

_LONGEST = 300  # characters of what a stranger's server says


@dataclass(frozen=True)
class Peer:
    """A server: its `address` as the caller wrote it, what it is, and the command that starts one."""

    address: str
    kind: str = "model server"
    command: str = "handtint-model-server"

    def unavailable(self, reason: str) -> ServerUnavailable:
        """Nobody answers."""
        return ServerUnavailable(
            f"No answer from a {self.kind} at {self.address}: {_short(reason)}.",
            f"Start one with {self.command}, or correct the address.",
        )

    def busy(self, reason: str, retry_after: int | None) -> ServerUnavailable:
        """The server answers that it cannot just now; `retry_after` in seconds, if it said so."""
        return ServerUnavailable(
            f"The {self.kind} at {self.address} cannot just now: {_short(reason)}.",
            "Try again." if retry_after is None else f"Try again in {retry_after} seconds.",
            retry_after,
        )

    def late(self, deadline: Deadline) -> ServerTimeout:
        """No answer in time."""
        return self.too_slow(f"no answer within {deadline.seconds:g} s")

    def too_slow(self, reason: str) -> ServerTimeout:
        """The server itself gave up."""
        return ServerTimeout(
            f"The {self.kind} at {self.address} took too long: {_short(reason)}.", "Try again, or allow more time."
        )

    def limited(self, reason: str, retry_after: int | None = None) -> RateLimited:
        """The server would not answer as often as that."""
        return RateLimited(
            f"The {self.kind} at {self.address} was asked for too much: {_short(reason)}.",
            "Ask less often." if retry_after is None else f"Try again in {retry_after} seconds.",
            retry_after,
        )

    def closed_to_us(self, reason: str, fix: str = "Ask its operator who may use it.") -> Unauthorised:
        """The key opens nothing, or there is none."""
        return Unauthorised(f"The {self.kind} at {self.address} does not let us in: {_short(reason)}.", fix)

    def model_missing(self, model: str, which: Which, reason: str) -> ModelNotFound:
        """There is no such model, or not in the version that was asked for."""
        if which != NEWEST:
            return VersionNotFound(
                f'The {self.kind} at {self.address} has no {which} of model "{model}": {_short(reason)}.',
                "Ask for one that it serves, or for none in particular.",
            )
        return ModelNotFound(
            f'The {self.kind} at {self.address} has no model "{model}": {_short(reason)}.', "Name one that it serves."
        )

    def nothing_loaded(self, model: str) -> ServerUnavailable:
        """The model is known there, and no version of it answers."""
        return ServerUnavailable(
            f'No version of model "{model}" at {self.address} is available.', "Wait until one is loaded."
        )

    def useless(self, model: str, reason: str) -> ServerError:
        """An answer, and none that can be used."""
        return ServerError(
            f'Model "{model}" at {self.address} gave no usable {_short(reason)}.',
            "Serve a model that handtint exported.",
        )

    def refused(
        self, reason: str, fix: str = "Serve a model that handtint exported, and look into the server's log."
    ) -> ServerError:
        """Anything else."""
        return ServerError(f"The {self.kind} at {self.address} refused: {_short(reason)}.", fix)


def _short(reason: str) -> str:
    line = " ".join(reason.split()).rstrip(".")
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
