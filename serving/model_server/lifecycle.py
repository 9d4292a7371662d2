"""The versions of one model from START to END: loads new ones, lends them to requests, retires old ones.

    python -m pytest tests/serving/model_server/test_lifecycle.py

The order keeps the model available: a new version is loaded and warmed before an old one goes, an old one goes only
when every version that should be served has loaded or failed for good, and a request that holds a version finishes on
it. Any number of threads may call anything here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import cast

from grpc import StatusCode
from tensorflow_serving.apis.get_model_status_pb2 import ModelVersionStatus

from serving.model_server.errors import ServingError
from serving.model_server.loading import Load, Loader
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
    folder: VersionFolder | None  # as it lay on disk when it was loaded last; None to load it again, whatever happened
    servable: Servable | None = None
    load: Load | None = None  # while it is LOADING
    in_flight: int = 0


class Model:
    """One model: a base path with version folders, and the versions of it that are in memory."""

    def __init__(self, name: str, base_path: Path, policy: Policy | None = None, loader: Loader | None = None):
        self.name = name
        self.base_path = base_path
        self._policy = policy or latest()
        self._loader = loader or Loader()
        self._lock = threading.Lock()
        self._polling = threading.Lock()  # always taken before the other
        self._served = True
        self._versions: dict[int, _Version] = {}
        self._aspired: set[int] = set()
        self._awaited = False  # a version should be served that is still being copied
        self._last_look: dict[int, VersionFolder] = {}
        self._problem = ""

    def take(self, number: int | None = None) -> tuple[int, Servable, Callable[[], None]]:
        """Lends a version, the newest available one unless a number is given.

        Returns:
            Its number, its servable, and what has to be called to give it back; until then it stays in memory.

        Raises:
            ServingError: NOT_FOUND, no such version is available.
        """
        with self._lock:
            ready = [n for n, v in self._versions.items() if v.status.state is State.AVAILABLE]
            chosen = max(ready, default=-1) if number is None else number
            if chosen not in ready:
                wanted = f"Latest({self.name})" if number is None else f"Specific({self.name}, {number})"
                raise ServingError(StatusCode.NOT_FOUND, f"Servable not found for request: {wanted}")
            version = self._versions[chosen]
            version.in_flight += 1
            # A version that is available has its servable.
            return chosen, cast(Servable, version.servable), lambda: self._give_back(version)

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

    def configure(self, base_path: Path, policy: Policy) -> None:
        """Takes another base path and policy; the next `poll` acts on them. A retired model is served again.

        A version in memory stays what it is when the other base path has one of the same number, as in the original.
        """
        with self._polling:
            if base_path != self.base_path:
                self._last_look = {}
            self.base_path, self._policy, self._served = base_path, policy, True

    def poll(self, settled: bool = False) -> None:
        """Looks at the base path once, begins to load what is new and lets go what is old. Never raises.

        Args:
            settled: takes a new version at first sight. Otherwise it must look the same at two polls in a
                row, since a folder that still grows is being copied.
        """
        with self._polling:
            if not self._served:
                return
            try:
                folders = look(self.base_path)
            except OSError as error:
                # Unreachable is not empty: what is in memory goes on serving.
                self._say(f"Could not find base path {self.base_path} for servable {self.name}: {error.strerror}.")
                return
            before = folders if settled else self._last_look
            self._last_look = folders
            steady = {n for n, folder in folders.items() if folder.whole and before.get(n) == folder}
            with self._lock:
                # A version in memory stays a candidate as long as its folder is there, whatever happens inside it.
                known = {n for n, v in self._versions.items() if v.servable is not None or v.load}
                self._aspired = self._policy(steady | known & folders.keys())
                self._awaited = not self._aspired and bool(self._policy(folders))
                for number in sorted(self._aspired, reverse=True):
                    self._want(folders[number], number in steady)
                self._retire_unwanted()
            self._check(folders)

    def retire(self) -> None:
        """Lets every version go, for good unless `configure` is called; requests that hold one finish."""
        with self._polling, self._lock:
            self._served, self._aspired, self._awaited, self._last_look = False, set(), False, {}
            for version in self._versions.values():
                version.folder = None
            self._retire_unwanted()

    @property
    def available(self) -> bool:
        """Whether a request for the newest version would find one."""
        with self._lock:
            return any(v.status.state is State.AVAILABLE for v in self._versions.values())

    @property
    def failure(self) -> VersionStatus | None:
        """The newest version that could not be loaded, if none is available or on its way."""
        with self._lock:
            if any(v.servable is not None or v.load for v in self._versions.values()):
                return None
            failed = [v.status for v in self._versions.values() if v.status.error and v.folder]
        return max(failed, key=lambda status: status.version, default=None)

    @property
    def problem(self) -> str:
        """Why the last look at the base path found nothing to serve; empty if it did."""
        return "" if self._aspired else self._problem

    def _check(self, folders: dict[int, VersionFolder]) -> None:
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
        elif unfinished := self._unfinished(folders):
            self._say(
                f"Versions {unfinished} of servable {self.name} under base path {self.base_path} are still being "
                "copied: a file is missing, or changes."
            )
        else:
            self._problem = ""

    def _unfinished(self, folders: dict[int, VersionFolder]) -> list[int]:
        """The versions that should be served and are not whole; a whole one only has to be seen twice."""
        waiting = self._policy(folders) - self._aspired
        return sorted(n for n in waiting if self._awaited or not folders[n].whole)

    def _want(self, folder: VersionFolder, steady: bool) -> None:
        """Begins to load new versions, retired ones that came back, and failed ones whose files have changed since."""
        version = self._versions.get(folder.number)
        if version and version.load and version.load.cancelled:
            version = None  # it comes to nothing, or too late
        if version and version.load:
            if steady and version.folder != folder:
                version.folder = folder
                version.load.hurry()
            return
        if version and (version.status.state is not State.END or (version.folder == folder and version.status.error)):
            return
        version = _Version(VersionStatus(folder.number, State.LOADING), folder)
        self._versions[folder.number] = version
        title = f"{{name: {self.name} version: {folder.number}}}"
        log.info("Loading servable version %s", title)
        version.load = self._loader.begin(folder, title, lambda servable, error: self._loaded(version, servable, error))

    def _loaded(self, version: _Version, servable: Servable | None, error: ServingError | None) -> None:
        number = version.status.version
        with self._lock:
            version.load = None
            if self._versions[number] is not version:
                return  # retired and wanted again meanwhile
            if number not in self._aspired:
                # Nobody wants it any more: as if it had never been tried.
                version.folder = None
                error = error or ServingError(StatusCode.CANCELLED, "Loading of servable cancelled")
            if error:
                version.status = VersionStatus(number, State.END, error)
            else:
                version.servable = servable
                version.status = VersionStatus(number, State.AVAILABLE)
                log.info("Successfully loaded servable version {name: %s version: %d}", self.name, number)
            self._retire_unwanted()

    def _retire_unwanted(self) -> None:
        for number, version in self._versions.items():
            if number not in self._aspired and version.load:
                version.load.cancel()
        wanted = [self._versions[n].status for n in self._aspired]
        missing = [status for status in wanted if status.state is not State.AVAILABLE]
        failed = [status for status in missing if status.error]
        if self._awaited or (missing and (len(missing) > len(failed) or len(failed) == len(wanted))):
            return  # the old ones serve until a new one can
        for number, version in self._versions.items():
            if number not in self._aspired and version.status.state is State.AVAILABLE:
                version.status = replace(version.status, state=State.UNLOADING)
                log.info("Unloading servable version {name: %s version: %d}", self.name, number)
                self._end_if_idle(version)

    def _give_back(self, version: _Version) -> None:
        with self._lock:
            version.in_flight -= 1
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
