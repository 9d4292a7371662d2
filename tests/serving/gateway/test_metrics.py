"""What the gateway counts, as Prometheus reads it from the port of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from serving.errors import OptionError
from serving.gateway.app import create_app
from serving.gateway.metrics import STAGES, Metrics
from serving.gateway.settings import Settings
from tests.serving.gateway.conftest import StartPredict
from tests.serving.gateway.test_batch import ZIP, pack
from tests.serving.model_server.conftest import wait_until
from tests.serving.sample_pictures import GOOD, HEIGHT, WIDTH

Samples = dict[tuple[str, tuple[str, ...]], float]


class Counted:
    """An application without a web server, and what it has counted."""

    def __init__(self, server: str, **options: Any):
        settings = Settings(server, authentication=False, **options)
        metrics = Metrics(settings.tasks)
        self.client = create_app(settings, metrics).test_client()
        self._server = metrics.serve(0)

    def post(self, path: str = "/v1/colourise", data: bytes = GOOD["grey.jpg"], **headers: str) -> int:
        return self.client.post(path, data=data, headers=headers, buffered=True).status_code

    def samples(self) -> Samples:
        text = httpx.get(f"http://127.0.0.1:{self._server.server_port}/metrics").text
        return {
            (sample.name.removeprefix("handtint_gateway_"), tuple(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def counted(model_server: dict[str, str]) -> Iterator[Counted]:
    counted = Counted(model_server["grpc"], rate="6/day")
    yield counted
    counted.close()


def test_requests_rejections_stages_and_sizes(counted: Counted) -> None:
    assert [counted.post() for _ in range(2)] == [200, 200]
    assert counted.post(data=b"x") == 415
    assert counted.post("/v1/colourise?quality=0") == 400
    zipped = pack({"a.png": GOOD["pixel.png"], "b.png": b"x"})
    assert counted.post("/v1/colourise/batch", zipped, **ZIP) == 200
    assert counted.post() == 429
    assert counted.client.get("/nowhere/grandmother").status_code == 404
    samples = counted.samples()
    one = "/v1/colourise"
    requests = {labels: n for (name, labels), n in samples.items() if name == "requests_total"}
    assert requests == {
        (one, "200"): 2,
        (one, "400"): 1,
        (one, "415"): 1,
        (one, "429"): 1,
        (f"{one}/batch", "200"): 1,
        ("-", "404"): 1,
    }
    rejections = {labels[0]: n for (name, labels), n in samples.items() if name == "rejections_total"}
    assert rejections == {"unsupported": 2, "option": 1, "rate-limited": 1, "not-found": 1}
    assert {labels[0] for name, labels in samples if name == "stage_seconds_count"} == set(STAGES)
    for stage in ("decode", "model", "paint", "encode"):
        assert samples["stage_seconds_count", (stage,)] == 3
    assert samples["picture_bytes_sum", ("in",)] == 2 * len(GOOD["grey.jpg"]) + len(GOOD["pixel.png"])
    assert samples["picture_pixels_sum", ()] == 2 * WIDTH * HEIGHT + 1
    assert samples["pictures_in_work", ()] == 0
    assert "grandmother" not in str(samples)


def test_the_split_is_counted_by_label(labelled_server: str) -> None:
    counted = Counted(labelled_server, split="gone=50,canary=50", rate=None)
    assert {counted.post() for _ in range(24)} == {200}
    assert counted.post("/v1/colourise?label=stable") == 200
    samples = counted.samples()
    counted.close()
    split = {labels[0]: n for (name, labels), n in samples.items() if name == "split_total"}
    assert set(split) == {"gone", "canary"}  # one in 2**23 that one of them is missing
    assert sum(split.values()) == 24
    assert samples["split_fallbacks_total", ("gone",)] == split["gone"]


def test_model_calls_are_counted_by_model_and_label(labelled_server: str, tmp_path: Path) -> None:
    file = tmp_path / "split"
    file.write_text("canary=100")
    counted = Counted(labelled_server, split_file=file, rate=None)
    # the series are there, at 0, before the first request
    before = counted.samples()
    for label in ("canary", "-"):
        assert before["model_requests_total", (label, "photo", "ok")] == 0
        assert before["model_seconds_count", (label, "photo")] == 0
    assert [counted.post() for _ in range(3)] == [200] * 3
    assert counted.post("/v1/colourise?label=stable") == 200  # a stranger's word
    assert counted.post("/v1/colourise?label=grandmother") == 404
    assert counted.post("/v1/colourise?saturation=0") == 200
    assert counted.post(Prefer="wait=0") == 504
    samples = counted.samples()
    calls = {(labels[0], labels[2]): n for (name, labels), n in samples.items() if name == "model_requests_total" and n}
    assert calls == {("canary", "ok"): 4, ("-", "ok"): 1}  # who had no time left did not reach the model
    assert samples["model_seconds_count", ("canary", "photo")] == 4
    assert samples["colourfulness_count", ("canary", "photo")] == 3  # that a client wanted grey says nothing
    assert samples["colourfulness_sum", ("canary", "photo")] > 3 * 20
    assert samples["split_share", ("canary",)] == 100
    assert "grandmother" not in str(samples)

    file.write_text("stable=75,canary=25")
    wait_until(lambda: counted.client.get("/readyz").status_code == 200 and shares(counted) == {75, 25})
    file.write_text("stable=100")
    wait_until(lambda: counted.client.get("/readyz").status_code == 200 and shares(counted) == {100, 0})
    counted.close()


def shares(counted: Counted) -> set[float]:
    return {value for (name, _), value in counted.samples().items() if name == "split_share"}


def test_calls_that_fail_are_counted(start_predict: StartPredict) -> None:
    def fail(request: Any, context: grpc.ServicerContext) -> np.ndarray:
        context.abort(grpc.StatusCode.INTERNAL, "out of memory")
        raise AssertionError

    counted = Counted(f"grpc://{start_predict(fail)}", split="stable=100", rate=None)
    assert counted.post() == 502
    samples = counted.samples()
    counted.close()
    assert samples["model_requests_total", ("stable", "photo", "error")] == 1
    assert samples["model_seconds_count", ("stable", "photo")] == 0


def test_a_port_that_is_taken() -> None:
    metrics = Metrics()
    server = metrics.serve(0)
    with pytest.raises(OptionError, match="Choose another --metrics-port"):
        metrics.serve(server.server_port)
    server.shutdown()
    server.server_close()
