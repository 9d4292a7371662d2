"""A limit on how long a REST request may take: `--rest_api_timeout_in_ms`.

    Deadline(30, threads=8).run(work)  # work(limit)'s result, or DEADLINE_EXCEEDED after 30 seconds

A graph that runs cannot be stopped from Python, so work that is late is left to end in its thread: the client is
answered in time, and the number of threads bounds what late work can use. What waits in a batch's queue heeds the
limit itself.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from grpc import StatusCode

from serving.model_server.current_call import Limit
from serving.model_server.errors import ServingError

_A_YEAR = 365 * 86400.0  # stands for no limit

_Result = TypeVar("_Result")


class Deadline:
    """Runs work in threads of its own and waits so long for it.

    Args:
        seconds: the most that a caller waits, including the wait for a free thread; 0 waits for ever, in the caller's
            own thread.
        threads: how much work runs at once.
    """

    def __init__(self, seconds: float, threads: int):
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="rest-work") if seconds else None

    def run(self, work: Callable[[Limit], _Result]) -> _Result:
        """The result of the work, which is told its limit, or whatever it raises.

        Raises:
            ServingError: DEADLINE_EXCEEDED, it took too long. Work that had not begun by then never does.
        """
        if self._pool is None:
            return work(Limit(_A_YEAR))
        limit = Limit(self._seconds)
        future = self._pool.submit(work, limit)
        try:
            return future.result(limit.time_remaining())
        except TimeoutError:
            if future.done():  # the work's own error, or it has just ended after all
                return future.result()
            future.cancel()
            raise ServingError(StatusCode.DEADLINE_EXCEEDED, "Timed out waiting for notification") from None
