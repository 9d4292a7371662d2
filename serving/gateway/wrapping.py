"""What every request and every answer gets: an id, the headers that keep browsers strict, a line in the log, a count.

add_wrapping(app, metrics)
"""

from __future__ import annotations

import contextlib
import logging
import time

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from serving.gateway.logs import request_id
from serving.gateway.metrics import Metrics

log = logging.getLogger(__name__)

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
_TLS_ONLY = "max-age=31536000"
_CHUNK = 2**16


def add_wrapping(app: Flask, metrics: Metrics) -> None:
    """Puts all of that around each request; the headers give way to those that a route sets itself."""

    def begin() -> None:
        g.started = time.monotonic()
        g.request_id = request_id(request)

    def finish(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if request.is_secure:
            response.headers["Strict-Transport-Security"] = _TLS_ONLY
        response.headers["X-Request-Id"] = g.request_id
        response.headers.update(g.get("rate_headers", {}))
        if g.get("waited_for"):
            response.headers["Preference-Applied"] = g.waited_for
        seconds = time.monotonic() - g.started
        # the rule, not the path: what a stranger typed stays out of the log and of the metrics
        route = str(request.url_rule or "-")
        metrics.request(route, response.status_code, seconds)
        if "problem" in g:
            metrics.reject(g.problem)
        log.info(
            "%s %s %d",
            request.method,
            route,
            response.status_code,
            extra={
                "request_id": g.request_id,
                "bytes_in": request.content_length or 0,
                "bytes_out": response.content_length or 0,
                "milliseconds": round(seconds * 1000),
                "problem": g.get("problem"),
                "task": response.headers.get("Handtint-Task"),
            },
        )
        if response.status_code >= 400:
            _take_the_rest()
        return response

    app.before_request(begin)
    app.after_request(finish)


def _take_the_rest() -> None:
    """Reads what is left of a body of reasonable length.

    Closing a connection on which bytes still arrive takes the answer back, and behind a proxy turns a 401 into a 502.
    """
    with contextlib.suppress(OSError, HTTPException):
        while request.stream.read(_CHUNK):
            pass
