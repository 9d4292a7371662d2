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
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import tenacity

from serving.doors.deadline import Deadline
from serving.doors.peer import Peer
from serving.doors.tls import Tls
from serving.errors import ServerTimeout

_ATTEMPTS = 3
_BACKOFF = tenacity.wait_random_exponential(multiplier=0.1, max=0.5)
_PIECE = 2**16
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
    """Any number of threads may use one; connections are kept between calls.

    Raises:
        OptionError: the certificates cannot be read.
    """

    def __init__(self, peer: Peer, tls: Tls):
        self._peer = peer
        self._client = httpx.Client(verify=tls.context(), limits=_LIMITS)

    def send(self, request: Request, deadline: Deadline) -> Reply:
        """The answer, whatever its status.

        Raises:
            ServerUnavailable: nobody answers. ServerTimeout: not in time.
        """
        try:
            return tenacity.Retrying(**_policy(deadline))(self._once, request, deadline)
        except (httpx.TimeoutException, ServerTimeout) as error:
            raise self._peer.late(deadline) from error
        except httpx.HTTPError as error:
            raise self._peer.unavailable(str(error)) from error

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _once(self, request: Request, deadline: Deadline) -> Reply:
        # httpx has a timeout for each read and write, none for all of them: a server that trickles must not get round
        # it, so the deadline is looked at between pieces
        with self._client.stream(
            request.method,
            request.url,
            content=_pieces(request.body, deadline) if request.body else None,
            headers={**request.headers, **({"Content-Length": str(len(request.body))} if request.body else {})},
            timeout=deadline.remaining(),
        ) as response:
            received = bytearray()
            with _begun():
                for piece in response.iter_bytes():
                    received += piece
                    deadline.remaining()
            return Reply(response.status_code, response.headers, bytes(received))

    def __enter__(self) -> Http:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncHttp:
    """The same for asyncio, in one event loop. Cancelling a call closes its connection, so the server hears of it."""

    def __init__(self, peer: Peer, tls: Tls):
        self._peer = peer
        # asyncio's timeout counts, not httpx's
        self._client = httpx.AsyncClient(verify=tls.context(), limits=_LIMITS, timeout=None)  # noqa: S113

    async def send(self, request: Request, deadline: Deadline) -> Reply:
        """As `Http.send`."""
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


def _pieces(body: bytes, deadline: Deadline) -> Iterator[bytes]:
    for start in range(0, len(body), _PIECE):
        deadline.remaining()
        yield body[start : start + _PIECE]
