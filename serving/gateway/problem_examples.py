"""An example of each kind of problem for the gateway's description, made by the code that makes the real ones.

problem_examples(settings)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.exceptions import NotAcceptable

from serving.colouring.wishes import check_saturation
from serving.doors.version import VersionNotFound
from serving.errors import HandtintError, ModelNotFound, ServerError, ServerTimeout, ServerUnavailable
from serving.gateway.options import NOT_ACCEPTABLE, too_many_bytes
from serving.gateway.problems import Busy, Problem, RateLimited, TaskNotServed, Unauthorised, to_problem
from serving.gateway.settings import Settings
from serving.pictures import read_picture


def problem_examples(settings: Settings) -> list[Problem]:
    """In no order; several of one status differ in their code."""
    errors: list[Exception] = [
        _caught(check_saturation, 4.0),
        _caught(read_picture, b""),
        _caught(read_picture, b"\xff\xd8\xff\xe0"),
        _caught(read_picture, b"<!doctype html>"),
        NotAcceptable(NOT_ACCEPTABLE),
        Unauthorised("The request has no API key."),
        too_many_bytes(settings.max_bytes),
        Busy("As many pictures are being worked on, and as many wait, as this gateway can hold."),
        # the public is not told more than the status of these
        *(kind("", "") for kind in (VersionNotFound, TaskNotServed, ModelNotFound, ServerError)),
        *(kind("", "") for kind in (ServerUnavailable, ServerTimeout)),
    ]
    if settings.rate:
        errors.append(RateLimited("300 per 1 minute", 12, {}))
    return [to_problem(error) for error in errors]


def _caught(function: Callable[..., Any], value: Any) -> HandtintError:
    try:
        function(value)
    except HandtintError as error:
        return error
    raise ValueError(f"{function} takes {value!r}")
