"""A model behind TensorFlow Serving's REST API, without TensorFlow on this side.

model = RestModel("http://127.0.0.1:8501", "photo", timeout=30)
coefficients = model.predict("chroma", {"luminance": luminance, "hints": hints}, ["coefficients"])[0]
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import httpx
import numpy as np

from serving.errors import ModelNotFound, ServerError, ServerTimeout, ServerUnavailable, SignatureNotFound
from serving.version import NEWEST, VersionNotFound, Which

# in TensorFlow Serving's own words
_MISSING = re.compile(r'Serving signature name: "(.*)" not found')
_NO_LABEL = "Unrecognized servable version label"


class RestModel:
    """Any number of threads may use one; connections are kept alive between calls.

    Raises:
        httpx.InvalidURL: `target` is no address.
    """

    def __init__(self, target: str, name: str, timeout: float, which: Which = NEWEST):
        self._target = target.rstrip("/")
        self._name = name
        self._which = which
        self._url = httpx.URL(f"{self._target}/v1/models/{quote(name, safe='')}{_path(which)}")
        self._timeout = timeout
        self._client = httpx.Client()

    def predict(self, signature: str, inputs: dict[str, np.ndarray], outputs: Sequence[str]) -> list[np.ndarray]:
        """What a signature answers under these names, float32.

        Raises:
            ServerUnavailable, ServerTimeout, ModelNotFound, VersionNotFound, SignatureNotFound, ServerError: as their
                names say.
        """
        # columns, not rows: `centres` has no batch dimension
        body = {"signature_name": signature, "inputs": {name: value.tolist() for name, value in inputs.items()}}
        answer = self._call("POST", httpx.URL(f"{self._url}:predict"), self._timeout, json=body)
        try:
            found = answer["outputs"]
            columns = [found] if len(outputs) == 1 else [found[name] for name in outputs]  # one output has no name
            return [np.asarray(column, np.float32) for column in columns]
        except (KeyError, TypeError, ValueError) as error:
            raise ServerError(
                f'Model "{self._name}" at {self._target} gave no usable {" and ".join(outputs)}.',
                "Serve a model that handtint exported.",
            ) from error

    def check(self, timeout: float) -> None:
        """Returns if a version of the model is loaded and answers.

        Raises:
            ServerError: of the kind that says why not.
        """
        answer = self._call("GET", self._url, timeout)
        versions = answer.get("model_version_status", []) if isinstance(answer, dict) else []
        if not any(version.get("state") == "AVAILABLE" for version in versions):
            raise ServerUnavailable(
                f'No version of model "{self._name}" at {self._target} is available.',
                "Wait until one is loaded.",
            )

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _call(self, method: str, url: httpx.URL, timeout: float, **content: Any) -> Any:
        try:
            response = self._client.request(method, url, timeout=timeout, **content)
        except httpx.TimeoutException as error:
            raise self._error(504, f"no answer within {timeout:g} s") from error
        except httpx.HTTPError as error:
            raise self._error(503, str(error)) from error
        try:
            answer = response.json()
        except ValueError as error:
            raise self._error(
                response.status_code if response.is_error else 502, "an answer that is not JSON"
            ) from error
        if response.is_error:
            reason = answer.get("error", answer) if isinstance(answer, dict) else answer
            raise self._error(response.status_code, str(reason))
        return answer

    def _error(self, status: int, reason: str) -> ServerError:
        if status == httpx.codes.SERVICE_UNAVAILABLE:
            return ServerUnavailable(
                f"No answer from a model server at {self._target}: {reason}.",
                "Start one with handtint-model-server, or correct the address.",
            )
        if status == httpx.codes.GATEWAY_TIMEOUT:
            return ServerTimeout(
                f"The model server at {self._target} took too long: {reason}.",
                "Try again, or allow more time.",
            )
        refused = status == httpx.codes.NOT_FOUND and self._which != NEWEST
        if refused or (status == httpx.codes.BAD_REQUEST and reason.startswith(_NO_LABEL)):
            return VersionNotFound(
                f'The server at {self._target} has no {self._which} of model "{self._name}": {reason}.',
                "Ask for one that it serves, or for none in particular.",
            )
        if status == httpx.codes.NOT_FOUND:
            return ModelNotFound(
                f'The server at {self._target} has no model "{self._name}": {reason}.',
                "Name one that it serves.",
            )
        if status == httpx.codes.BAD_REQUEST and (missing := _MISSING.search(reason)):
            return SignatureNotFound(f'Model "{self._name}" at {self._target}', missing[1])
        return ServerError(
            f"The model server at {self._target} refused: {reason} ({status}).",
            "Serve a model that handtint exported, and look into the server's log.",
        )


def _path(which: Which) -> str:
    if which.version is not None:
        return f"/versions/{which.version}"
    return f"/labels/{quote(which.label, safe='')}" if which.label is not None else ""
