"""Version folders that are broken, half there, or gone, while the old version serves."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import grpc
import httpx
import pytest
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest

from tests.faults.conftest import LISTEN, ModelServer
from tests.faults.processes import comes_true, unharmed
from tests.serving.contract.server import model_spec, predict_request
from tests.serving.model_server.saved_models import add_warm_up

LOADED_TWICE = 2**28  # a version that is loaded beside the one that serves takes what TensorFlow needs to read it


@pytest.fixture
def base(tmp_path: Path, scales: dict[int, Path]) -> Path:
    """A base path with version 1."""
    shutil.copytree(scales[1], tmp_path / "models" / "1")
    return tmp_path / "models"


@pytest.fixture
def server(base: Path, start_model_server: Callable[..., ModelServer]) -> ModelServer:
    """It looks ten times a second, and tries once more what does not load."""
    often = ["--file_system_poll_wait_seconds=0.1", "--max_num_load_retries=1", "--load_retry_interval_micros=100000"]
    return start_model_server(*LISTEN, "--model_name=scale", f"--model_base_path={base}", *often)


def put(source: Path, base: Path) -> Path:
    """Version 2 in a folder that is no version yet."""
    return shutil.copytree(source, base / "being-made")


def state(server: ModelServer, version: int) -> str:
    request = GetModelStatusRequest(model_spec=model_spec("scale", version=version))
    try:
        (status,) = server.doors.models.GetModelStatus(request, timeout=60).model_version_status
    except grpc.RpcError as error:
        return str(error.code().name)
    return str(status.State.Name(status.state))


def error_of(server: ModelServer, version: int) -> dict[str, str]:
    answer = server.doors.http.get(f"/v1/models/scale/versions/{version}")
    found: dict[str, str] = answer.json()["model_version_status"][0]["status"]
    return found


def old_one_serves(server: ModelServer) -> None:
    assert server.scale() == 1.0
    answer: httpx.Response = server.doors.post("/v1/models/scale:predict", {"instances": [1.0]})
    assert answer.json() == {"predictions": [3.0]}


@pytest.mark.parametrize("file", ["saved_model.pb", "variables/variables.data-00000-of-00001"])
def test_a_corrupt_version(base: Path, scales: dict[int, Path], server: ModelServer, file: str) -> None:
    with unharmed(server, lambda: old_one_serves(server), takes=LOADED_TWICE):
        folder = put(scales[2], base)
        (folder / file).write_bytes(b"no graph")
        folder.rename(base / "2")
        assert comes_true(lambda: state(server, 2) == "END")
        assert error_of(server, 2)["error_code"] != "OK"
        assert error_of(server, 2)["error_message"]
    assert server.logged("Retrying of Loading servable: {name: scale version: 2} retry: 1")
    assert server.log.read_text().count("Loading servable: {name: scale version: 2} failed: ") == 2
    shutil.copy(scales[2] / file, base / "2" / file)
    assert comes_true(lambda: state(server, 2) == "AVAILABLE")
    assert server.scale() == 2.0


def test_a_version_that_is_half_copied(base: Path, scales: dict[int, Path], server: ModelServer) -> None:
    with unharmed(server, lambda: old_one_serves(server), takes=LOADED_TWICE):
        (base / "2" / "variables").mkdir(parents=True)
        for name in ("saved_model.pb", "variables/variables.index"):
            shutil.copy(scales[2] / name, base / "2" / name)
        for _ in range(10):  # the server looks ten times a second
            time.sleep(0.1)
            old_one_serves(server)
        assert state(server, 2) == "NOT_FOUND"
        said = f"Versions [2] of servable scale under base path {base} are still being copied"
        assert server.log.read_text().count(said) == 1
    name = "variables/variables.data-00000-of-00001"
    shutil.copy(scales[2] / name, base / "2" / name)
    assert comes_true(lambda: state(server, 2) == "AVAILABLE")
    assert server.scale() == 2.0
    assert "} failed: " not in server.log.read_text()


def test_the_base_path_is_gone(base: Path, scales: dict[int, Path], server: ModelServer) -> None:
    with unharmed(server, lambda: old_one_serves(server)):
        away = base.rename(base.with_name("away"))
        assert server.logged(f"Could not find base path {base} for servable scale: No such file or directory.")
        assert state(server, 1) == "AVAILABLE"
    away.rename(base)
    put(scales[2], base).rename(base / "2")
    assert comes_true(lambda: state(server, 2) == "AVAILABLE")
    assert server.scale() == 2.0


@pytest.mark.parametrize("kind", ["fails", "is no record"])
def test_a_bad_warm_up_record(base: Path, scales: dict[int, Path], server: ModelServer, kind: str) -> None:
    with unharmed(server, lambda: old_one_serves(server), takes=LOADED_TWICE):
        folder = put(scales[2], base)
        add_warm_up(
            folder, predict_request(model_spec("scale"), x=[1.0]), predict_request(model_spec("scale"), z=[1.0])
        )
        if kind == "is no record":
            (folder / "assets.extra" / "tf_serving_warmup_requests").write_bytes(b"no record" * 10)
        folder.rename(base / "2")
        assert comes_true(lambda: state(server, 2) == "END")
        error = error_of(server, 2)
        code, message = {"fails": ("INVALID_ARGUMENT", "Warm-up record 1 of")}.get(
            kind, ("DATA_LOSS", "is no TFRecord")
        )
        assert error["error_code"] == code
        assert message in error["error_message"]
    assert server.logged("Loading servable: {name: scale version: 2} failed: ")
    shutil.rmtree(base / "2")
    put(scales[2], base).rename(base / "3")  # without the record
    assert comes_true(lambda: state(server, 3) == "AVAILABLE")
    assert server.scale() == 2.0


def test_every_version_is_gone(base: Path, scales: dict[int, Path], server: ModelServer) -> None:
    shutil.rmtree(base / "1")
    assert comes_true(lambda: state(server, 1) == "END")
    answer = server.doors.post("/v1/models/scale:predict", {"instances": [1.0]})
    assert (answer.status_code, answer.json()) == (404, {"error": "Servable not found for request: Latest(scale)"})
    assert server.logged("No versions of servable scale found under base path")
    put(scales[2], base).rename(base / "2")
    assert comes_true(lambda: state(server, 2) == "AVAILABLE")
    assert server.scale() == 2.0
