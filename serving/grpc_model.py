"""A model behind gRPC: tensorflow/serving or the embedded model server, without TensorFlow on this side.

model = GrpcModel("127.0.0.1:8500", "photo", timeout=30)
coefficients = model.predict("chroma", {"luminance": luminance, "hints": hints}, ["coefficients"])[0]
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import grpc
import numpy as np

from serving import messages
from serving.errors import ModelNotFound, ServerError, ServerTimeout, ServerUnavailable, SignatureNotFound

_CHANNEL_OPTIONS = [
    # 256x256x4 floats take 1 MB; gRPC's default of 4 MB would just fail at 512
    ("grpc.max_receive_message_length", 64 * 2**20),
    # back within two seconds of a restarted server, where gRPC would wait up to two minutes
    ("grpc.max_reconnect_backoff_ms", 2000),
    # a name that stands for several model servers: each request to the next, where gRPC would stick to the first
    ("grpc.lb_policy_name", "round_robin"),
    # connections of its own: else channels to one address share the wait after a failed attempt
    ("grpc.use_local_subchannel_pool", 1),
]

# in TensorFlow Serving's own words
_MISSING = re.compile(r'Serving signature key "(.*)" not found')


class GrpcModel:
    """Any number of threads may use one; connecting happens at the first call."""

    def __init__(self, address: str, name: str, timeout: float):
        self._target = f"grpc://{address}"
        self._name = name
        self._timeout = timeout
        self._channel = grpc.insecure_channel(address, options=_CHANNEL_OPTIONS)
        self._predict = self._method(messages.PREDICT, messages.PredictRequest, messages.PredictResponse)
        self._status = self._method(
            messages.GET_MODEL_STATUS, messages.GetModelStatusRequest, messages.GetModelStatusResponse
        )

    def predict(self, signature: str, inputs: dict[str, np.ndarray], outputs: Sequence[str]) -> list[np.ndarray]:
        """What a signature answers under these names, float32.

        Raises:
            ServerUnavailable, ServerTimeout, ModelNotFound, SignatureNotFound, ServerError: as their names say.
        """
        request = messages.PredictRequest()
        request.model_spec.name = self._name
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
        request.model_spec.name = self._name
        response = self._call(self._status, request, timeout)
        if not any(version.state == messages.AVAILABLE for version in response.model_version_status):
            raise ServerUnavailable(
                f'No version of model "{self._name}" at {self._target} is available.',
                "Wait until one is loaded.",
            )

    def close(self) -> None:
        """Closes the channel."""
        self._channel.close()

    def _method(self, path: str, request: Any, response: Any) -> Any:
        return self._channel.unary_unary(
            path, request_serializer=request.SerializeToString, response_deserializer=response.FromString
        )

    def _call(self, method: Any, request: Any, timeout: float) -> Any:
        try:
            return method(request, timeout=timeout)
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
