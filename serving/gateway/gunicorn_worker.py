"""gunicorn with this gateway's manners: JSON problems even where HTTP is broken, and one log.

worker_class = "serving.gateway.gunicorn_worker.Worker"
logger_class = "serving.gateway.gunicorn_worker.Logger"
"""

from __future__ import annotations

import contextlib
import logging
from http import HTTPStatus
from typing import Any

from gunicorn.glogging import Logger as GunicornLogger
from gunicorn.workers.gthread import ThreadWorker

from serving.gateway.problems import MEDIA_TYPE, http_problem, report


class Worker(ThreadWorker):
    """Answers what never reaches the application."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """400 for what gunicorn cannot parse, which is all of its parser's errors, and 500 for the rest."""
        if type(exc).__module__.startswith("gunicorn.http"):
            problem = http_problem(HTTPStatus.BAD_REQUEST, "The request is not HTTP as this server reads it.")
        else:
            problem = report(exc)
        body = problem.to_json()
        head = f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\nContent-Type: {MEDIA_TYPE}\r\n"
        head += f"Content-Length: {len(body)}\r\n"
        with contextlib.suppress(OSError):
            client.sendall(f"{head}X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n".encode() + body)


class Logger(GunicornLogger):
    """Leaves writing to the root logger, which writes JSON."""

    def setup(self, cfg: Any) -> None:
        """Takes away gunicorn's own handlers."""
        super().setup(cfg)
        self.error_log.handlers = []
        self.error_log.propagate = True
        self.error_log.setLevel(logging.INFO)
