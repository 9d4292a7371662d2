"""Things that happen at the same time at the model server: unloading, reloading and ending while it is asked."""

from __future__ import annotations

import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest
from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

from tests.faults.conftest import LISTEN, ModelServer
from tests.faults.processes import comes_true
from tests.serving.contract.server import SECONDS, model_spec, predict_request
from tests.serving.model_server.saved_models import save_rows

StartModelServer = Callable[..., ModelServer]
GONE = "Servable not found for request: Specific(scale, 1)"


@pytest.fixture
def base(tmp_path: Path, scales: dict[int, Path]) -> Path:
    """A base path with versions 1 and 2."""
    for number in (1, 2):
        shutil.copytree(scales[number], tmp_path / "models" / str(number))
    return tmp_path / "models"


def config_of(*entries: str) -> str:
    return f"model_config_list {{ {' '.join(entries)} }}"


def entry(base: Path, policy: str = "") -> str:
    return f'config {{ name: "scale" base_path: "{base}" model_platform: "tensorflow" {policy} }}'


ALL = "model_version_policy { all {} }"


@pytest.fixture
def server(base: Path, tmp_path: Path, start_model_server: StartModelServer) -> ModelServer:
    """It serves both versions."""
    (tmp_path / "models.config").write_text(config_of(entry(base, ALL)))
    flags = [f"--model_config_file={tmp_path / 'models.config'}", "--file_system_poll_wait_seconds=0.1"]
    return start_model_server(*LISTEN, *flags)


class Asking:
    """Clients that ask without a pause; what they heard, and what they were refused with."""

    def __init__(self, *asks: Callable[[], float]):
        self.answers: list[float] = []
        self.refusals: list[str] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=[ask]) for ask in asks]

    def __enter__(self) -> Asking:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, ask: Callable[[], float]) -> None:
        while not self._over.is_set():
            try:
                self.answers.append(ask())
            except grpc.RpcError as error:
                self.refusals.append(f"{error.code().name} {error.details()}")


def test_two_clients_ask_for_a_version_while_it_is_unloaded(server: ModelServer, base: Path) -> None:
    """Each answer is whole, or says that the version is gone; the other version notices nothing."""
    with (
        Asking(lambda: server.scale(1), lambda: server.scale(1)) as of_the_first,
        Asking(lambda: server.scale(2), lambda: server.scale()) as of_the_second,
    ):
        assert comes_true(lambda: bool(of_the_first.answers) and bool(of_the_second.answers))
        shutil.rmtree(base / "1")
        assert comes_true(lambda: bool(of_the_first.refusals))
    assert set(of_the_first.answers) == {1.0}
    assert set(of_the_first.refusals) == {f"NOT_FOUND {GONE}"}
    assert set(of_the_second.answers) == {2.0}
    assert of_the_second.refusals == []
    assert server.alive


def slow_call(server: ModelServer, seconds: float) -> grpc.Future:
    """A request to version 1 that takes so long."""
    takes = tf.make_tensor_proto([seconds], tf.float64)
    request = predict_request(model_spec("scale", "slow", 1), seconds=takes)
    return server.doors.prediction.Predict.future(request, timeout=SECONDS)


def test_a_reload_while_a_request_runs(server: ModelServer, base: Path) -> None:
    """The request finishes on the version that the reload takes away."""
    assert server.scale(1) == 1.0  # connected
    running = slow_call(server, 8.0)
    threading.Event().wait(1)  # by then it runs
    only_the_second = config_of(entry(base, "model_version_policy { specific { versions: 2 } }"))
    config = text_format.Parse(only_the_second, ModelServerConfig())
    server.doors.models.HandleReloadConfigRequest(ReloadConfigRequest(config=config), timeout=SECONDS)
    assert comes_true(lambda: "Unloading servable version {name: scale version: 1}" in server.log.read_text())
    assert not running.done()
    with pytest.raises(grpc.RpcError) as refusal:
        server.scale(1)
    assert (refusal.value.code(), refusal.value.details()) == (grpc.StatusCode.NOT_FOUND, GONE)
    assert server.scale(2) == 2.0
    assert running.result().outputs["factor"].float_val == [1.0]


@pytest.mark.parametrize("door", ["grpc", "rest"])
def test_sigterm_while_a_batch_is_queued(tmp_path: Path, start_model_server: StartModelServer, door: str) -> None:
    """A row that waits for others gets its answer before the end."""
    save_rows(tmp_path / "rows" / "1")
    (tmp_path / "batching").write_text("max_batch_size { value: 8 } batch_timeout_micros { value: 8000000 }")
    batching = ["--enable_batching", f"--batching_parameters_file={tmp_path / 'batching'}"]
    server = start_model_server(*LISTEN, "--model_name=rows", f"--model_base_path={tmp_path / 'rows'}", *batching)
    answers: list[object] = []

    def over_grpc() -> None:
        answers.append(server.doors.outputs(predict_request(model_spec("rows"), x=[[1.0]]))["rows"].tolist())

    def over_rest() -> None:
        body = {"inputs": [[1.0]]}
        answers.append(server.doors.post("/v1/models/rows:predict", body).json()["outputs"]["rows"])

    asking = [threading.Thread(target={"grpc": over_grpc, "rest": over_rest}[door]) for _ in range(2)]
    for thread in asking:
        thread.start()
    threading.Event().wait(2)  # they are in the queue for six more seconds
    assert answers == []
    server.process.send_signal(signal.SIGTERM)
    for thread in asking:
        thread.join()
    assert answers == [[2], [2]]  # in one batch, as without the signal
    assert server.process.wait(60) == 0
