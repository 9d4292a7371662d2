"""What is said to a model server over REST, and what its answers mean; whoever sends it is no matter here.

calls = RestCalls("http://127.0.0.1:8501", "photo", timeout=30)
reply = http.send(calls.predict_request("chroma", inputs), Deadline(30))
coefficients = calls.arrays(reply, ["coefficients"])[0]
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import numpy as np

from serving.doors.http_client import Reply, Request
from serving.doors.peer import Peer
from serving.doors.version import NEWEST, Which
from serving.errors import ServerError, SignatureNotFound

# in TensorFlow Serving's own words
_MISSING = re.compile(r'Serving signature name: "(.*)" not found')
_NO_LABEL = "Unrecognized servable version label"
_JSON = {"Content-Type": "application/json"}


class RestCalls:
    """Both of `RestModel` and `AsyncRestModel`; takes what `RestModel` does."""

    def __init__(self, target: str, name: str, timeout: float, which: Which = NEWEST):
        self._peer = Peer(target.rstrip("/"))
        self._name = name
        self._which = which
        self._timeout = timeout
        self._url = f"{self._peer.address}/v1/models/{quote(name, safe='')}{_path(which)}"

    def predict_request(self, signature: str, inputs: dict[str, np.ndarray]) -> Request:
        """To be posted; half a second of work for 256 x 256 floats of four channels."""
        # columns, not rows: `centres` has no batch dimension
        body = {"signature_name": signature, "inputs": {name: value.tolist() for name, value in inputs.items()}}
        return Request("POST", f"{self._url}:predict", json.dumps(body, separators=(",", ":")).encode(), _JSON)

    def arrays(self, reply: Reply, outputs: Sequence[str]) -> list[np.ndarray]:
        """What the answer holds under these names, float32. Raises ServerError, of the kind that says why not."""
        answer = self._read(reply)
        try:
            found = answer["outputs"]
            columns = [found] if len(outputs) == 1 else [found[name] for name in outputs]  # one output has no name
            return [np.asarray(column, np.float32) for column in columns]
        except (KeyError, TypeError, ValueError) as error:
            raise self._peer.useless(self._name, " and ".join(outputs)) from error

    def status_request(self) -> Request:
        """To ask which versions there are."""
        return Request("GET", self._url)

    def check_status(self, reply: Reply) -> None:
        """Returns if the answer says that a version is available. Raises ServerError, of the kind that says why not."""
        answer = self._read(reply)
        versions = answer.get("model_version_status", []) if isinstance(answer, dict) else []
        if not any(version.get("state") == "AVAILABLE" for version in versions):
            raise self._peer.nothing_loaded(self._name)

    def _read(self, reply: Reply) -> Any:
        try:
            answer = json.loads(reply.body)
        except (ValueError, RecursionError):
            if reply.status < HTTPStatus.BAD_REQUEST:
                raise self._peer.refused("an answer that is not JSON") from None
            answer = "an answer that is not JSON"
        if reply.status < HTTPStatus.BAD_REQUEST:
            return answer
        raise self._error(reply, str(answer.get("error", answer) if isinstance(answer, dict) else answer))

    def _error(self, reply: Reply, reason: str) -> ServerError:
        status = reply.status
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return self._peer.closed_to_us(reason)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return self._peer.limited(reason, reply.retry_after())
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            return self._peer.busy(reason, reply.retry_after())
        if status == HTTPStatus.GATEWAY_TIMEOUT:
            return self._peer.too_slow(reason)
        if status == HTTPStatus.NOT_FOUND or (status == HTTPStatus.BAD_REQUEST and reason.startswith(_NO_LABEL)):
            return self._peer.model_missing(self._name, self._which, reason)
        if status == HTTPStatus.BAD_REQUEST and (missing := _MISSING.search(reason)):
            return SignatureNotFound(f'Model "{self._name}" at {self._peer.address}', missing[1])
        return self._peer.refused(f"{reason} ({status})")


def _path(which: Which) -> str:
    if which.version is not None:
        return f"/versions/{which.version}"
    return f"/labels/{quote(which.label, safe='')}" if which.label is not None else ""
