"""One error type for both transports: a canonical code and a message that a client may see.

    python -m pytest tests/serving/model_server/test_predict.py

Everything that goes wrong while a request is answered ends as a `ServingError`; gRPC sends its code as it is,
REST maps it with `HTTP_STATUS`, and `GetModelStatus` shows it for a version that did not load.
"""

from __future__ import annotations

import logging
import re

import tensorflow as tf
from grpc import StatusCode

log = logging.getLogger(__name__)

# As TensorFlow Serving maps them; every code that is not here is 500.
HTTP_STATUS = {
    StatusCode.OK: 200,
    StatusCode.INVALID_ARGUMENT: 400,
    StatusCode.FAILED_PRECONDITION: 400,
    StatusCode.OUT_OF_RANGE: 400,
    StatusCode.UNAUTHENTICATED: 401,
    StatusCode.PERMISSION_DENIED: 403,
    StatusCode.NOT_FOUND: 404,
    StatusCode.ABORTED: 409,
    StatusCode.ALREADY_EXISTS: 409,
    StatusCode.RESOURCE_EXHAUSTED: 429,
    StatusCode.CANCELLED: 499,
    StatusCode.UNIMPLEMENTED: 501,
    StatusCode.UNAVAILABLE: 503,
    StatusCode.DEADLINE_EXCEEDED: 504,
}

_CODES = {code.value[0]: code for code in StatusCode}

# What TensorFlow wraps around the sentence that a kernel wrote: whole lines, then pieces of a line.
_NOISE_LINE = re.compile(
    r"Graph execution error:|Detected at node|<stack traces unavailable>|\s*File \"|\s*\[\[|Node: "
    r"|\d+ root error"
)
_NOISE = re.compile(r"\{\{function_node [^}]*\}\}\s*|^\s*\(0\) [A-Z_]+: |\s*\[\[\{\{node.*|\s*\[Op:\w+\].*")


class ServingError(Exception):
    """A request that gets no answer, or a version that did not load.

    `code` is the canonical code, `message` is safe to show to a client: no stack trace.
    """

    def __init__(self, code: StatusCode, message: str):
        super().__init__(message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code.name}: {self.message}"

    @property
    def http_status(self) -> int:
        """The HTTP status that says the same as the code."""
        return HTTP_STATUS.get(self.code, 500)


class StartError(Exception):
    """The server cannot start; the message says why and what to change."""


def invalid(message: str) -> ServingError:
    """A mistake in the request itself, by far the commonest error."""
    return ServingError(StatusCode.INVALID_ARGUMENT, message)


def as_serving_error(error: Exception, doing: str) -> ServingError:
    """Any exception as a `ServingError`.

    TensorFlow's own errors keep their code, and their message without the graph around it. Anything else is a
    fault of this server: INTERNAL, with the trace in the log under `doing`, a few words on what was going on.
    """
    if isinstance(error, ServingError):
        return error
    if isinstance(error, tf.errors.OpError):
        return ServingError(_CODES.get(error.error_code, StatusCode.UNKNOWN), sentence(error.message))
    log.error("%s failed", doing, exc_info=error)
    return ServingError(
        StatusCode.INTERNAL,
        f"{doing} failed inside the server ({type(error).__name__}); its log has the details.",
    )


def sentence(message: str) -> str:
    """The sentence that a TensorFlow kernel wrote, out of the whole message with the graph around it."""
    lines = [line for line in message.splitlines() if line.strip() and not _NOISE_LINE.match(line)]
    return _NOISE.sub("", lines[0]).strip() if lines else message
