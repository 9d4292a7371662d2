"""Every error of the gateway as a JSON problem (RFC 9457): type, title, status, detail and, beyond it, a fix.

    app.register_error_handler(Exception, to_response)

The last word of the type is the error's code, as in `urn:handtint:problem:too-large`.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from http import HTTPStatus

from flask import Response
from werkzeug.exceptions import HTTPException

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


# The nearest class above an error counts.
_STATUS: dict[type[BaseException], int] = {
    PictureError: 400,
    OptionError: 400,
    PictureTooLarge: 413,
    UnsupportedPicture: 415,
    ModelNotFound: 502,
    ServerError: 502,
    TaskNotServed: 501,
    ServerUnavailable: 503,
    ServerTimeout: 504,
}
# What the model's side says (addresses, versions) is for the log; the public reads this.
_SERVER_DETAIL = {
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

    def to_json(self) -> bytes:
        """The body of the answer."""
        fields = asdict(self)
        return json.dumps({"type": f"urn:handtint:problem:{fields.pop('code')}", **fields}).encode()


def to_problem(error: Exception) -> Problem:
    """Any exception as a problem that may be shown to a stranger."""
    if isinstance(error, HandtintError):
        status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
        detail, fix = error.detail, error.fix
        if isinstance(error, ServerError):
            log.warning("%s", error)
            detail, fix = _SERVER_DETAIL[status]
        return Problem(error.code, error.title, status, detail, fix)
    if isinstance(error, HTTPException) and error.code:
        status = HTTPStatus(error.code)
        return http_problem(status, error.description or status.description)
    log.error("Unexpected error", exc_info=error)
    return Problem(
        "internal",
        "The gateway failed",
        500,
        "Something went wrong in the gateway.",
        "Tell the operator if it stays.",
    )


def http_problem(status: HTTPStatus, detail: str) -> Problem:
    """What is wrong with the request as such, not with the picture in it."""
    fix = _FIXES.get(status.value, "Correct the request.")
    return Problem(status.phrase.lower().replace(" ", "-"), status.phrase, status.value, detail, fix)


def to_response(error: Exception) -> Response:
    """Flask's handler for every exception."""
    problem = to_problem(error)
    response = Response(problem.to_json(), problem.status, mimetype=MEDIA_TYPE)
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response
