"""HTTP with a deadline for the whole exchange, and another try where that is safe; for REST and for the gateway.

    with Http(Peer("http://127.0.0.1:8501"), Tls()) as http:
        reply = http.send(Request("GET", "http://127.0.0.1:8501/v1/models/photo"), Deadline(30))

Colouring changes nothing at a server, so asking twice does no harm. What is tried again, at most twice and never beyond
the deadline: a request that nobody began to answer, and one that was answered with 503, after as long as `Retry-After`
says. It is what `serving.doors.channel` has gRPC do.
"""

from __future__ import annotations

import asyncio
import email.utils
import math
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import tenacity

from serving.doors.deadline import Deadline
from serving.doors.loop_thread import LoopThread
from serving.doors.peer import Peer
from serving.doors.tls import Tls
from serving.errors import ServerTimeout

_ATTEMPTS = 3
_BACKOFF = tenacity.wait_random_exponential(multiplier=0.1, max=0.5)
# a connection that the server has given up meanwhile costs another try, a new one with TLS costs more
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=60)
_UNANSWERED = (httpx.NetworkError, httpx.RemoteProtocolError)


@dataclass(frozen=True)
class Request:
    """What is sent."""

    method: str
    url: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # with the key


@dataclass(frozen=True)
class Reply:
    """What came back: the header names are case-insensitive."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def retry_after(self) -> int | None:
        """Seconds that the server says to wait, if it does."""
        said = self.headers.get("Retry-After", "")
        if said.isdecimal():
            return int(said)
        try:
            return max(0, math.ceil(email.utils.parsedate_to_datetime(said).timestamp() - time.time()))
        except ValueError:
            return None


class Http:
    """Any number of threads may use one; connections are kept between calls, which run in a `LoopThread`.

    Raises:
        OptionError: the certificates cannot be read.
    """

    def __init__(self, peer: Peer, tls: Tls):
        self._open = partial(AsyncHttp, peer, tls)
        self._http = self._open()
        self._starting = threading.Lock()
        self._loop: LoopThread | None = None
        self._closed = False

    def send(self, request: Request, deadline: Deadline) -> Reply:
        """The answer, whatever its status.

        Raises:
            ServerUnavailable: nobody answers. ServerTimeout: not in time. RuntimeError, CancelledError (of
            concurrent.futures): it is closed, before or meanwhile.
        """
        with self._starting:
            if self._closed:
                raise RuntimeError("These connections are closed.")
            if self._loop is None or not self._loop.alive:
                if self._loop is not None:  # this process was forked: the connections are the other's
                    self._http = self._open()
                self._loop = LoopThread("handtint-http", last=self._http.close)
            answer = self._loop.start(self._http.send(request, deadline))
        try:
            return answer.result()
        finally:
            answer.cancel()  # where the wait was interrupted, as by Ctrl-C

    def close(self) -> None:
        """Closes the connections, and ends the calls that use them."""
        with self._starting:
            self._closed = True
        if self._loop is not None and self._loop.alive:
            self._loop.stop()

    def __enter__(self) -> Http:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncHttp:
    """The same for asyncio, in one event loop. Cancelling a call closes its connection, so the server hears of it.

    Raises:
        OptionError: the certificates cannot be read.
    """

    def __init__(self, peer: Peer, tls: Tls):
        self._peer = peer
        # asyncio's timeout counts, not httpx's
        self._client = httpx.AsyncClient(verify=tls.context(), limits=_LIMITS, timeout=None)  # noqa: S113

    async def send(self, request: Request, deadline: Deadline) -> Reply:
        """As `Http.send`, and what is sent when it is closed ends as httpx has it."""
        try:
            async with asyncio.timeout(deadline.remaining()):
                return await tenacity.AsyncRetrying(**_policy(deadline))(self._once, request)
        except (TimeoutError, ServerTimeout) as error:
            raise self._peer.late(deadline) from error
        except httpx.HTTPError as error:
            raise self._peer.unavailable(str(error)) from error

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def _once(self, request: Request) -> Reply:
        async with self._client.stream(
            request.method, request.url, content=request.body or None, headers=dict(request.headers)
        ) as response:
            with _begun():
                return Reply(response.status_code, response.headers, await response.aread())


class _BrokenOff(httpx.HTTPError):
    """The server had worked on it and began to answer: not to be asked again."""


@contextmanager
def _begun() -> Iterator[None]:
    try:
        yield
    except _UNANSWERED as error:
        raise _BrokenOff("the answer broke off") from error


def _policy(deadline: Deadline) -> dict[str, Any]:
    return {
        "retry": tenacity.retry_if_exception_type(_UNANSWERED) | tenacity.retry_if_result(_is_unavailable),
        "wait": _wait,
        "stop": tenacity.stop_after_attempt(_ATTEMPTS) | tenacity.stop_before_delay(deadline.remaining()),
        # when that is over, the last answer or exception is what it was
        "retry_error_callback": lambda state: state.outcome.result(),
    }


def _is_unavailable(reply: Reply) -> bool:
    return reply.status == httpx.codes.SERVICE_UNAVAILABLE


def _wait(state: tenacity.RetryCallState) -> float:
    outcome = state.outcome
    told = outcome.result().retry_after() if outcome and not outcome.failed else None
    return _BACKOFF(state) if told is None else max(told, 0.05)
