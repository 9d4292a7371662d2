"""What the gateway counts, for Prometheus.

    metrics = Metrics()
    with metrics.stage("decode"):
        ...
    metrics.serve(port=9100)

Under several worker processes set PROMETHEUS_MULTIPROC_DIR to an empty folder: then they add up, see gunicorn_conf.py.
No metric holds what a stranger typed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

from serving.errors import OptionError

STAGES = ("wait", "read", "decode", "model", "paint", "encode")
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_BYTES = (1e4, 1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8)
# a tenth apart where most models answer: a canary's latency is compared by its mean, dashboards want the quantiles
_MODEL_SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0)
_COLOURFULNESS = (1.0, 3.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 70.0, 100.0)
UNLABELLED = "-"
_PIXELS = (1e5, 3e5, 1e6, 3e6, 6e6, 1.2e7, 2.4e7, 5e7, 1e8)


class Metrics:
    """One for an application; any number of threads may use it.

    Args:
        models: names of the models that requests may go to, whose counters then stand at 0 from the beginning: a
            series that begins at 1 has no increase.
    """

    def __init__(self, models: Iterable[str] = ()) -> None:
        self._models = tuple(models)
        self._held: dict[str, float] = {}
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "handtint_gateway_requests", "Requests, by route and status.", ["route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "handtint_gateway_request_seconds", "Of a whole request.", ["route"], buckets=_SECONDS, registry=registry
        )
        self._stages = Histogram(
            "handtint_gateway_stage_seconds", "Of a stage of a picture.", ["stage"], buckets=_SECONDS, registry=registry
        )
        self._bytes = Histogram(
            "handtint_gateway_picture_bytes", "Compressed, in and out.", ["way"], buckets=_BYTES, registry=registry
        )
        self._pixels = Histogram(
            "handtint_gateway_picture_pixels", "Width times height.", buckets=_PIXELS, registry=registry
        )
        self._rejections = Counter(
            "handtint_gateway_rejections",
            "Requests, and pictures of batches, that got a problem, by its code.",
            ["reason"],
            registry=registry,
        )
        self._split = Counter(
            "handtint_gateway_split", "Model calls sent to a label by the split.", ["label"], registry=registry
        )
        self._refused = Counter(
            "handtint_gateway_split_fallbacks",
            "Model calls whose label the model server refused, so that they went to the newest version.",
            ["label"],
            registry=registry,
        )
        self._share = Gauge(
            "handtint_gateway_split_share",
            "Per cent of the model calls that the split, as it is held now, sends to a label.",
            ["label"],
            multiprocess_mode="livemostrecent",
            registry=registry,
        )
        self._answers = Counter(
            "handtint_gateway_model_requests",
            "Model calls, by label of the split, and whether they were answered: ok or error.",
            ["model", "label", "outcome"],
            registry=registry,
        )
        self._model_seconds = Histogram(
            "handtint_gateway_model_seconds",
            "Of a model call that was answered.",
            ["model", "label"],
            buckets=_MODEL_SECONDS,
            registry=registry,
        )
        self._colourfulness = Histogram(
            "handtint_gateway_colourfulness",
            "Of coloured pictures whose saturation is the model's own (Hasler and Suesstrunk 2003).",
            ["model", "label"],
            buckets=_COLOURFULNESS,
            registry=registry,
        )
        self._working = Gauge(
            "handtint_gateway_pictures_in_work",
            "Pictures being worked on.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        for stage in STAGES:
            self._stages.labels(stage)
        self._begin(UNLABELLED)

    def request(self, route: str, status: int, seconds: float) -> None:
        """Counts a request that was answered."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def reject(self, reason: str) -> None:
        """Counts a problem by its code."""
        self._rejections.labels(reason).inc()

    def picture(self, bytes_in: int, pixels: int, bytes_out: int) -> None:
        """Counts the sizes of a picture that was coloured."""
        self._bytes.labels("in").observe(bytes_in)
        self._bytes.labels("out").observe(bytes_out)
        self._pixels.observe(pixels)

    def picked_label(self, label: str) -> None:
        """Counts where the split sent a call."""
        self._split.labels(label).inc()

    def refused_label(self, label: str) -> None:
        """Counts a label of the split that the model server does not know."""
        self._refused.labels(label).inc()

    def hold(self, shares: Iterable[tuple[str, float]]) -> None:
        """Says which split is held now, in per cent by label; a label that left holds 0."""
        held = dict(shares)
        for label in held.keys() - self._held.keys():
            self._begin(label)
        self._held = {**dict.fromkeys(self._held, 0.0), **held}
        for label, share in self._held.items():
            self._share.labels(label).set(share)

    def answered(self, model: str, label: str | None, seconds: float) -> None:
        """Counts a model call that was answered; `label` None is one that the split did not choose."""
        self._answers.labels(model, label or UNLABELLED, "ok").inc()
        self._model_seconds.labels(model, label or UNLABELLED).observe(seconds)

    def failed(self, model: str, label: str | None) -> None:
        """Counts a model call that was not answered."""
        self._answers.labels(model, label or UNLABELLED, "error").inc()

    def colourful(self, model: str, label: str | None, colourfulness: float) -> None:
        """Counts a coloured picture by how colourful it is."""
        self._colourfulness.labels(model, label or UNLABELLED).observe(colourfulness)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measures a stage of a picture that went well."""
        started = time.perf_counter()
        yield
        self._stages.labels(name).observe(time.perf_counter() - started)

    @contextmanager
    def in_work(self) -> Iterator[None]:
        """Counts a picture while it is worked on."""
        with self._working.track_inprogress():
            yield

    def _begin(self, label: str) -> None:
        for model in self._models:
            for outcome in ("ok", "error"):
                self._answers.labels(model, label, outcome)
            self._model_seconds.labels(model, label)
            self._colourfulness.labels(model, label)

    def serve(self, port: int, host: str = "127.0.0.1") -> Any:
        """Answers GET /metrics on a port of its own, 0 for a free one, until `shutdown()` of what it returns."""
        return serve_registry(self._registry, port, host)


def serve_all_workers(port: int, host: str) -> Any:
    """`Metrics.serve` for the sum of all worker processes, from the process that started them."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return serve_registry(registry, port, host)


def serve_registry(registry: CollectorRegistry, port: int, host: str) -> Any:
    """Prometheus's own server in a thread.

    Raises:
        OptionError: the port is taken.
    """
    try:
        return start_http_server(port, host, registry)[0]
    except OSError as error:
        raise OptionError(
            f"Cannot listen at {host}:{port} for metrics: {os.strerror(error.errno or 0)}.",
            "Choose another --metrics-port.",
        ) from error
