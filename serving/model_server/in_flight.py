"""Counts the gRPC calls that are being answered, so that the end can wait for them and for nothing else.

    calls = InFlight()
    server = grpc.server(pool, interceptors=[calls])
    calls.wait_until_idle(seconds=25, ended=server.stop(25))

gRPC's own way of stopping waits for every call, and a client that watches the health service never ends its one.
Questions to the health service do not count: a probe goes on asking a server that has said that it is not ready.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import grpc

# A request may wait for a thread and not be counted for a moment, while the one before it is counted no more.
_QUIET_SECONDS = 0.2

_HEALTH = "/grpc.health.v1.Health/"


class InFlight(grpc.ServerInterceptor):
    """Sees every call with one request and one answer, from its first line until the client has the answer.

    `last_arrival` is the time.monotonic() at which the latest one came; 0 before the first.
    """

    def __init__(self) -> None:
        self.last_arrival = 0.0
        self._lock = threading.Lock()
        self._count = 0
        self._last_change = time.monotonic()

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler | None:
        """The handler that answers, counted."""
        handler = continuation(handler_call_details)
        if handler is None or handler.unary_unary is None or handler_call_details.method.startswith(_HEALTH):
            return handler
        self.last_arrival = time.monotonic()
        answer = handler.unary_unary

        def counted(request: Any, context: grpc.ServicerContext) -> Any:
            self._add(1)
            if not context.add_callback(lambda: self._add(-1)):
                self._add(-1)  # the client has gone already
            return answer(request, context)

        return grpc.unary_unary_rpc_method_handler(counted, handler.request_deserializer, handler.response_serializer)

    def wait_until_idle(self, seconds: float, ended: threading.Event) -> None:
        """Waits until no call has been answered for a moment, `ended` is set, or so many seconds have passed."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not ended.wait(0.01):
            with self._lock:
                if not self._count and time.monotonic() - self._last_change > _QUIET_SECONDS:
                    return

    def _add(self, change: int) -> None:
        with self._lock:
            self._count += change
            self._last_change = time.monotonic()
