"""Whose request a thread works on: how long the client still waits, and when it has gone.

    with calling("photo", "Predict", context):   # a grpc.ServicerContext, or a Limit
        signature.predict(inputs)

What waits, such as a batch's queue, asks `current()` without every function in between handing the call on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol


class Caller(Protocol):
    """Whoever waits for the answer; gRPC's context of a call is one."""

    def time_remaining(self) -> float | None:
        """Seconds until the answer comes too late; None for no limit."""

    def add_callback(self, callback: Callable[[], object]) -> bool:
        """Has this called when the client goes away; false when it has gone already."""


class Limit:
    """A caller of which only this is known: after so many seconds from now it waits no longer."""

    def __init__(self, seconds: float):
        self._deadline = time.monotonic() + seconds

    def time_remaining(self) -> float:
        """Seconds left, 0 or more."""
        return max(0.0, self._deadline - time.monotonic())

    def add_callback(self, callback: Callable[[], object]) -> bool:
        """Never called: nobody says when such a caller goes away."""
        return True


@dataclass(frozen=True)
class Call:
    """One request: the model it names, the API's name for the call (`Predict`...), and who waits."""

    model: str
    api: str
    caller: Caller


_current: ContextVar[Call | None] = ContextVar("current_call", default=None)


@contextmanager
def calling(model: str, api: str, caller: Caller) -> Iterator[None]:
    """Whatever this thread does inside is done for that call."""
    token = _current.set(Call(model, api, caller))
    try:
        yield
    finally:
        _current.reset(token)


def current() -> Call | None:
    """The call that this thread works on; None for work of the server's own, such as a warm-up."""
    return _current.get()
