"""An event loop in a thread of its own, for threads that use what is written for asyncio and may be called off.

    loop = LoopThread("handtint-http", last=http.close)
    reply = loop.start(http.send(request, deadline)).result()
    loop.stop()

Closing a socket need not wake a thread that reads from it (Linux, close(2)): it sits out its timeout. A task can be
cancelled whatever it waits for: a name, a connection, an answer.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

Result = TypeVar("Result")


class LoopThread:
    """Runs at once, until it is stopped, forgotten, or the process ends.

    Args:
        name: of the thread.
        last: what the loop does when all that was started has ended.
    """

    def __init__(self, name: str, last: Callable[[], Awaitable[None]]):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=_run, args=(self._loop, last), name=name, daemon=True)
        self._thread.start()
        self._started: set[Future[Any]] = set()
        self._end = weakref.finalize(self, self._loop.call_soon_threadsafe, self._loop.stop)

    @property
    def alive(self) -> bool:
        """False once it is stopped, and in a process that was forked: threads stay behind."""
        return self._thread.is_alive()

    def start(self, coroutine: Coroutine[Any, Any, Result]) -> Future[Result]:
        """What will be its result; to cancel that cancels it. Not to be called while, or after, it is stopped."""
        result = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        self._started.add(result)
        result.add_done_callback(self._started.discard)
        return result

    def stop(self) -> None:
        """Cancels what was started and still runs, and returns when all has ended."""
        for result in list(self._started):
            result.cancel()
        self._end()
        self._thread.join()


def _run(loop: asyncio.AbstractEventLoop, last: Callable[[], Awaitable[None]]) -> None:
    loop.run_forever()
    loop.run_until_complete(_finish(asyncio.all_tasks(loop), last))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


async def _finish(tasks: set[asyncio.Task[Any]], last: Callable[[], Awaitable[None]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
    await last()
