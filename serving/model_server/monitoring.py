"""What the server counts, as Prometheus reads it from TensorFlow Serving: the same names, labels and buckets.

    metrics = Metrics()
    metrics.request("photo", grpc.StatusCode.OK)
    page = metrics.render()

The names have colons where TensorFlow has slashes, and counters no `_total`: that is how the original prints them, so
dashboards made for it go on working.
"""

from __future__ import annotations

from pathlib import Path

from grpc import StatusCode
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.samples import Sample

from serving.model_server.errors import StartError
from serving.model_server.text_proto import MonitoringConfig, read_text_proto

PATH = "/monitoring/prometheus/metrics"  # where TensorFlow Serving has them
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_MICROSECONDS = 1e6
_WAITS = [100 * 1.2**i for i in range(52)]  # microseconds, to a second
_LATENCIES = [10 * 1.8**i for i in range(33)]  # microseconds, to about 25 minutes


class Metrics:
    """The counters of one server. Any number of threads may use it."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            ":tensorflow:serving:request_count",
            "The total number of requests.",
            ["model_name", "status"],
            registry=self._registry,
        )
        self._latency = self._histogram("request_latency", ["model_name", "API", "entrypoint"])
        self._runtime = self._histogram("runtime_latency", ["model_name", "API", "runtime"])
        self._warm_up = self._histogram("model_warmup_latency", ["model_path", "status"])
        self._queuing = self._histogram("batching_session:queuing_latency", ["thread_pool_name"], _WAITS)

    def request(self, model: str, status: StatusCode) -> None:
        """Counts a request that has been answered, or refused."""
        self._requests.labels(model, status.name).inc()

    def latency(self, model: str, api: str, entrypoint: str, seconds: float) -> None:
        """How long a request took that got its answer.

        Args:
            model: the model's name.
            api: `Predict`, `Classify`, `Regress`, `MultiInference`, `GetModelMetadata`...
            entrypoint: `GRPC` or `REST`.
            seconds: from the request being read to the answer being ready.
        """
        self._latency.labels(model, api, entrypoint).observe(seconds * _MICROSECONDS)

    def runtime(self, model: str, api: str, runtime: str, seconds: float) -> None:
        """How long TensorFlow took for a request, with the wait in a batch's queue; `runtime` is TF1, TF2 or TFLite."""
        self._runtime.labels(model, api, runtime).observe(seconds * _MICROSECONDS)

    def warmup(self, model_path: str, status: StatusCode, seconds: float) -> None:
        """How long a version folder's warm-up took."""
        self._warm_up.labels(model_path, status.name).observe(seconds * _MICROSECONDS)

    def queuing(self, thread_pool: str, seconds: float) -> None:
        """How long a request waited for its batch to run."""
        self._queuing.labels(thread_pool).observe(seconds * _MICROSECONDS)

    def render(self) -> bytes:
        """All of it in Prometheus' text format 0.0.4 (CONTENT_TYPE), laid out as TensorFlow Serving does."""
        lines = []
        for metric in self._registry.collect():
            lines.append(f"# TYPE {metric.name} {metric.type}")
            lines += [_line(sample) for sample in metric.samples if not sample.name.endswith("_created")]
        return "".join(f"{line}\n" for line in lines).encode()

    def _histogram(self, name: str, labels: list[str], buckets: list[float] = _LATENCIES) -> Histogram:
        return Histogram(f":tensorflow:serving:{name}", name, labels, buckets=buckets, registry=self._registry)


def read_monitoring_config(file: Path) -> str | None:
    """Where a monitoring configuration wants the metrics; None if it does not enable them.

        prometheus_config { enable: true, path: "/monitoring/prometheus/metrics" }

    Raises:
        StartError: the file cannot be read or parsed, or its path does not begin with a slash.
    """
    config = read_text_proto(file, MonitoringConfig).prometheus_config
    path = config.path or PATH
    if not path.startswith("/"):
        raise StartError(f'{file}: expected a path that begins with a slash, such as "{PATH}"; received "{path}".')
    return path if config.enable else None


def _line(sample: Sample) -> str:
    labels = ",".join(f'{name}="{_shown(name, value)}"' for name, value in sample.labels.items())
    return f"{sample.name.removesuffix('_total')}{{{labels}}} {sample.value:.15g}"


def _shown(name: str, value: str) -> str:
    """A label's value: six digits of a bucket's bound, as C++ prints it, and special characters escaped."""
    if name == "le":
        return value if value == "+Inf" else f"{float(value):g}"
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
