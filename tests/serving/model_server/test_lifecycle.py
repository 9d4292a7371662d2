"""Versions come, go, break and are half there, while clients keep asking."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import grpc
import numpy as np
import pytest
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest
from tensorflow_serving.apis.predict_pb2 import PredictRequest

from serving.model_server.errors import StartError
from serving.model_server.server import start

from .conftest import Doors, wait_until
from .saved_models import add_warm_up


def put(source: Path, base: Path, number: int) -> Path:
    """A version that appears at once, as the exporter makes it."""
    shutil.copytree(source, base / "being-made")
    return (base / "being-made").rename(base / str(number))


@pytest.fixture
def base(tmp_path, scales) -> Path:
    """A base path with version 1."""
    put(scales[1], tmp_path, 1)
    return tmp_path


def factor(doors: Doors, version: int | None = None) -> int:
    """Which version answers: version n multiplies by n."""
    return round(doors.predict(version=version, x=[1.0])["y"][0]) - 2


def error_of(doors: Doors, version: int) -> tuple[int, str]:
    request = GetModelStatusRequest()
    request.model_spec.name = doors.name
    request.model_spec.version.value = version
    (status,) = doors.models.GetModelStatus(request).model_version_status
    return status.status.error_code, status.status.error_message


class Clients:
    """Clients at both doors that ask without a pause and note every answer and every failure."""

    def __init__(self, doors: Doors):
        self.answers: list[float] = []
        self.failures: list[Exception] = []
        self._stop = threading.Event()
        asks = [lambda: factor(doors), lambda: doors.post({"instances": [1.0]}).json()["predictions"][0] - 2]
        self._threads = [threading.Thread(target=self._keep_asking, args=[ask]) for ask in asks * 2]

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _keep_asking(self, ask: Callable[[], float]) -> None:
        while not self._stop.is_set():
            try:
                self.answers.append(ask())
            except Exception as error:
                self.failures.append(error)


def test_versions_change_under_load_without_a_failure(base, scales, serve):
    doors = serve(base)
    with Clients(doors) as clients:
        wait_until(lambda: 1 in clients.answers)
        put(scales[2], base, 2)
        wait_until(lambda: 2 in clients.answers)
        doors.wait_for(1, "END")
        shutil.rmtree(base / "2")  # the newest is deleted: back to the one before
        doors.wait_for(2, "END")
        wait_until(lambda: factor(doors) == 1)
    assert clients.failures == []
    assert set(clients.answers) == {1, 2}


def test_a_request_in_flight_finishes_on_the_old_version(base, scales, serve):
    doors = serve(base)
    answers = []
    request = threading.Thread(
        target=lambda: answers.append(doors.predict("slow", seconds=np.array([2.0]))["factor"].tolist())
    )
    request.start()
    wait_until(lambda: doors.states() == {1: "AVAILABLE"})
    put(scales[2], base, 2)
    doors.wait_for(2, "AVAILABLE")
    doors.wait_for(1, "UNLOADING")
    assert factor(doors) == 2
    with pytest.raises(grpc.RpcError, match="Specific\\(scale, 1\\)"):
        factor(doors, version=1)
    request.join()
    assert answers == [[1.0]]
    doors.wait_for(1, "END")


def test_a_corrupt_version_is_reported_and_the_old_one_serves(base, scales, serve):
    doors = serve(base)
    broken = put(scales[2], base, 2)
    (broken / "saved_model.pb").write_bytes(b"no graph")
    doors.wait_for(2, "END")
    code, message = error_of(doors, 2)
    assert code == grpc.StatusCode.DATA_LOSS.value[0]
    assert "holds no SavedModel that can be loaded" in message
    assert doors.states() == {1: "AVAILABLE", 2: "END"}
    assert factor(doors) == 1
    rest = doors.http.get("/v1/models/scale/versions/2").json()["model_version_status"][0]
    assert rest["status"] == {"error_code": "DATA_LOSS", "error_message": message}

    shutil.copy(scales[2] / "saved_model.pb", broken)  # repaired in place
    doors.wait_for(2, "AVAILABLE")
    assert factor(doors) == 2


def test_lost_variables_are_reported(base, scales, serve):
    doors = serve(base)
    broken = put(scales[2], base, 2)
    (broken / "variables" / "variables.data-00000-of-00001").write_bytes(b"")
    doors.wait_for(2, "END")
    assert error_of(doors, 2)[0] != 0
    assert factor(doors) == 1


def test_a_half_copied_version_is_not_taken_for_whole(base, scales, serve):
    doors = serve(base)
    files = sorted(path.relative_to(scales[2]) for path in scales[2].rglob("*") if path.is_file())
    for file in files:  # any of them may be the last to arrive
        number = files.index(file) + 2
        folder = put(scales[2], base, number)
        missing = (folder / file).read_bytes()
        if file.name == "fingerprint.pb":
            continue  # it is not needed
        (folder / file).unlink()
        threading.Event().wait(0.4)  # several polls
        assert number not in doors.states() or doors.states()[number] == "AVAILABLE", file
        (folder / file).write_bytes(missing)
        doors.wait_for(number, "AVAILABLE")


def test_a_version_that_still_grows_is_not_taken_for_whole(base, scales, serve):
    doors = serve(base, file_system_poll_wait_seconds=0.5)
    folder = put(scales[2], base, 2)
    for step in range(30):
        (folder / "assets" / f"{step}").write_bytes(b"")
        threading.Event().wait(0.05)
        assert 2 not in doors.states()
    doors.wait_for(2, "AVAILABLE")


def test_a_base_path_that_goes_unloads_nothing(base, scales, serve):
    doors = serve(base)
    away = base.rename(base.with_name("away"))
    threading.Event().wait(0.4)
    assert factor(doors) == 1
    away.rename(base)
    put(scales[2], base, 2)
    doors.wait_for(2, "AVAILABLE")


def test_deleting_every_version_unloads_the_model(base, scales, serve):
    doors = serve(base)
    shutil.rmtree(base / "1")
    doors.wait_for(1, "END")
    answer = doors.post({"instances": [1.0]})
    assert (answer.status_code, answer.json()["error"]) == (
        404,
        "Servable not found for request: Latest(scale)",
    )
    put(scales[2], base, 2)
    doors.wait_for(2, "AVAILABLE")


def test_only_integers_name_versions(base, scales, serve):
    for name in ("latest", "1.5", "-3", "2_", "²", str(2**63)):
        put(scales[2], base, 2).rename(base / name)
    (base / "9").write_text("a file")
    doors = serve(base)
    assert doors.states() == {1: "AVAILABLE"}


def test_of_two_folders_with_one_number_one_is_served(base, scales, serve):
    put(scales[2], base, 2).rename(base / "001")
    assert factor(serve(base)) == 1


def request_for(value) -> PredictRequest:
    request = PredictRequest()
    request.inputs["x"].dtype = 1
    request.inputs["x"].tensor_shape.dim.add(size=1)
    request.inputs["x"].float_val.append(value)
    return request


def test_a_version_is_warmed_before_it_serves(base, scales, serve):
    doors = serve(base)
    staged = shutil.copytree(scales[2], base / "staged")
    add_warm_up(staged, request_for(1.0), request_for(2.0))
    staged.rename(base / "2")
    doors.wait_for(2, "AVAILABLE")
    assert factor(doors) == 2


def test_a_warm_up_that_fails_keeps_the_version_out(base, scales, serve):
    doors = serve(base)
    wrong = request_for(1.0)
    wrong.inputs["z"].CopyFrom(wrong.inputs["x"])
    staged = shutil.copytree(scales[2], base / "staged")
    add_warm_up(staged, request_for(1.0), wrong)
    staged.rename(base / "2")
    doors.wait_for(2, "END")
    code, message = error_of(doors, 2)
    assert code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert "Warm-up record 1" in message
    assert factor(doors) == 1


def test_a_broken_warm_up_file_keeps_the_version_out(base, scales, serve):
    doors = serve(base)
    staged = shutil.copytree(scales[2], base / "staged")
    add_warm_up(staged)
    (staged / "assets.extra" / "tf_serving_warmup_requests").write_bytes(b"no TFRecord" * 10)
    staged.rename(base / "2")
    doors.wait_for(2, "END")
    assert "tf_serving_warmup_requests" in error_of(doors, 2)[1]


def failures_of(caplog: pytest.LogCaptureFixture, version: int) -> int:
    """How often a version was tried in vain."""
    title = f"Loading servable: {{name: scale version: {version}}} failed"
    return sum(title in record.getMessage() for record in caplog.records)


def test_a_corrupt_version_is_loading_through_its_retries(base, scales, serve, caplog):
    doors = serve(base, max_num_load_retries=3, load_retry_interval_micros=400_000)
    staged = shutil.copytree(scales[2], base / "staged")
    (staged / "saved_model.pb").write_bytes(b"no graph")
    staged.rename(base / "2")
    doors.wait_for(2, "LOADING")
    wait_until(lambda: failures_of(caplog, 2) == 2)
    assert doors.states() == {1: "AVAILABLE", 2: "LOADING"}
    assert factor(doors) == 1
    doors.wait_for(2, "END")
    assert failures_of(caplog, 2) == 4  # once, and three times again
    assert error_of(doors, 2)[0] == grpc.StatusCode.DATA_LOSS.value[0]
    threading.Event().wait(0.5)  # several polls
    assert failures_of(caplog, 2) == 4
    assert factor(doors) == 1


def test_a_retry_holds_up_no_other_version(base, scales, serve, caplog):
    doors = serve(base, load_retry_interval_micros=60_000_000)
    staged = shutil.copytree(scales[2], base / "staged")
    (staged / "saved_model.pb").write_bytes(b"no graph")
    staged.rename(base / "2")
    wait_until(lambda: failures_of(caplog, 2) == 1)
    put(scales[3], base, 3)
    doors.wait_for(3, "AVAILABLE")
    doors.wait_for(1, "END")
    doors.wait_for(2, "END")  # nobody asks for it any more
    assert factor(doors) == 3


def test_a_version_that_is_repaired_does_not_wait_for_its_next_try(base, scales, serve, caplog):
    doors = serve(base, load_retry_interval_micros=60_000_000)
    staged = shutil.copytree(scales[2], base / "staged")
    (staged / "saved_model.pb").write_bytes(b"no graph")
    broken = staged.rename(base / "2")
    wait_until(lambda: failures_of(caplog, 2) == 1)
    shutil.copy(scales[2] / "saved_model.pb", broken)
    doors.wait_for(2, "AVAILABLE")
    assert factor(doors) == 2


def test_a_version_that_is_deleted_while_it_is_retried_ends_and_may_come_back(base, scales, serve, caplog):
    doors = serve(base, load_retry_interval_micros=60_000_000)
    staged = shutil.copytree(scales[2], base / "staged")
    (staged / "saved_model.pb").write_bytes(b"no graph")
    staged.rename(base / "2")
    wait_until(lambda: failures_of(caplog, 2) == 1)
    shutil.rmtree(base / "2")
    doors.wait_for(2, "END")
    assert factor(doors) == 1
    put(scales[2], base, 2)
    doors.wait_for(2, "AVAILABLE")


def test_with_one_look_only_a_new_version_is_not_seen(base, scales, serve):
    doors = serve(base, file_system_poll_wait_seconds=0)
    put(scales[2], base, 2)
    threading.Event().wait(0.5)
    assert doors.states() == {1: "AVAILABLE"}


def test_an_old_version_stays_until_a_half_copied_one_is_whole(base, scales, serve):
    doors = serve(base)
    folder = put(scales[2], base, 2)
    (folder / "saved_model.pb").rename(base / "later")
    shutil.rmtree(base / "1")  # what is in memory is all there is
    threading.Event().wait(0.5)
    assert doors.states() == {1: "AVAILABLE"}
    (base / "later").rename(folder / "saved_model.pb")
    doors.wait_for(2, "AVAILABLE")
    doors.wait_for(1, "END")


def test_a_half_copied_newer_version_keeps_no_server_from_starting(tmp_path, scales, serve, caplog):
    put(scales[1], tmp_path, 1)
    (put(scales[2], tmp_path, 2) / "saved_model.pb").unlink()
    doors = serve(tmp_path, file_system_poll_wait_seconds=0)  # it looks once, and takes what is there
    assert factor(doors) == 1
    assert "Versions [2] of servable scale" in caplog.text


def test_a_server_that_cannot_serve_does_not_start(tmp_path, scales):
    with pytest.raises(StartError, match="Could not find base path"):
        start(tmp_path / "nowhere", "scale", poll_seconds=0)
    with pytest.raises(StartError, match="Did you forget to name your leaf directory as a number"):
        start(tmp_path, "scale", poll_seconds=0)
    folder = put(scales[1], tmp_path, 1)
    (folder / "saved_model.pb").unlink()
    with pytest.raises(StartError, match=r"Versions \[1\] of servable scale .* are still being copied"):
        start(tmp_path, "scale", poll_seconds=0)
    (folder / "saved_model.pb").write_bytes(b"no graph")
    with pytest.raises(
        StartError,
        match=r"^UNKNOWN: 1 servable\(s\) did not become available: {{{name: scale version: 1} due to error: DATA_LO",
    ):
        start(tmp_path, "scale", poll_seconds=0.1, max_num_load_retries=0)


def test_a_server_waits_for_its_first_version(tmp_path, scales, serve):
    later = threading.Timer(0.5, put, [scales[3], tmp_path, 3])
    later.start()
    assert factor(serve(tmp_path)) == 3


def test_a_taken_port_is_named(base, serve):
    doors = serve(base)
    with pytest.raises(StartError, match=r"Cannot listen on 127.0.0.1:.* for gRPC"):
        start(base, port=doors.server.grpc_port)
    with pytest.raises(StartError, match=r"Cannot listen on 127.0.0.1:.* for REST"):
        start(base, rest_api_port=doors.server.rest_port)
