"""The containers' own commands answer the manifests' own probes, and fail them when they should."""

from __future__ import annotations

import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import grpc
import httpx
import pytest
import validate
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub
from PIL import Image
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest
from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceStub
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

from serving.doors.channel import OPTIONS
from serving.gateway.auth import make_key
from tests.conftest import ROOT, draw_scene
from tests.k8s.containers import Container, Containers

K8S = ROOT / "k8s"

pytestmark = pytest.mark.slow
READY = {"startupProbe": True, "readinessProbe": True, "livenessProbe": True}
UNREADY = READY | {"readinessProbe": False}
NOTHING = dict.fromkeys(READY, False)


def wait_until(container: Container, expected: dict[str, bool], seconds: float = 120) -> None:
    """Until its probes say so; fails with what it logged."""
    deadline = time.monotonic() + seconds
    while (found := container.probes()) != expected:
        if time.monotonic() > deadline or (container.process.poll() is not None and any(expected.values())):
            pytest.fail(f"{found}\n{container.log.read_text()[-2000:]}")
        time.sleep(0.1)


@dataclass
class Stack:
    """The local overlay: a gateway, a door and the server behind it."""

    containers: Containers
    models: Path
    key: str

    def start(self) -> tuple[Container, Container, Container]:
        server = self.containers.start("deployment/model-server", "model-server")
        door = self.containers.start("deployment/model-server", "door")
        gateway = self.containers.start("deployment/gateway", "gateway")
        return server, door, gateway

    def colour(self, gateway: Container) -> httpx.Response:
        picture = BytesIO()
        draw_scene(64, 48, 1).convert("L").save(picture, "PNG")
        address = f"http://127.0.0.1:{gateway.port('http')}/v1/colourise"
        return httpx.post(address, content=picture.getvalue(), headers={"X-API-Key": self.key}, timeout=60)


@pytest.fixture
def stack(two_versions: Path, tmp_path: Path) -> Iterator[Stack]:
    models, keys = tmp_path / "models", tmp_path / "keys"
    shutil.copytree(two_versions, models / "photo")
    keys.mkdir()
    key, line = make_key()
    (keys / "keys.txt").write_text(line)
    manifests = [*validate.render(K8S / "overlays/local"), *validate.read(K8S / "first-version.yaml")]
    with Containers(manifests, tmp_path, {"models": models, "keys": keys}) as containers:
        yield Stack(containers, models, key)


def test_all_are_ready_and_only_what_asks_a_model_passes_the_door(stack: Stack):
    server, door, gateway = stack.start()
    for container in (server, door, gateway):
        wait_until(container, READY)
    answer = stack.colour(gateway)
    assert answer.status_code == 200
    with Image.open(BytesIO(answer.content)) as picture:
        assert picture.mode == "RGB"

    with grpc.insecure_channel(f"127.0.0.1:{door.port('grpc')}") as channel:
        status = GetModelStatusRequest()
        metadata = GetModelMetadataRequest(metadata_field=["signature_def"])
        status.model_spec.name = metadata.model_spec.name = "photo"
        assert ModelServiceStub(channel).GetModelStatus(status, timeout=20).model_version_status[0].version == 1
        assert PredictionServiceStub(channel).GetModelMetadata(metadata, timeout=20).metadata
        watch = HealthStub(channel).Watch(HealthCheckRequest(), timeout=20)
        assert next(watch).status == 1
        for path in ("tensorflow.serving.ModelService/HandleReloadConfigRequest", "tensorflow.ProfilerService/Profile"):
            with pytest.raises(grpc.RpcError) as refused:
                channel.unary_unary(f"/{path}")(b"", timeout=20)
            assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
            assert refused.value.details() == "Not let through to other pods."
    # It is the door that says so: at the port behind it, which nobody else reaches, the same call is taken.
    with grpc.insecure_channel(f"127.0.0.1:{server.port('direct')}") as channel:
        request = ReloadConfigRequest()
        request.config.model_config_list.config.add(
            name="photo", base_path=str(stack.models / "photo"), model_platform="tensorflow"
        )
        assert ModelServiceStub(channel).HandleReloadConfigRequest(request, timeout=60).status.error_code == 0

    # Told to stop, the door and the gateway end well within the drain that their pods allow.
    for container, number in ((gateway, signal.SIGTERM), (door, signal.SIGQUIT)):
        container.process.send_signal(number)
        assert container.process.wait(30) == 0


def test_a_door_that_is_told_to_stop_fails_no_request(stack: Stack, tmp_path: Path):
    """Two doors, as of two pods: what one has taken it answers, and its clients go on to the other."""
    server = stack.containers.start("deployment/model-server", "model-server")
    first = stack.containers.start("deployment/model-server", "door")
    (tmp_path / "other").mkdir()
    manifests = validate.render(K8S / "overlays/local")
    with Containers(manifests, tmp_path / "other", {}, {"8500": server.port("direct")}) as others:
        second = others.start("deployment/model-server", "door")
        for container in (server, first, second):
            wait_until(container, READY)
        request = PredictRequest()
        request.model_spec.name, request.model_spec.version_label = "photo", "stable"
        for name, channels in (("luminance", 1), ("hints", 3)):
            content = bytes(256 * 256 * channels * 4)
            tensor = TensorProto(dtype=1, tensor_content=content)
            for size in (1, 256, 256, channels):
                tensor.tensor_shape.dim.add(size=size)
            request.inputs[name].CopyFrom(tensor)
        request.model_spec.signature_name = "chroma"
        answered: list[int] = []
        over = threading.Event()

        def ask(predict: PredictionServiceStub) -> None:
            while not over.is_set():
                answered.append(predict.Predict(request, timeout=60).model_spec.version.value)

        # Without the gateways' second attempts, which would hide what breaks. What reaches a door after its GOAWAY was
        # taken by nobody, and gRPC itself sends it once more, if it kept the whole of it: so in the clients' OPTIONS.
        turns = [*OPTIONS, ("grpc.service_config", '{"loadBalancingConfig": [{"round_robin": {}}]}')]
        doors = f"ipv4:127.0.0.1:{first.port('grpc')},127.0.0.1:{second.port('grpc')}"
        with grpc.insecure_channel(doors, options=turns) as channel:
            with ThreadPoolExecutor(4) as clients:
                running = [clients.submit(ask, PredictionServiceStub(channel)) for _ in range(4)]
                wait_for(lambda: len(answered) > 40, running)
                first.process.send_signal(signal.SIGQUIT)
                before = len(answered)
                wait_for(lambda: len(answered) > before + 100, running)
                over.set()
            for one in running:
                one.result()
        assert first.process.wait(60) == 0
    assert set(answered) == {1}


def wait_for(condition: Callable[[], bool], running: list[Future[None]]) -> None:
    """Until it is so, or a client has failed."""
    while not condition() and not any(one.done() for one in running):
        time.sleep(0.05)


def test_they_fail_when_they_should(stack: Stack):
    # A pod that starts in the middle of a canary, with a label for a version that cannot be loaded.
    shutil.rmtree(stack.models / "photo/1")
    server, door, gateway = stack.start()
    wait_until(door, READY | {"readinessProbe": False})
    wait_until(gateway, UNREADY)
    assert server.probes() == NOTHING  # still starting: its ports are closed

    # The version comes: all are ready.
    shutil.copytree(stack.models / "photo/2", stack.models / "1")
    (stack.models / "1").rename(stack.models / "photo/1")
    for container in (server, door, gateway):
        wait_until(container, READY)

    # Every version goes: the server is not ready, but must not be restarted for it; so is the gateway. Nothing colours.
    shutil.rmtree(stack.models / "photo")
    (stack.models / "photo").mkdir()
    wait_until(server, UNREADY)
    wait_until(gateway, UNREADY)
    assert door.probes() == READY
    assert stack.colour(gateway).status_code in (502, 503)

    # The server hangs: only a restart helps, and its liveness says so. The door and the gateway are not to blame.
    server.process.send_signal(signal.SIGSTOP)
    wait_until(server, NOTHING)
    wait_until(door, UNREADY)
    wait_until(gateway, UNREADY)

    # It is gone, and so is the door's own answer from it.
    server.kill()
    wait_until(door, UNREADY)
    door.kill()
    wait_until(door, NOTHING)
    wait_until(gateway, UNREADY)
    gateway.kill()
    wait_until(gateway, NOTHING)
