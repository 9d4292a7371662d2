"""The models of one server: finds the one a request names, keeps watching their base paths, and takes new configs.

models = Models(Loader(Servable.load), poll_seconds=1.0)
models.start(config)
with models.lease(ModelSpec(name="photo", version_label="stable")) as (number, servable): ...
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from grpc import StatusCode
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

from serving.model_server.errors import ServingError, StartError, invalid
from serving.model_server.lifecycle import Model, State, VersionStatus
from serving.model_server.loading import Loader
from serving.model_server.model_config import Entry, entries
from serving.model_server.servable import Servable

log = logging.getLogger(__name__)

_TICK = 0.02  # seconds between two looks at whether a model has become available


@dataclass(frozen=True)
class _Table:
    """What is served at one moment. It never changes; a new config makes a new one, so that nobody sees half of it."""

    config: ModelServerConfig = field(default_factory=ModelServerConfig)
    entries: Mapping[str, Entry] = field(default_factory=dict)
    models: Mapping[str, Model] = field(default_factory=dict)


class Models:
    """All models by name. Any number of threads may ask; one thread of its own watches the base paths.

    Args:
        loader: how versions are loaded.
        poll_seconds: time between two looks at the base paths; 0 looks once, when a config comes.
        early_labels: new labels may name versions that are not available.
    """

    def __init__(self, loader: Loader, poll_seconds: float, early_labels: bool = False):
        self._loader = loader
        self._poll_seconds = poll_seconds
        self._early_labels = early_labels
        self._table = _Table()
        self._known: dict[str, Model] = {}  # those of earlier configs too, since their status may be asked
        self._changing = threading.Lock()
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="version-watcher", daemon=True)

    def start(self, config: ModelServerConfig, wanted: Callable[[], bool] = lambda: True) -> None:
        """Loads the models of the first config, waits until each has a version to serve, then watches on.

        Args:
            config: which models.
            wanted: waiting ends where it says no.

        Raises:
            StartError: the config makes no sense, a version that should be served cannot be loaded, there is none and
                no second look, or it is not wanted any more.
        """
        try:
            new = self._change(config)
            if self._poll_seconds:
                self._watcher.start()
            self._await(new, "servable", wanted)
        except ServingError as error:
            self.stop()
            raise StartError(str(error)) from error

    def reload(self, config: ModelServerConfig, wanted: Callable[[], bool] = lambda: True) -> None:
        """Replaces the whole config, and waits until each model that is new has a version to serve.

        Models that the config leaves out unload. Waiting ends early where `wanted` says no: nobody waits any more.

        Raises:
            ServingError: INVALID_ARGUMENT or FAILED_PRECONDITION, the config is refused and nothing has changed;
                UNKNOWN, a new model did not load; CANCELLED, the server stops or nobody waits any more. After the last
                two the new config holds.
        """
        self._await(self._change(config), "model", wanted)

    def apply(self, config: ModelServerConfig) -> None:
        """As `reload`, without waiting; a config that is served already is nothing new.

        Raises:
            ServingError: the config is refused and nothing has changed.
        """
        if config != self._table.config:
            self._change(config)

    def settle(self) -> None:
        """Takes no changes any more: nobody looks for new versions, and a reload that waits gives up."""
        self._stopping.set()
        if self._watcher.is_alive():
            self._watcher.join()

    def stop(self) -> None:
        """Lets every version go. Requests in flight keep theirs until they end."""
        self.settle()
        with self._changing:
            for model in self._table.models.values():
                model.retire()

    @property
    def names(self) -> list[str]:
        """What the models are called, in the config's order."""
        return list(self._table.models)

    @contextmanager
    def lease(self, spec: ModelSpec) -> Iterator[tuple[int, Servable]]:
        """Lends the version that a request names by number or label, or the newest, as (number, servable).

        Raises:
            ServingError: NOT_FOUND, or INVALID_ARGUMENT for a spec without a name or with an unknown label.
        """
        if not spec.name:
            raise invalid("ModelSpec has no name specified.")
        number, servable, give_back = self._take(spec)
        try:
            yield number, servable
        finally:
            give_back()

    def status(self, spec: ModelSpec) -> list[VersionStatus]:
        """The states of the versions that a request names, newest first; a label is not looked at, as in the
        original.

        Raises:
            ServingError: NOT_FOUND.
        """
        number = spec.version.value if spec.HasField("version") else None
        if spec.name not in self._known:
            wanted = "any versions" if number is None else f"version {number}"
            raise ServingError(StatusCode.NOT_FOUND, f"Could not find {wanted} of model {spec.name}")
        return self._known[spec.name].status(number)

    def _take(self, spec: ModelSpec) -> tuple[int, Servable, Callable[[], None]]:
        while True:
            table = self._table
            number = spec.version.value if spec.HasField("version") else None
            if spec.HasField("version_label"):
                entry = table.entries.get(spec.name)
                if entry is None or spec.version_label not in entry.labels:
                    raise invalid(f"Unrecognized servable version label: {spec.version_label}")
                number = entry.labels[spec.version_label]
            try:
                if spec.name not in table.models:
                    wanted = f"Latest({spec.name})" if number is None else f"Specific({spec.name}, {number})"
                    raise ServingError(StatusCode.NOT_FOUND, f"Servable not found for request: {wanted}")
                return table.models[spec.name].take(number)
            except ServingError:
                if table is self._table:
                    raise
                # The config changed between the label and the version, which may be gone by now: ask again.

    def _change(self, config: ModelServerConfig) -> list[Model]:
        """Makes another config hold; which of its models are new. They are not loaded yet."""
        with self._changing:
            before = self._table
            if self._stopping.is_set():
                raise ServingError(StatusCode.CANCELLED, "The server is stopping.")
            kind = config.WhichOneof("config")
            if kind is None:
                log.info("Taking no action for empty config.")
                return []
            if kind != "model_config_list":
                raise ServingError(
                    StatusCode.FAILED_PRECONDITION,
                    "Cannot transition to requested config. It is only legal to transition from one ModelConfigList to "
                    "another. Name the models in model_config_list.",
                )
            found = entries(config, before.config)
            for entry in found.values():
                self._check_labels(entry)
            models = {
                name: self._known.get(name) or Model(name, entry.base_path, entry.policy, self._loader)
                for name, entry in found.items()
            }
            self._known = {**self._known, **models}
            kept = ModelServerConfig()
            kept.CopyFrom(config)  # the caller's may change
            # First the labels, then the versions, so that no label names one that has just gone.
            self._table = _Table(kept, found, models)
            for name, model in models.items():
                log.info("(Re-)adding model: %s", name)
                model.configure(found[name].base_path, found[name].policy)
                # Of a new model nothing is served yet that a half-copied version could replace.
                model.poll(settled=name not in before.models or not self._poll_seconds)
            for name in before.models.keys() - models.keys():
                before.models[name].retire()
            return [model for name, model in models.items() if name not in before.models]

    def _check_labels(self, entry: Entry) -> None:
        table = self._table
        ready: set[int] = set()
        if entry.name in table.models:
            with suppress(ServingError):  # nothing was ever loaded
                states = table.models[entry.name].status()
                ready = {status.version for status in states if status.state is State.AVAILABLE}
        labels = table.entries[entry.name].labels if entry.name in table.entries else {}
        for label, version in sorted(entry.labels.items()):
            moved = labels.get(label, version) != version
            if version not in ready and (moved or not self._early_labels):
                raise ServingError(
                    StatusCode.FAILED_PRECONDITION,
                    f"Request to assign label to version {version} of model {entry.name}, which is not currently "
                    "available for inference",
                )

    def _await(self, models: Iterable[Model], kind: str, wanted: Callable[[], bool]) -> None:
        waiting = list(models)
        while waiting := [model for model in waiting if not model.available]:
            reasons = list(filter(None, map(self._hopeless, waiting)))
            if reasons:
                listed = "".join(f"{{{reason}}}, " for reason in reasons)
                message = f"{len(reasons)} {kind}(s) did not become available: {{{listed}}}"
                raise ServingError(StatusCode.UNKNOWN, message)
            if self._stopping.is_set() or not wanted():
                names = ", ".join(model.name for model in waiting)
                raise ServingError(StatusCode.CANCELLED, f"Nobody waits any more for {names} to become available.")
            self._stopping.wait(_TICK)

    def _hopeless(self, model: Model) -> str:
        """Why a model that is not available will not become so; empty while it may."""
        if self._table.models.get(model.name) is not model:
            return f"{{name: {model.name}}} due to error: ABORTED: a later config leaves the model out"
        if failure := model.failure:
            return f"{{name: {model.name} version: {failure.version}}} due to error: {failure.error}"
        if not self._poll_seconds and model.problem:
            return f"{{name: {model.name}}} due to error: NOT_FOUND: {model.problem}"
        return ""

    def _watch(self) -> None:
        while not self._stopping.wait(self._poll_seconds):
            for model in self._table.models.values():
                try:
                    model.poll()
                except Exception:
                    # A watcher that died would leave the server deaf to new versions without anyone noticing.
                    log.exception("Could not look for new versions of %s", model.name)
