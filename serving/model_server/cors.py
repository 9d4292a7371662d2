"""Calls from pages of other origins (CORS), by TensorFlow Serving's rules.

    response.headers.extend(CORS_HEADERS)

The original answers every OPTIONS request that has an http or https Origin, with or without
`--rest_api_enable_cors_support`; that flag only decides whether answers carry the headers. flask-cors would
answer other origins, methods and statuses than the original.
"""

from __future__ import annotations

import re

from grpc import StatusCode

from serving.model_server.errors import ServingError

CORS_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, GET",
    "Access-Control-Allow-Headers": "Content-Type",
}

_WEB_ORIGIN = re.compile("https?://")


def check_preflight(origin: str) -> None:
    """Whether an OPTIONS request comes from a page.

    Raises:
        ServingError: FAILED_PRECONDITION, its Origin header is missing or not of the web.
    """
    if not _WEB_ORIGIN.search(origin):
        raise ServingError(StatusCode.FAILED_PRECONDITION, "Origin header is missing in CORS preflight")
