"""How much at a time, and how often: places to work, and requests by client.

slots = Slots(working=4, waiting=16)
with slots.take(deadline):
    ...
rate = Rate("300/minute")
headers = rate.count("client")
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from serving.gateway.problems import Busy, RateLimited


class Slots:
    """Places for so many to work at a time, and a room for so many to wait in; any number of threads may use one."""

    def __init__(self, working: int, waiting: int):
        self._free = threading.Semaphore(working)
        self._room = threading.Semaphore(waiting)

    @contextmanager
    def take(self, deadline: float, *, patient: bool = False) -> Iterator[None]:
        """A place to work, for as long as the context.

        Args:
            deadline: of `time.monotonic()`; who has no place by then gets none.
            patient: needs no room to wait in.

        Raises:
            Busy: the waiting room is full, or it took too long.
        """
        if not self._free.acquire(blocking=False):
            self._wait(deadline, patient)
        try:
            yield
        finally:
            self._free.release()

    def _wait(self, deadline: float, patient: bool) -> None:
        if not patient and not self._room.acquire(blocking=False):
            raise Busy("As many pictures are being worked on, and as many wait, as this gateway can hold.")
        try:
            found = self._free.acquire(timeout=max(0.0, deadline - time.monotonic()))
        finally:
            if not patient:
                self._room.release()
        if not found:
            raise Busy("The picture waited for its turn as long as it may.")


class Rate:
    """Counts what a client asks for, in this process; any number of threads may use one.

    Raises:
        ValueError: not of the form "300/minute".
    """

    def __init__(self, rate: str):
        self._item = parse(rate)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, client: str, cost: int = 1) -> dict[str, str]:
        """Counts a request, or the `cost` of a large one; the headers that tell the client what is left.

        Raises:
            RateLimited: the client has asked for more than it may; this request was not counted.
        """
        allowed = self._limiter.hit(self._item, client, cost=cost)
        stats = self._limiter.get_window_stats(self._item, client)
        reset = max(1, math.ceil(stats.reset_time - time.time()))
        headers = {
            "RateLimit-Limit": str(self._item.amount),
            "RateLimit-Remaining": str(max(0, stats.remaining)),
            "RateLimit-Reset": str(reset),
        }
        if not allowed:
            raise RateLimited(str(self._item), reset, headers)
        return headers
