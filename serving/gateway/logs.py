"""The log: a JSON object a line on standard error, with the id of the request that it is about.

    configure()

A request's id is its own X-Request-Id if that is a plain word, else a new one; the answer and the model server get it.
Pictures, names of files, keys and addresses are never logged.
"""

from __future__ import annotations

import logging
import re
import uuid

from flask import Request, g, has_request_context
from pythonjsonlogger.json import JsonFormatter

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id(request: Request) -> str:
    """The id that the sender gave, if it may stand in a log, else a new one."""
    given = request.headers.get("X-Request-Id", "")
    return given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex


class _WithRequestId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if not hasattr(record, "request_id") and has_request_context() and "request_id" in g:
            record.request_id = g.request_id
        return True


def configure(level: int = logging.INFO) -> None:
    """Makes every logger of this process write that way."""
    handler = logging.StreamHandler()
    handler.addFilter(_WithRequestId())
    handler.setFormatter(
        JsonFormatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # It would say «queue depth» for each picture that waits for a thread.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
