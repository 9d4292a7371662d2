"""What is said to a model server over gRPC, and what its answers mean; whoever sends it is no matter here.

calls = GrpcCalls(Peer("grpc://127.0.0.1:8500"), "photo", timeout=30)
response = stub(calls.predict_request("chroma", inputs), timeout=30)
coefficients = calls.arrays(response, ["coefficients"])[0]
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import grpc
import numpy as np

from serving.doors import messages
from serving.doors.deadline import Deadline
from serving.doors.peer import Peer
from serving.doors.version import NEWEST, Which
from serving.errors import ServerError, SignatureNotFound

Metadata = Sequence[tuple[str, str]]
Code = grpc.StatusCode

# in TensorFlow Serving's own words
_MISSING = re.compile(r'Serving signature key "(.*)" not found')
_NO_LABEL = "Unrecognized servable version label"
_TOO_LONG = "larger than max"  # gRPC's own, of a message


class GrpcCalls:
    """Both of `GrpcModel` and `AsyncGrpcModel`.

    Args:
        peer: the server, for messages.
        name: the model's, there.
        timeout: seconds to wait for an answer, where the call does not say.
        which: the version asked.
    """

    def __init__(self, peer: Peer, name: str, timeout: float, which: Which = NEWEST):
        self._peer = peer
        self._name = name
        self._timeout = timeout
        self._which = which
        self._metadata: Metadata = ()

    def predict_request(self, signature: str, inputs: dict[str, np.ndarray]) -> Any:
        """A PredictRequest."""
        request = messages.PredictRequest()
        self._name_model(request)
        request.model_spec.signature_name = signature
        for name, value in inputs.items():
            request.inputs[name].CopyFrom(messages.to_proto(value))
        return request

    def arrays(self, response: Any, outputs: Sequence[str]) -> list[np.ndarray]:
        """What a PredictResponse holds under these names, float32. Raises ServerError if that is not there."""
        try:
            return [messages.to_array(response.outputs[name]) for name in outputs]
        except ValueError as error:
            raise self._peer.useless(self._name, f"{' and '.join(outputs)}: {error}") from error

    def status_request(self) -> Any:
        """A GetModelStatusRequest."""
        request = messages.GetModelStatusRequest()
        self._name_model(request)
        return request

    def check_status(self, response: Any) -> None:
        """Returns if a GetModelStatusResponse says that a version answers. Raises ServerUnavailable if not."""
        if not any(version.state == messages.AVAILABLE for version in response.model_version_status):
            raise self._peer.nothing_loaded(self._name)

    def error(self, error: grpc.RpcError, deadline: Deadline) -> ServerError:
        """What gRPC raised, as one of ours."""
        code, details = error.code(), error.details() or ""
        if code in (Code.UNAVAILABLE, Code.CANCELLED):
            return self._peer.unavailable(details)
        if code is Code.DEADLINE_EXCEEDED:
            return self._peer.late(deadline)
        if code in (Code.UNAUTHENTICATED, Code.PERMISSION_DENIED):
            return self._peer.closed_to_us(details)
        if code is Code.RESOURCE_EXHAUSTED and _TOO_LONG not in details:
            return self._peer.limited(details)
        if code is Code.INVALID_ARGUMENT and details.startswith(_NO_LABEL):
            return self._peer.model_missing(self._name, self._which, details)
        if code is Code.NOT_FOUND:
            return self._peer.model_missing(self._name, self._which, details)
        if code is Code.FAILED_PRECONDITION and (missing := _MISSING.search(details)):
            return SignatureNotFound(f'Model "{self._name}" at {self._peer.address}', missing[1])
        return self._peer.refused(f"{details} ({code.name})")

    def _name_model(self, request: Any) -> None:
        request.model_spec.name = self._name
        if self._which.version is not None:
            request.model_spec.version.value = self._which.version
        elif self._which.label is not None:
            request.model_spec.version_label = self._which.label


def methods(channel: Any) -> tuple[Any, Any]:
    """Predict and GetModelStatus over a channel of grpc or grpc.aio."""
    pairs = (
        (messages.PREDICT, messages.PredictRequest, messages.PredictResponse),
        (messages.GET_MODEL_STATUS, messages.GetModelStatusRequest, messages.GetModelStatusResponse),
    )
    predict, status = (
        channel.unary_unary(
            path, request_serializer=request.SerializeToString, response_deserializer=response.FromString
        )
        for path, request, response in pairs
    )
    return predict, status
