"""Which call a REST path names, and of which model.

    find_route("POST", "/v1/models/photo/versions/2:predict").call  # "predict"

Paths are matched whole and whatever the case; names and labels are URL-decoded, as the original does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from tensorflow_serving.apis.model_pb2 import ModelSpec

from serving.model_server.errors import invalid

_WHICH = r"(?:/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
_CALL = re.compile(rf"/v1/models/(?P<name>[^/:]+){_WHICH}:(?P<call>predict|classify|regress)", re.IGNORECASE)
_LOOK = re.compile(rf"/v1/models(?:/(?P<name>[^/:]+))?{_WHICH}(?P<metadata>/metadata)?", re.IGNORECASE)


@dataclass(frozen=True)
class Route:
    """A call (`predict`, `classify`, `regress`, `metadata` or `status`) and the model it is for."""

    call: str
    spec: ModelSpec


def belongs_here(path: str) -> bool:
    """Whether a path is one of the API's, right or wrong; all others are plain 404."""
    return path.lower().startswith("/v1/")


def find_route(method: str, path: str) -> Route:
    """The call that a method and a path as sent (not decoded) stand for.

    Raises:
        ServingError: INVALID_ARGUMENT, they stand for none.
    """
    if method == "POST" and (match := _CALL.fullmatch(path)):
        return Route(match["call"].lower(), _spec(match))
    if method == "GET" and (match := _LOOK.fullmatch(path)):
        if not match["name"]:
            raise invalid("Missing model name in request.")
        return Route("metadata" if match["metadata"] else "status", _spec(match))
    raise invalid(f"Malformed request: {method} {path}")


def _spec(match: re.Match[str]) -> ModelSpec:
    """What a URL says of the model, in the words of the gRPC API."""
    spec = ModelSpec(name=unquote(match["name"]))
    if match["version"]:
        try:
            spec.version.value = int(match["version"])
        except ValueError:  # beyond int64
            raise invalid(f"Failed to convert version: {match['version']} to numeric.") from None
    if match["label"]:
        spec.version_label = unquote(match["label"])
    return spec
