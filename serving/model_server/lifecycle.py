"""The versions of one model from START to END: loads new ones, lends them to requests, retires old ones.

    python -m pytest tests/serving/model_server/test_lifecycle.py

The order keeps the model available: a new version is loaded and warmed before an old one goes, an old one
goes only when every version that should be served is, and a request that holds a version finishes on it. One
thread calls `poll`; any number of threads call `lease` and `status`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import cast

from grpc import StatusCode
from tensorflow_serving.apis.get_model_status_pb2 import ModelVersionStatus

from serving.model_server.errors import ServingError, as_serving_error
from serving.model_server.servable import Servable
from serving.model_server.versions import Policy, VersionFolder, latest, look

log = logging.getLogger(__name__)


class State(Enum):
    """A version's state, by TensorFlow Serving's names and numbers."""

    START = ModelVersionStatus.START
    LOADING = ModelVersionStatus.LOADING
    AVAILABLE = ModelVersionStatus.AVAILABLE
    UNLOADING = ModelVersionStatus.UNLOADING
    END = ModelVersionStatus.END


@dataclass(frozen=True)
class VersionStatus:
    """A version's state at one moment; `error` says why it could not be loaded."""

    version: int
    state: State
    error: ServingError | None = None


@dataclass
class _Version:
    """What is known of a version; changed only under the model's lock."""

    status: VersionStatus
    folder: VersionFolder  # as it lay on disk when it was loaded last
    servable: Servable | None = None
    in_flight: int = 0


class Model:
    """One model: a base path with version folders, and the versions of it that are in memory."""

    def __init__(
        self,
        name: str,
        base_path: Path,
        policy: Policy | None = None,
        load: Callable[[Path], Servable] = Servable.load,
    ):
        self.name = name
        self.base_path = base_path
        self._policy = policy or latest()
        self._load = load
        self._lock = threading.Lock()
        self._versions: dict[int, _Version] = {}
        self._last_look: dict[int, VersionFolder] = {}
        self._problem = ""

    @contextmanager
    def lease(self, number: int | None = None) -> Iterator[tuple[int, Servable]]:
        """Lends a version, the newest available one unless a number is given.

        It stays in memory until it is given back.

        Raises:
            ServingError: NOT_FOUND, no such version is available.
        """
        with self._lock:
            ready = {n: v for n, v in self._versions.items() if v.status.state is State.AVAILABLE}
            chosen = max(ready, default=-1) if number is None else number
            if chosen not in ready:
                wanted = f"Latest({self.name})" if number is None else f"Specific({self.name}, {number})"
                raise ServingError(StatusCode.NOT_FOUND, f"Servable not found for request: {wanted}")
            version = ready[chosen]
            version.in_flight += 1
        try:
            # A version in flight keeps its servable, so there is one.
            yield chosen, cast(Servable, version.servable)
        finally:
            with self._lock:
                version.in_flight -= 1
                self._end_if_idle(version)

    def status(self, number: int | None = None) -> list[VersionStatus]:
        """The state of every version ever seen, newest first, or of one.

        Raises:
            ServingError: NOT_FOUND.
        """
        with self._lock:
            states = {n: v.status for n, v in sorted(self._versions.items(), reverse=True)}
        if number is None and not states:
            raise ServingError(StatusCode.NOT_FOUND, f"Could not find any versions of model {self.name}")
        if number is not None and number not in states:
            raise ServingError(StatusCode.NOT_FOUND, f"Could not find version {number} of model {self.name}")
        return list(states.values()) if number is None else [states[number]]

    def poll(self, settled: bool = False) -> None:
        """Looks at the base path once, and loads and unloads what has changed. Never raises.

        Args:
            settled: takes a new version at first sight. Otherwise it must look the same at two polls in a
                row, since a folder that still grows is being copied.
        """
        try:
            folders = look(self.base_path)
        except OSError as error:
            # Unreachable is not empty: what is in memory goes on serving.
            self._say(f"Could not find base path {self.base_path} for servable {self.name}: {error.strerror}.")
            return
        if not folders:
            self._say(
                f"No versions of servable {self.name} found under base path {self.base_path}. "
                "Did you forget to name your leaf directory as a number (eg. '/1/')?"
            )
        elif not self._policy(folders):
            self._say(
                f"None of the versions {sorted(folders)} of servable {self.name} under base path {self.base_path} is "
                "one that its model_version_policy asks for."
            )
        else:
            self._problem = ""
        before = folders if settled else self._last_look
        self._last_look = folders
        # A version in memory stays a candidate as long as its folder is there, whatever happens inside it.
        candidates = {n for n, f in folders.items() if self._in_memory(n) or (f.whole and before.get(n) == f)}
        aspired = self._policy(candidates)
        for number in sorted(aspired):
            if self._should_load(folders[number]):
                self._load_version(folders[number])
        self._retire_all_but(aspired)

    def retire(self) -> None:
        """Lets every version go; requests that hold one finish."""
        self._retire_all_but(set())

    @property
    def available(self) -> bool:
        """Whether a request for the newest version would find one."""
        with self._lock:
            return any(v.status.state is State.AVAILABLE for v in self._versions.values())

    @property
    def failure(self) -> VersionStatus | None:
        """The newest version that could not be loaded."""
        with self._lock:
            failed = [v.status for v in self._versions.values() if v.status.error]
        return max(failed, key=lambda status: status.version, default=None)

    @property
    def problem(self) -> str:
        """What the last look at the base path found wrong; empty if nothing."""
        return self._problem

    def _in_memory(self, number: int) -> bool:
        return number in self._versions and self._versions[number].servable is not None

    def _should_load(self, folder: VersionFolder) -> bool:
        """New ones, retired ones that came back, and failed ones whose files have changed since."""
        version = self._versions.get(folder.number)
        if version is None:
            return True
        if version.status.error:
            return version.folder != folder
        return version.status.state is State.END

    def _load_version(self, folder: VersionFolder) -> None:
        """Loads and warms one version; meanwhile the others serve."""
        version = _Version(VersionStatus(folder.number, State.LOADING), folder)
        with self._lock:
            self._versions[folder.number] = version
        log.info("Loading servable version {name: %s version: %d}", self.name, folder.number)
        try:
            servable = self._load(folder.path)
        except Exception as error:
            reason = as_serving_error(error, f"Loading {folder.path}")
            log.error("Could not load {name: %s version: %d}: %s", self.name, folder.number, reason)
            with self._lock:
                version.status = VersionStatus(folder.number, State.END, reason)
            return
        with self._lock:
            version.servable = servable
            version.status = VersionStatus(folder.number, State.AVAILABLE)
        log.info("Successfully loaded servable version {name: %s version: %d}", self.name, folder.number)

    def _retire_all_but(self, aspired: set[int]) -> None:
        with self._lock:
            if any(self._versions[n].status.state is not State.AVAILABLE for n in aspired):
                return  # the old one serves until the new one can
            for number, version in self._versions.items():
                if number not in aspired and version.status.state is State.AVAILABLE:
                    version.status = replace(version.status, state=State.UNLOADING)
                    log.info("Unloading servable version {name: %s version: %d}", self.name, number)
                    self._end_if_idle(version)

    def _end_if_idle(self, version: _Version) -> None:
        if version.status.state is State.UNLOADING and not version.in_flight:
            version.servable = None
            version.status = replace(version.status, state=State.END)

    def _say(self, problem: str) -> None:
        """Logs a problem once, not at every poll."""
        if problem != self._problem:
            log.warning("%s", problem)
        self._problem = problem
