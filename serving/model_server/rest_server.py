"""A waitress server that can be drained: it finishes what it has begun before it stops.

    python -m pytest tests/serving/model_server/test_command.py -k "drain or end"

waitress itself stops by dropping its connections. Here `drain` tells clients of keep-alive connections with
`Connection: close` that this answer is the last, so that they come back through their load balancer; `stop` listens
no more, and goes when no request is left and those connections have had a second to ask once more.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from socket import AF_INET, AF_INET6
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import WSGITask

from serving.model_server.errors import StartError

# Room for a batch of pictures as JSON (a 512x512 float32 map takes 6 MB); one request cannot fill the memory.
MAX_BODY_BYTES = 256 * 2**20

_CONNECTIONS = 1000

# So long a connection that is kept alive may go on asking after the end has begun, to be told that it is the end.
_LINGER_SECONDS = 1.0


class _Task(WSGITask):
    """While the server drains, each connection ends with the answer it waits for."""

    def build_response_header(self) -> bytes:
        if self.channel.server.draining:
            self.set_close_on_finish()
        return super().build_response_header()


class _Channel(HTTPChannel):
    task_class = _Task

    def received(self, data: bytes) -> bool:
        self.server.last_arrival = time.monotonic()
        return bool(super().received(data))


class RestServer:
    """A WSGI application on a port of its own, in threads of its own.

    Args:
        app: the WSGI application.
        host: address to listen on.
        port: TCP port; 0 takes a free one.
        threads: requests answered at once.

    Raises:
        StartError: the address cannot be listened on.
    """

    def __init__(self, app: Callable[..., Any], host: str, port: int, threads: int):
        try:
            # Bound here, since waitress leaves its files open when it cannot bind.
            listening = socket.create_server((host, port), family=AF_INET6 if ":" in host else AF_INET)
        except OSError as error:
            raise StartError(
                f"Cannot listen on {host}:{port} for REST: {error.strerror}. "
                "Choose another --rest_api_port, or `free` for any free one."
            ) from error
        self._map: dict[int, Any] = {}
        self._server = create_server(
            app,
            self._map,
            sockets=[listening],
            threads=threads,
            ident=None,
            max_request_body_size=MAX_BODY_BYTES,
            # Bodies stay in memory: a pod with a read-only root filesystem has no place for spill files.
            inbuf_overflow=2 * MAX_BODY_BYTES,
            outbuf_overflow=2 * MAX_BODY_BYTES,
            recv_bytes=2**18,
            connection_limit=_CONNECTIONS,
            asyncore_use_poll=True,  # select() ends at 1024 open files
        )
        self._server.draining = False
        self._server.last_arrival = 0.0
        self._server.channel_class = _Channel
        self.port: int = listening.getsockname()[1]
        self._thread = threading.Thread(target=self._server.run, name="rest", daemon=True)
        self._thread.start()

    @property
    def last_arrival(self) -> float:
        """The time.monotonic() at which a piece of a request came last; 0 before the first."""
        return float(self._server.last_arrival)

    def drain(self) -> None:
        """Answers as before, but each answer from now on ends its connection."""
        self._server.draining = True

    def stop(self, grace_seconds: float) -> None:
        """Takes no new connections, lets requests in flight finish for so long, then closes what is left."""
        self.drain()
        self._in_loop(self._stop_listening)
        begun = time.monotonic()
        while (waited := time.monotonic() - begun) < grace_seconds:
            if not self._busy() and (waited > _LINGER_SECONDS or not self._server.active_channels):
                break
            time.sleep(0.01)
        self._in_loop(lambda: wasyncore.close_all(self._map))
        self._server.task_dispatcher.shutdown(timeout=1)
        self._thread.join(timeout=1)

    def _stop_listening(self) -> None:
        connections = -1
        while connections != len(self._server.active_channels):  # clients that are through already are not turned away
            connections = len(self._server.active_channels)
            self._server.handle_accept()
        wasyncore.dispatcher.close(self._server)

    def _busy(self) -> bool:
        """Whether a request is being read, worked on or answered."""
        channels = list(self._server.active_channels.values())
        return any(c.request is not None or c.requests or c.total_outbufs_len for c in channels)

    def _in_loop(self, work: Callable[[], object]) -> None:
        """Runs work in waitress's own thread, the only one that may touch its sockets."""
        done = threading.Event()

        def run() -> None:
            work()
            done.set()

        self._server.trigger.pull_trigger(run)
        done.wait(timeout=1)
