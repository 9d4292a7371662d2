"""Waitress with this gateway's manners: JSON problems even where HTTP is broken, and a stop that drains.

    web_server = WebServer(app, "127.0.0.1", 8080, settings)
    web_server.run()

`run` returns after `stop` was called, from a signal handler or another thread. Waitress takes a whole request in, to a
file if it is long, before a thread works on it, and lets slow readers have their answers from a file: whoever is slow
holds no thread and no memory.
"""

from __future__ import annotations

import logging
import socket
import time
from http import HTTPStatus
from typing import Any

import waitress
from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask
from waitress.utilities import Error

from serving.errors import OptionError
from serving.gateway.options import too_many_bytes
from serving.gateway.problems import MEDIA_TYPE, NO_ROOM, http_problem, to_problem
from serving.gateway.settings import Settings

log = logging.getLogger(__name__)

DRAIN_SECONDS = 25.0  # Kubernetes kills 30 s after SIGTERM unless told otherwise
# Bytes of an answer that a slow reader leaves in a file before the thread that makes more of it is held: a picture is
# always let go at once, a stream of many is not.
_UNREAD = 2**29
_CONNECTIONS = 1000  # slow clients hold one each, and nothing else


class _NoRoom(Error):
    """The disk is full."""

    code = HTTPStatus.SERVICE_UNAVAILABLE.value
    reason = "Service Unavailable"


class _ProblemTask(ErrorTask):
    """Answers a request that waitress refused before the application saw it: too long, or not HTTP."""

    def execute(self) -> None:
        error = self.request.error
        status = HTTPStatus(error.code)
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            problem = to_problem(too_many_bytes(self.channel.adj.max_request_body_size))
        elif status == HTTPStatus.SERVICE_UNAVAILABLE:
            problem = to_problem(NO_ROOM)
            self.response_headers.append(("Retry-After", str(NO_ROOM.retry_after)))
        else:
            problem = http_problem(status, f"{error.body}.")
        body = problem.to_json()
        self.status = f"{status.value} {status.phrase}"
        self.response_headers += [("Content-Type", MEDIA_TYPE), ("X-Content-Type-Options", "nosniff")]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):
    error_task_class = _ProblemTask
    request: Any  # the one that is being read, or None

    def received(self, data: bytes) -> bool:
        """Takes a piece of a request; one that has no room in a file is answered, where waitress would hang up."""
        try:
            return bool(super().received(data))
        except OSError as error:
            log.error("No room for a request's body: %s", error.strerror)
            with self.requests_lock:
                request, self.request = self.request, None
                request.error = _NoRoom("")
                self.requests.append(request)
                if len(self.requests) == 1:  # else the thread that works on the first one comes to it
                    self.server.add_task(self)
            return True


class WebServer:
    """A threaded HTTP server around the application; listens from the start.

    Args:
        app: the application.
        host: the address to listen at.
        port: 0 takes a free one; `self.port` has it.
        settings: the gateway's; a request that says it is longer than any may be is refused when its headers arrive.

    Raises:
        OptionError: the address is not this machine's, or taken.
    """

    def __init__(self, app: Flask, host: str, port: int, settings: Settings):
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            listener = socket.create_server((host, port), family=family, backlog=1024)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise OptionError(
                f"Cannot listen at {host}:{port}: {reason}.", "Choose another --host or --port."
            ) from error
        self.port: int = listener.getsockname()[1]
        self._server = waitress.create_server(
            app,
            sockets=[listener],
            threads=settings.server_threads,
            max_request_body_size=settings.largest_body,
            outbuf_high_watermark=_UNREAD,
            connection_limit=_CONNECTIONS,
            ident=None,  # no Server header
            clear_untrusted_proxy_headers=not settings.proxies,
        )
        self._server.channel_class = _Channel
        self._stopping = False

    def run(self) -> None:
        """Serves until `stop`; then accepts nothing new and lets requests in flight finish, 25 s at most."""
        while not self._stopping:  # with poll, since select() ends at 1024 open files
            wasyncore.loop(timeout=1, use_poll=True, map=self._server._map, count=1)
        self._server.del_channel()
        self._server.socket.close()
        deadline = time.monotonic() + DRAIN_SECONDS
        while self._server.active_channels and time.monotonic() < deadline:
            for channel in list(self._server.active_channels.values()):
                # in this order: a finished request leaves `requests` only when its answer is in the buffers
                if channel.request is None and not channel.requests and not channel.total_outbufs_len:
                    channel.will_close = True
            wasyncore.loop(timeout=0.1, use_poll=True, map=self._server._map, count=1)
        self._server.task_dispatcher.shutdown()
        self._server.trigger.close()

    def stop(self) -> None:
        """Makes `run` finish; may be called from a signal handler."""
        self._stopping = True
        self._server.pull_trigger()
