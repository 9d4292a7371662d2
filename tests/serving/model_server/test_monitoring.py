"""The metrics are TensorFlow Serving's by name, label and bucket, and Prometheus can read them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from grpc import StatusCode
from prometheus_client.parser import text_string_to_metric_families

from serving.model_server.current_call import Limit, calling
from serving.model_server.errors import StartError
from serving.model_server.monitoring import Metrics, read_monitoring_config
from serving.model_server.servable import LoadOptions, Servable


def families(metrics: Metrics):
    """Name -> family, as Prometheus' own parser reads the page."""
    return {family.name: family for family in text_string_to_metric_families(metrics.render().decode())}


def value(metrics: Metrics, name: str, **labels: str) -> float:
    """One sample by its full name and all its labels."""
    samples = [sample for family in families(metrics).values() for sample in family.samples]
    found = [sample.value for sample in samples if sample.name == name and sample.labels == labels]
    assert len(found) == 1
    return found[0]


def test_requests_are_counted_by_model_and_status():
    metrics = Metrics()
    for status in (StatusCode.OK, StatusCode.OK, StatusCode.NOT_FOUND):
        metrics.request("photo", status)
    assert metrics.render().decode().splitlines()[:3] == [
        "# TYPE :tensorflow:serving:request_count counter",
        ':tensorflow:serving:request_count{model_name="photo",status="OK"} 2',
        ':tensorflow:serving:request_count{model_name="photo",status="NOT_FOUND"} 1',
    ]
    assert families(metrics)[":tensorflow:serving:request_count"].type == "counter"


def test_a_latency_falls_into_the_originals_buckets():
    metrics = Metrics()
    metrics.latency("photo", "Predict", "GRPC", 0.000_015)
    lines = [line for line in metrics.render().decode().splitlines() if "request_latency" in line]
    labels = 'model_name="photo",API="Predict",entrypoint="GRPC"'
    name = ":tensorflow:serving:request_latency"
    assert lines[:4] == [
        f"# TYPE {name} histogram",
        f'{name}_bucket{{{labels},le="10"}} 0',
        f'{name}_bucket{{{labels},le="18"}} 1',
        f'{name}_bucket{{{labels},le="32.4"}} 1',
    ]
    assert lines[-3:] == [
        f'{name}_bucket{{{labels},le="+Inf"}} 1',
        f"{name}_count{{{labels}}} 1",
        f"{name}_sum{{{labels}}} 15",
    ]
    bounds = [s.labels["le"] for s in families(metrics)[name].samples if s.name.endswith("_bucket")]
    assert len(bounds) == 34
    # The page has six digits of a bound, as C++ prints it.
    assert [float(bound) for bound in bounds] == pytest.approx([10 * 1.8**i for i in range(33)] + [math.inf], rel=1e-5)


def test_every_metric_has_the_originals_name_and_labels():
    metrics = Metrics()
    metrics.runtime("photo", "Predict", "TF2", 1.0)
    metrics.warmup("/models/photo/1", StatusCode.INVALID_ARGUMENT, 2.0)
    metrics.queuing("batch_threads", 0.000_1)
    prefix = ":tensorflow:serving:"
    assert value(metrics, f"{prefix}runtime_latency_sum", model_name="photo", API="Predict", runtime="TF2") == 1e6
    labels = {"model_path": "/models/photo/1", "status": "INVALID_ARGUMENT"}
    assert value(metrics, f"{prefix}model_warmup_latency_sum", **labels) == 2e6
    queue = f"{prefix}batching_session:queuing_latency"
    assert value(metrics, f"{queue}_bucket", thread_pool_name="batch_threads", le="100") == 1
    assert len([s for s in families(metrics)[queue].samples if s.name.endswith("_bucket")]) == 53
    assert set(families(metrics)) == {
        f"{prefix}{name}"
        for name in (
            "request_count",
            "request_latency",
            "runtime_latency",
            "model_warmup_latency",
            "batching_session:queuing_latency",
        )
    }


def test_a_strange_name_stays_on_its_line():
    metrics = Metrics()
    metrics.request('a"b\\c\nd', StatusCode.OK)
    # This parser gives every counter the name that newer ones have.
    assert value(metrics, ":tensorflow:serving:request_count_total", model_name='a"b\\c\nd', status="OK") == 1


def test_two_servers_count_for_themselves():
    first, second = Metrics(), Metrics()
    first.request("photo", StatusCode.OK)
    assert b"photo" not in second.render()


def test_a_run_counts_for_the_call_that_asked_for_it(scales):
    metrics = Metrics()
    servable = Servable.load(scales[2], LoadOptions(metrics=metrics))
    inputs = {"x": np.ones(1, np.float32)}
    servable.signature("").predict(inputs)  # nobody asked: a warm-up, say
    with calling("photo", "Predict", Limit(60)):
        servable.signature("").predict(inputs)
    name = ":tensorflow:serving:runtime_latency_count"
    assert value(metrics, name, model_name="photo", API="Predict", runtime="TF2") == 1


def config(tmp_path: Path, text: str) -> str | None:
    (tmp_path / "monitoring.config").write_text(text)
    return read_monitoring_config(tmp_path / "monitoring.config")


def test_a_file_says_where_the_metrics_are(tmp_path):
    assert config(tmp_path, 'prometheus_config { enable: true, path: "/metrics" }') == "/metrics"
    assert config(tmp_path, "prometheus_config { enable: true }") == "/monitoring/prometheus/metrics"
    assert config(tmp_path, 'prometheus_config { path: "/metrics" }') is None
    assert config(tmp_path, "") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('prometheus_config { enable: true, path: "metrics" }', "begins with a slash"),
        ("prometheus { enable: true }", "Error parsing text-format tensorflow.serving.MonitoringConfig"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path, text, message):
    with pytest.raises(StartError, match=message):
        config(tmp_path, text)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "picture").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(StartError, match="is not text"):
        read_monitoring_config(tmp_path / "picture")
    with pytest.raises(StartError, match="Cannot read"):
        read_monitoring_config(tmp_path)
