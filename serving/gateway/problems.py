"""Every error of the gateway as a JSON problem (RFC 9457): type, title, status, detail and, beyond it, a fix.

    app.register_error_handler(Exception, to_response)

The last word of the type is the error's code, as in `urn:handtint:problem:too-large`.
"""

from __future__ import annotations

import errno
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus

from flask import Response, g
from werkzeug.exceptions import HTTPException

from serving.doors.version import VersionNotFound
from serving.errors import (
    HandtintError,
    ModelNotFound,
    OptionError,
    PictureError,
    PictureTooLarge,
    ServerError,
    ServerTimeout,
    ServerUnavailable,
    UnsupportedPicture,
)

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = 5  # seconds; a model server loads a version in less


class TaskNotServed(ModelNotFound):
    """A task was asked for by name, and the model server has no model for it."""


class Unauthorised(HandtintError):
    """No API key, or none that opens."""

    code = "unauthorised"
    title = "The API key is missing or wrong"

    def __init__(self, detail: str):
        super().__init__(detail, "Send one that you were given: in the header Authorization: Bearer KEY, or X-API-Key.")


class Busy(HandtintError):
    """No place to work on it, and none to wait."""

    code = "busy"
    title = "The gateway is busy"
    retry_after = 2  # seconds; a picture takes about one

    def __init__(self, detail: str):
        super().__init__(detail, f"Try again in {self.retry_after} seconds.")


NO_ROOM = Busy("The gateway has no room for the request's files just now.")
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class RateLimited(HandtintError):
    """A client asked for more than it may.

    Args:
        rate: what it may, in words.
        retry_after: seconds until it may again.
        headers: that say the same for programs.
    """

    code = "rate-limited"
    title = "Too many requests"

    def __init__(self, rate: str, retry_after: int, headers: Mapping[str, str]):
        super().__init__(f"This client asked for more than its {rate}.", f"Try again in {retry_after} seconds.")
        self.retry_after = retry_after
        self.headers = headers


# The nearest class above an error counts.
_STATUS: dict[type[BaseException], int] = {
    PictureError: 400,
    OptionError: 400,
    Unauthorised: 401,
    PictureTooLarge: 413,
    UnsupportedPicture: 415,
    ModelNotFound: 502,
    ServerError: 502,
    RateLimited: 429,
    VersionNotFound: 404,
    TaskNotServed: 501,
    Busy: 503,
    ServerUnavailable: 503,
    ServerTimeout: 504,
}
# What the model's side says (addresses, versions) is for the log; the public reads this.
_SERVER_DETAIL = {
    404: ("The version or label that was asked for is not served here.", "Leave it out for the version that is."),
    501: ("The task that was asked for has no model here.", "Leave the task out, or ask for task=photo."),
    502: (
        "The model server could not colourise the picture.",
        "Try another picture; tell the operator if it stays.",
    ),
    503: ("No model server is available just now.", f"Try again in {RETRY_AFTER} seconds."),
    504: ("The model server did not answer in time.", "Try again."),
}
_FIXES = {
    404: "Send pictures to POST /v1/colourise.",
    405: "Use one of the methods in the Allow header.",
    406: "Accept image/png or image/jpeg.",
}


@dataclass(frozen=True)
class Problem:
    """One problem; `code` becomes the last word of its type."""

    code: str
    title: str
    status: int
    detail: str
    fix: str

    def to_dict(self) -> dict[str, str | int]:
        """The body of the answer, ready for JSON."""
        fields = asdict(self)
        return {"type": f"urn:handtint:problem:{fields.pop('code')}", **fields}

    def to_json(self) -> bytes:
        """The body of the answer."""
        return json.dumps(self.to_dict()).encode()


def to_problem(error: Exception) -> Problem:
    """Any exception as a problem that may be shown to a stranger."""
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        error = NO_ROOM
    if isinstance(error, HandtintError):
        status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
        detail, fix = error.detail, error.fix
        if isinstance(error, ServerError):
            detail, fix = _SERVER_DETAIL[status]
        return Problem(error.code, error.title, status, detail, fix)
    if isinstance(error, HTTPException) and error.code:
        status = HTTPStatus(error.code)
        return http_problem(status, error.description or status.description)
    return Problem(
        "internal",
        "The gateway failed",
        500,
        "Something went wrong in the gateway.",
        "Tell the operator if it stays.",
    )


def report(error: Exception) -> Problem:
    """`to_problem`, and a line in the log where the operator should know more than the public."""
    problem = to_problem(error)
    if isinstance(error, ServerError):
        log.warning("%s", error)
    elif isinstance(error, OSError) and problem.code == NO_ROOM.code:
        log.error("No room for a request's files: %s", error.strerror)
    elif problem.code == "internal":
        log.error("Unexpected error", exc_info=error)
    return problem


def http_problem(status: HTTPStatus, detail: str) -> Problem:
    """What is wrong with the request as such, not with the picture in it."""
    fix = _FIXES.get(status.value, "Correct the request.")
    return Problem(status.phrase.lower().replace(" ", "-"), status.phrase, status.value, detail, fix)


def to_response(error: Exception) -> Response:
    """Flask's handler for every exception."""
    problem = report(error)
    g.problem = problem.code
    response = Response(problem.to_json(), problem.status, mimetype=MEDIA_TYPE)
    response.headers.update(getattr(error, "headers", {}))
    if problem.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        usual = NO_ROOM.retry_after if isinstance(error, OSError) else RETRY_AFTER
        response.headers["Retry-After"] = str(getattr(error, "retry_after", usual))
    if problem.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response
