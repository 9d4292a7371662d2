"""The models of one server: finds the one a request names, and keeps watching their base paths.

python -m pytest tests/serving/model_server/test_lifecycle.py
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from grpc import StatusCode
from tensorflow_serving.apis.model_pb2 import ModelSpec

from serving.model_server.errors import ServingError, StartError, invalid
from serving.model_server.lifecycle import Model, VersionStatus
from serving.model_server.servable import Servable

log = logging.getLogger(__name__)


class Models:
    """All models by name. Any number of threads may ask; one thread of its own watches the base paths.

    Args:
        models: the models to serve.
        poll_seconds: time between two looks at the base paths; 0 looks once, at the start.

    Raises:
        StartError: two models have one name.
    """

    def __init__(self, models: Iterable[Model], poll_seconds: float):
        self._models: dict[str, Model] = {}
        for model in models:
            if model.name in self._models:
                raise StartError(
                    f"Illegal to list model {model.name} multiple times in config list, base paths "
                    f"{self._models[model.name].base_path} and {model.base_path}. Give one of them another name."
                )
            self._models[model.name] = model
        self._poll_seconds = poll_seconds
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="version-watcher", daemon=True)

    def start(self, stopping: threading.Event | None = None) -> None:
        """Loads the models, waits until each has a version to serve, then watches on.

        Args:
            stopping: set by another thread (or a signal) to give up waiting.

        Raises:
            StartError: a version that should be served cannot be loaded, or there is none and no second look.
        """
        stopping = stopping or threading.Event()
        # Nothing is served yet that a half-copied version could replace, so the first look takes what it finds.
        self._poll(settled=True)
        while not stopping.is_set() and (waiting := [m for m in self._models.values() if not m.available]):
            for model in waiting:
                if model.failure:
                    raise StartError(
                        f"{model.name} version {model.failure.version} did not become available: {model.failure.error}"
                    )
                if not self._poll_seconds:
                    raise StartError(f"{model.name} did not become available: {model.problem}")
            stopping.wait(self._poll_seconds)
            self._poll()
        if self._poll_seconds:
            self._watcher.start()

    def stop(self) -> None:
        """Stops watching and lets every version go. Requests in flight keep theirs until they end."""
        self._stopping.set()
        if self._watcher.is_alive():
            self._watcher.join()
        for model in self._models.values():
            model.retire()

    @property
    def names(self) -> list[str]:
        """What the models are called, in the order given."""
        return list(self._models)

    @contextmanager
    def lease(self, spec: ModelSpec) -> Iterator[tuple[int, Servable]]:
        """Lends the version that a request names, as (number, servable).

        Raises:
            ServingError: NOT_FOUND, or INVALID_ARGUMENT for a spec without a name or with an unknown label.
        """
        if not spec.name:
            raise invalid("ModelSpec has no name specified.")
        if spec.HasField("version_label"):
            raise invalid(f"Unrecognized servable version label: {spec.version_label}")
        number = spec.version.value if spec.HasField("version") else None
        if spec.name not in self._models:
            wanted = f"Latest({spec.name})" if number is None else f"Specific({spec.name}, {number})"
            raise ServingError(StatusCode.NOT_FOUND, f"Servable not found for request: {wanted}")
        with self._models[spec.name].lease(number) as leased:
            yield leased

    def status(self, spec: ModelSpec) -> list[VersionStatus]:
        """The states of the versions that a request names, newest first; a label is not looked at, as in the
        original.

        Raises:
            ServingError: NOT_FOUND.
        """
        number = spec.version.value if spec.HasField("version") else None
        if spec.name not in self._models:
            wanted = "any versions" if number is None else f"version {number}"
            raise ServingError(StatusCode.NOT_FOUND, f"Could not find {wanted} of model {spec.name}")
        return self._models[spec.name].status(number)

    def _poll(self, settled: bool = False) -> None:
        for model in self._models.values():
            model.poll(settled)

    def _watch(self) -> None:
        while not self._stopping.wait(self._poll_seconds):
            try:
                self._poll()
            except Exception:
                # A watcher that died would leave the server deaf to new versions without anyone noticing.
                log.exception("Could not look for new versions")
