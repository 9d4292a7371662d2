"""A server with every kind of signature for the session; servers of their own for tests that need one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import httpx
import pytest
import tensorflow as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest
from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceStub
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub
from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

from serving.model_server.model_config import one_model
from serving.model_server.server import ModelServer, serve, start
from serving.model_server.settings import Settings

from .saved_models import save_scale, save_zoo


class Doors:
    """Both doors of a running server, as a client has them."""

    def __init__(self, server: ModelServer, name: str):
        self.server = server
        self.name = name
        self.channel = grpc.insecure_channel(
            f"127.0.0.1:{server.grpc_port}", options=[("grpc.max_receive_message_length", -1)]
        )
        self.prediction = PredictionServiceStub(self.channel)
        self.models = ModelServiceStub(self.channel)
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{server.rest_port}", timeout=20)

    def request(
        self, signature: str = "", version: int | None = None, label: str = "", model: str = "", **inputs
    ) -> PredictRequest:
        request = PredictRequest()
        request.model_spec.name = model or self.name
        request.model_spec.signature_name = signature
        if label:
            request.model_spec.version_label = label
        if version is not None:
            request.model_spec.version.value = version
        for name, value in inputs.items():
            proto = value if isinstance(value, TensorProto) else tf.make_tensor_proto(value)
            request.inputs[name].CopyFrom(proto)
        return request

    def predict(self, signature: str = "", version: int | None = None, label: str = "", model: str = "", **inputs):
        """Output name -> array, over gRPC."""
        response = self.prediction.Predict(self.request(signature, version, label, model, **inputs), timeout=20)
        return {name: tf.make_ndarray(proto) for name, proto in response.outputs.items()}

    def refused(self, request: PredictRequest) -> tuple[grpc.StatusCode, str]:
        """The code and message with which a Predict is turned down."""
        with pytest.raises(grpc.RpcError) as error:
            self.prediction.Predict(request, timeout=20)
        return error.value.code(), error.value.details()

    def post(self, body, signature: str = "", path: str = "") -> httpx.Response:
        """A REST predict; a dictionary is sent as JSON, anything else as it is."""
        if isinstance(body, dict) and signature:
            body = {"signature_name": signature, **body}
        path = path or f"/v1/models/{self.name}:predict"
        return self.http.post(path, json=body) if isinstance(body, dict) else self.http.post(path, content=body)

    def states(self) -> dict[int, str]:
        """Version -> state, over gRPC."""
        request = GetModelStatusRequest()
        request.model_spec.name = self.name
        versions = self.models.GetModelStatus(request, timeout=20).model_version_status
        return {v.version: v.State.Name(v.state) for v in versions}

    def wait_for(self, version: int, state: str) -> None:
        wait_until(lambda: self.states().get(version) == state)

    def reload(self, config: ModelServerConfig) -> None:
        """A reload request; raises grpc.RpcError where it is refused."""
        self.models.HandleReloadConfigRequest(ReloadConfigRequest(config=config), timeout=60)

    def close(self) -> None:
        self.http.close()
        self.channel.close()
        self.server.stop(grace_seconds=5)


def wait_until(holds: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    base = tmp_path_factory.mktemp("zoo")
    save_zoo(base / "7")
    doors = Doors(start(base, "zoo", rest_api_port=0, poll_seconds=0), "zoo")
    yield doors
    doors.close()


@pytest.fixture(scope="session")
def scales(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Version folders to copy from: version n multiplies by n."""
    shelf = tmp_path_factory.mktemp("scales")
    return {n: save_scale(shelf / str(n), float(n)) for n in (1, 2, 3)}


@pytest.fixture(name="serve")
def serve_models() -> Iterator[Callable[..., Doors]]:
    """Starts servers that end with the test, for a base path or a whole configuration."""
    running: list[Doors] = []

    def begin(models: Path | ModelServerConfig | None, **options) -> Doors:
        config = one_model("scale", models) if isinstance(models, Path) else models
        defaults = {
            "host": "127.0.0.1",
            "port": 0,
            "rest_api_port": 0,
            "file_system_poll_wait_seconds": 0.1,
            "max_num_load_retries": 1,
            "load_retry_interval_micros": 20_000,
        }
        running.append(Doors(serve(Settings(models=config, **{**defaults, **options})), "scale"))
        return running[-1]

    yield begin
    for doors in running:
        doors.close()
