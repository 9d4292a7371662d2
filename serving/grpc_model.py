"""A model behind gRPC: tensorflow/serving or the embedded model server, without TensorFlow on this side.

model = GrpcModel("127.0.0.1:8500", "photo", timeout=30)
coefficients = model.predict("chroma", {"luminance": luminance, "hints": hints}, ["coefficients"])[0]
canary = model.asked(Which(label="canary"), timeout=3)          # over the same connections
"""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any

import grpc
import numpy as np

from serving import messages
from serving.channel import open_channel
from serving.errors import ModelNotFound, ServerError, ServerTimeout, ServerUnavailable, SignatureNotFound
from serving.version import NEWEST, VersionNotFound, Which

Metadata = Sequence[tuple[str, str]]

# in TensorFlow Serving's own words
_MISSING = re.compile(r'Serving signature key "(.*)" not found')
_NO_LABEL = "Unrecognized servable version label"


class GrpcModel:
    """Any number of threads may use one; connecting happens at the first call.

    Args:
        address: HOST:PORT, or several, see `serving.channel`.
        name: the model's, there.
        timeout: seconds to wait for an answer.
        which: the version asked.
        channel: one that is open already and that somebody else closes.
    """

    def __init__(self, address: str, name: str, timeout: float, which: Which = NEWEST, channel: Any = None):
        self._target = f"grpc://{address}"
        self._name = name
        self._timeout = timeout
        self._which = which
        self._metadata: Metadata = ()
        self._lent = channel is not None
        self._channel = channel if self._lent else open_channel(address)
        self._predict = self._method(messages.PREDICT, messages.PredictRequest, messages.PredictResponse)
        self._status = self._method(
            messages.GET_MODEL_STATUS, messages.GetModelStatusRequest, messages.GetModelStatusResponse
        )

    def asked(self, which: Which, timeout: float, metadata: Metadata = ()) -> GrpcModel:
        """The same model over the same connections: another version, another patience in seconds, gRPC metadata."""
        other = copy.copy(self)
        other._which, other._timeout, other._metadata, other._lent = which, timeout, metadata, True
        return other

    def predict(self, signature: str, inputs: dict[str, np.ndarray], outputs: Sequence[str]) -> list[np.ndarray]:
        """What a signature answers under these names, float32.

        Raises:
            ServerUnavailable, ServerTimeout, ModelNotFound, VersionNotFound, SignatureNotFound, ServerError: as their
                names say.
        """
        request = messages.PredictRequest()
        self._name_model(request)
        request.model_spec.signature_name = signature
        for name, value in inputs.items():
            request.inputs[name].CopyFrom(messages.to_proto(value))
        response = self._call(self._predict, request, self._timeout)
        try:
            return [messages.to_array(response.outputs[name]) for name in outputs]
        except ValueError as error:
            raise ServerError(
                f'Model "{self._name}" at {self._target} gave no usable {" and ".join(outputs)}: {error}.',
                "Serve a model that handtint exported.",
            ) from error

    def check(self, timeout: float) -> None:
        """Returns if a version of the model is loaded and answers.

        Raises:
            ServerError: of the kind that says why not.
        """
        request = messages.GetModelStatusRequest()
        self._name_model(request)
        response = self._call(self._status, request, timeout)
        if not any(version.state == messages.AVAILABLE for version in response.model_version_status):
            raise ServerUnavailable(
                f'No version of model "{self._name}" at {self._target} is available.',
                "Wait until one is loaded.",
            )

    def close(self) -> None:
        """Closes the channel, if it is its own."""
        if not self._lent:
            self._channel.close()

    def _name_model(self, request: Any) -> None:
        request.model_spec.name = self._name
        if self._which.version is not None:
            request.model_spec.version.value = self._which.version
        elif self._which.label is not None:
            request.model_spec.version_label = self._which.label

    def _method(self, path: str, request: Any, response: Any) -> Any:
        return self._channel.unary_unary(
            path, request_serializer=request.SerializeToString, response_deserializer=response.FromString
        )

    def _call(self, method: Any, request: Any, timeout: float) -> Any:
        try:
            return method(request, timeout=timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            raise self._error(error.code(), error.details(), timeout) from error

    def _error(self, code: grpc.StatusCode, details: str, timeout: float) -> ServerError:
        if code is grpc.StatusCode.UNAVAILABLE:
            return ServerUnavailable(
                f"No answer from a model server at {self._target}: {details}.",
                "Start one with handtint-model-server, or correct the address.",
            )
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return ServerTimeout(
                f"The model server at {self._target} did not answer within {timeout:g} s.",
                "Try again, or allow more time.",
            )
        refused = code is grpc.StatusCode.NOT_FOUND and self._which != NEWEST
        if refused or (code is grpc.StatusCode.INVALID_ARGUMENT and details.startswith(_NO_LABEL)):
            return VersionNotFound(
                f'The model server at {self._target} has no {self._which} of model "{self._name}": {details}.',
                "Ask for one that it serves, or for none in particular.",
            )
        if code is grpc.StatusCode.NOT_FOUND:
            return ModelNotFound(
                f'The model server at {self._target} has no model "{self._name}": {details}.',
                "Name one that it serves.",
            )
        if code is grpc.StatusCode.FAILED_PRECONDITION and (missing := _MISSING.search(details)):
            return SignatureNotFound(f'Model "{self._name}" at {self._target}', missing[1])
        return ServerError(
            f"The model server at {self._target} refused: {details} ({code.name}).",
            "Serve a model that handtint exported, and look into the server's log.",
        )
