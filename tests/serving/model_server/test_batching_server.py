"""Batching as clients of a whole server see it: a full queue, and who leaves it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import grpc
import pytest

from .conftest import Doors, wait_until
from .saved_models import save_rows

# A batch of two rows; one row alone waits for ever, and no second batch may wait behind it.
BATCHING = """
    max_batch_size { value: 2 } batch_timeout_micros { value: 600000000 } max_enqueued_batches { value: 1 }
"""
TWO_ROWS = {"instances": [{"x": [2.0]}, {"x": [3.0]}]}
FULL = "The batch scheduling queue to which this task was submitted is full"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("rows")
    save_rows(base / "1")
    return base


@pytest.fixture
def doors(base: Path, tmp_path: Path, serve: Callable[..., Doors]) -> Doors:
    """A server that batches and counts."""
    (tmp_path / "batching.config").write_text(BATCHING)
    (tmp_path / "monitoring.config").write_text("prometheus_config { enable: true }")
    return serve(
        base,
        enable_batching=True,
        batching_parameters_file=tmp_path / "batching.config",
        monitoring_config_file=tmp_path / "monitoring.config",
        rest_api_timeout_in_ms=2000,
    )


def is_full(doors: Doors) -> bool:
    """Whether two rows are turned down, because one row waits and they do not fit beside it."""
    answer = doors.post(TWO_ROWS)
    if answer.status_code == 503:
        assert answer.json()["error"].startswith(FULL)
        return True
    assert answer.json() == {"predictions": [{"rows": 2, "x": [2.0]}, {"rows": 2, "x": [3.0]}]}
    return False


def enter(doors: Doors, timeout: float = 60) -> grpc.Future:
    """A request of one row that waits in the queue; it tries again while the queue is full of what `is_full` asks."""
    tries: list[grpc.Future] = []

    def waits() -> bool:
        if not tries or tries[-1].done():
            tries.append(doors.prediction.Predict.future(doors.request(x=[[1.0]]), timeout=timeout))
        return is_full(doors)

    wait_until(waits)
    return tries[-1]


def test_a_full_queue_is_unavailable_through_both_doors(doors):
    waiting = enter(doors)
    code, message = doors.refused(doors.request(x=[[2.0], [3.0]]))
    assert code is grpc.StatusCode.UNAVAILABLE
    assert message == f"{FULL}; currently 1 batches enqueued and max_enqueued_batches is 1"
    assert doors.predict(x=[[2.0]])["rows"].tolist() == [2]  # there was room for one more row
    assert waiting.result(60).outputs["x"].float_val == [1.0]


def test_a_client_that_hangs_up_leaves_the_queue(doors):
    waiting = enter(doors)
    waiting.cancel()
    wait_until(lambda: not is_full(doors))


def test_a_deadline_leaves_the_queue(doors):
    waiting = enter(doors, timeout=3)
    assert waiting.exception(60).code() is grpc.StatusCode.DEADLINE_EXCEEDED
    wait_until(lambda: not is_full(doors))


def test_the_rest_timeout_leaves_the_queue(doors):
    assert doors.post({"instances": [{"x": [1.0]}]}).status_code == 504
    wait_until(lambda: not is_full(doors))


def test_runs_and_queues_are_counted(doors):
    doors.predict(x=[[2.0], [3.0]])
    page = doors.http.get("/monitoring/prometheus/metrics").text
    prefix = ":tensorflow:serving:"
    assert f'{prefix}runtime_latency_count{{model_name="scale",API="Predict",runtime="TF2"}} 1\n' in page
    assert (
        f'{prefix}batching_session:queuing_latency_count{{thread_pool_name="model_server_batch_threads"}} 1\n' in page
    )
