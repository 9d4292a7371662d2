"""The server under test, as any client sees it: addresses, stubs and short ways to ask.

Without HANDTINT_CONTRACT_GRPC and HANDTINT_CONTRACT_REST it is the embedded one, in a process of its own.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import httpx
import numpy as np
import pytest
import tensorflow as tf
from grpc_health.v1.health_pb2_grpc import HealthStub
from tensorflow.core.example.example_pb2 import Example
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceStub
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

SECONDS = 60  # for one answer
_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class Server:
    """Both doors of a server. `models` is the folder that it serves, None where nobody told."""

    def __init__(self, grpc_address: str, rest_url: str, models: Path | None):
        self.models_folder = models
        self.channel = grpc.insecure_channel(grpc_address, options=_OPTIONS)
        self.prediction = PredictionServiceStub(self.channel)
        self.models = ModelServiceStub(self.channel)
        self.health = HealthStub(self.channel)
        self.http = httpx.Client(base_url=rest_url, timeout=SECONDS)

    def close(self) -> None:
        self.http.close()
        self.channel.close()

    def predict(self, request: PredictRequest) -> PredictResponse:
        return self.prediction.Predict(request, timeout=SECONDS)

    def outputs(self, request: PredictRequest) -> dict[str, np.ndarray]:
        return {name: tf.make_ndarray(proto) for name, proto in self.predict(request).outputs.items()}

    def post(self, path: str, body: dict | str | bytes, **headers: str) -> httpx.Response:
        """A REST call; a dictionary is sent as JSON, anything else as it is."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, dict):
            return self.http.post(path, json=body, headers=named)
        return self.http.post(path, content=body, headers=named)


def model_spec(name: str, signature: str = "", version: int | None = None, label: str | None = None) -> ModelSpec:
    spec = ModelSpec(name=name, signature_name=signature)
    if version is not None:
        spec.version.value = version
    if label is not None:
        spec.version_label = label
    return spec


def predict_request(spec: ModelSpec, *output_filter: str, **inputs) -> PredictRequest:
    """A request with these inputs: protos as they are, the rest as `tf.make_tensor_proto` makes them."""
    request = PredictRequest(model_spec=spec, output_filter=output_filter)
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(value if isinstance(value, TensorProto) else tf.make_tensor_proto(value))
    return request


def metadata_request(spec: ModelSpec | None, *fields: str) -> GetModelMetadataRequest:
    return GetModelMetadataRequest(model_spec=spec, metadata_field=fields)


def status_request(spec: ModelSpec | None) -> GetModelStatusRequest:
    return GetModelStatusRequest(model_spec=spec)


def example(**features) -> Example:
    """A tf.Example; the kind of each feature follows from its value."""
    made = Example()
    for name, value in features.items():
        feature = made.features.feature[name]
        if isinstance(value, bytes):
            feature.bytes_list.value.append(value)
        elif isinstance(value, int):
            feature.int64_list.value.append(value)
        else:
            feature.float_list.value.append(value)
    return made


def refused(call: Callable, request) -> tuple[grpc.StatusCode, str]:
    """The code and message with which a gRPC call is turned down."""
    with pytest.raises(grpc.RpcError) as error:
        call(request, timeout=SECONDS)
    return error.value.code(), error.value.details()


def error_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and message of a REST answer, which must be an error in the documented form."""
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == ["error"]
    return answer.status_code, body["error"]


@contextmanager
def embedded(config: Path, *flags: str) -> Iterator[tuple[str, str]]:
    """The embedded server as a process; its gRPC address and its REST URL."""
    command = [
        sys.executable,
        "-m",
        "serving.model_server.main",
        f"--model_config_file={config}",
        "--host=127.0.0.1",
        "--port=free",
        "--rest_api_port=free",
        *flags,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            doors = re.search(r"on grpc://(\S+) and (http://\S+)", line)
            assert doors, f"the server said {line!r}"
            yield doors[1], doors[2]
        finally:
            process.terminate()
            process.wait(timeout=60)
