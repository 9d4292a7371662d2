"""A version is rolled out, promoted, rolled back and deleted, and servers end, while k6 asks: no request fails.

Two replicas serve the same base path and configuration, as the pods of a deployment do. k6's clients send to the first
replica whose health service says SERVING, and hear of a change up to half a second late, as through a Kubernetes
service. When the first replica gets SIGTERM the second takes over; when that one gets it nobody is ready, and the load
stops by itself. A server that ends answers what it has taken, and what still comes because a client has not heard yet.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceStub
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

from .model_server.conftest import wait_until
from .model_server.saved_models import save_scale
from .rollout_load import Expected, Load

ROOT = Path(__file__).parents[2]
FLAGS = [
    *("--host=127.0.0.1", "--port=free", "--rest_api_port=free", "--enable_grpc_healthcheck_service"),
    *("--file_system_poll_wait_seconds=0.2", "--model_config_file_poll_wait_seconds=0.2"),
    "--allow_version_labels_for_unavailable_models",  # the first configuration has labels already
]


class Replica:
    """A model server in a process of its own."""

    def __init__(self, config: Path, log: Path):
        command = [sys.executable, "-m", "serving.model_server.main", f"--model_config_file={config}", *FLAGS]
        self._log = log.open("w")
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=self._log, text=True)

    def connect(self) -> None:
        doors = re.search(r"on grpc://(\S+) and (http://\S+)", self.process.stdout.readline())
        self.grpc, self.rest = doors.groups()
        self.channel = grpc.insecure_channel(self.grpc)
        self.prediction, self.models = PredictionServiceStub(self.channel), ModelServiceStub(self.channel)

    def version(self, label: str) -> int | None:
        """Which version answers for a label, or for none; None where the label is not known."""
        request = PredictRequest(model_spec=ModelSpec(name="scale", version_label=label or None))
        request.inputs["x"].CopyFrom(tensor([1.0]))
        try:
            return self.prediction.Predict(request, timeout=30).model_spec.version.value
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.INVALID_ARGUMENT:
                raise
            return None

    def states(self) -> dict[int, str]:
        request = GetModelStatusRequest(model_spec=ModelSpec(name="scale"))
        versions = self.models.GetModelStatus(request, timeout=30).model_version_status
        assert [one.status.error_message for one in versions if one.status.error_code] == []
        return {one.version: one.State.Name(one.state) for one in versions}

    def work(self, seconds: float) -> grpc.Future:
        """Begins a request that takes so long."""
        request = PredictRequest(model_spec=ModelSpec(name="scale", signature_name="slow"))
        request.inputs["seconds"].CopyFrom(tensor([seconds], "float64"))
        return self.prediction.Predict.future(request, timeout=60)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self._log.close()


def tensor(values: list[float], dtype: str = "float32"):
    return tf.make_tensor_proto(values, dtype)


def copy_slowly(source: Path, target: Path) -> None:
    """File by file, with time for the server to look in between; what a model is known by comes first."""
    files = sorted(
        (file for file in source.rglob("*") if file.is_file()), key=lambda file: file.name != "saved_model.pb"
    )
    for file in files:
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
        time.sleep(0.5)


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[tuple[list[Replica], Callable[..., str]]]:
    """Two replicas that serve version 1, and what writes their configuration with these labels."""
    save_scale(tmp_path / "scale" / "1", 1.0)
    file = tmp_path / "models.config"

    def configure(**labels: int) -> str:
        entries = "".join(f'version_labels {{ key: "{name}" value: {number} }} ' for name, number in labels.items())
        text = (
            f'model_config_list {{ config {{ name: "scale" base_path: "{tmp_path / "scale"}" '
            f'model_platform: "tensorflow" model_version_policy {{ all {{}} }} {entries}}} }}'
        )
        half_written = file.with_suffix(".tmp")
        half_written.write_text(text)
        half_written.replace(file)
        return text

    configure(stable=1)
    replicas = [Replica(file, tmp_path / f"replica-{number}.log") for number in range(2)]
    try:
        for one in replicas:
            one.connect()
        yield replicas, configure
    finally:
        for one in replicas:
            one.close()


@pytest.mark.slow
def test_no_request_fails_from_a_new_version_to_the_last_servers_end(deployment, tmp_path: Path) -> None:
    replicas, configure = deployment
    save_scale(tmp_path / "staged", 2.0)
    load, expected = Load([(one.grpc, one.rest) for one in replicas], tmp_path), Expected()

    def all_answer(label: str, version: int | None) -> None:
        wait_until(lambda: [one.version(label) for one in replicas] == [version] * 2, 60)

    try:
        expected.change(0, none=1, stable=1)
        load.go_on()

        # Version 2 appears: requests without a version get it, `stable` stays what it is.
        begun = time.time()
        copy_slowly(tmp_path / "staged", tmp_path / "scale" / "2")
        all_answer("", 2)
        expected.change(begun, none=2)
        load.go_on()

        # It becomes `canary`, by a reload request to each replica. The file says the same, or it would undo it.
        assert [one.version("canary") for one in replicas] == [None, None]
        request = ReloadConfigRequest()
        text_format.Parse(configure(stable=1, canary=2), request.config)
        for one in replicas:
            assert one.models.HandleReloadConfigRequest(request, timeout=60).status.error_code == 0
            assert one.version("canary") == 2
        load.go_on()

        # It is promoted, by the file alone.
        begun = time.time()
        configure(stable=2)
        all_answer("stable", 2)
        all_answer("canary", None)
        expected.change(begun, stable=2)
        load.go_on()

        # It is rolled back.
        begun = time.time()
        configure(stable=1)
        all_answer("stable", 1)
        expected.change(begun, stable=1)
        load.go_on()

        # It is deleted, and version 1 serves on.
        begun = time.time()
        shutil.rmtree(tmp_path / "scale" / "2")
        all_answer("", 1)
        expected.change(begun, none=1)
        wait_until(lambda: [one.states() for one in replicas] == [{1: "AVAILABLE", 2: "END"}] * 2)
        load.go_on()

        # The first replica ends, the second takes over.
        working = replicas[0].work(2.0)
        time.sleep(0.5)  # it is being worked on
        replicas[0].process.send_signal(signal.SIGTERM)
        assert working.result().outputs["factor"].float_val[0] == 1.0
        load.go_on(replica=1)
        assert replicas[0].process.wait(30) == 0

        # So does the second: nobody is ready, and the load stops by itself.
        replicas[1].process.send_signal(signal.SIGTERM)
        code, metrics = load.finish()
        assert replicas[1].process.wait(30) == 0
    finally:
        load.close()
    assert metrics["checks"]["fails"] == 0, load.log()
    assert metrics["http_req_failed"]["passes"] == 0
    assert code == 0
    # Every answer counts, and each came from a version that was right at the time.
    assert metrics["checks"]["passes"] == len(load.answers)
    assert metrics["http_reqs"]["count"] == sum(one.door == "rest" for one in load.answers)
    assert [one for one in load.answers if not expected.allows(one)] == []
