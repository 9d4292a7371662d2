"""Loads versions in threads of their own, and tries again what did not load.

    loader = Loader(Servable.load, max_retries=5, retry_seconds=60.0)
    load = loader.begin(folder, "{name: photo version: 2}", done)

A version that waits for its next try holds up nobody: only as many load at the same time as the loader allows, and a
wait does not count.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from grpc import StatusCode

from serving.model_server.errors import ServingError, as_serving_error
from serving.model_server.servable import Servable
from serving.model_server.versions import VersionFolder

log = logging.getLogger(__name__)

Done = Callable[[Servable | None, ServingError | None], None]
"""Takes what a load came to: a servable, or the reason why there is none."""


class Loader:
    """How versions are loaded, the same for all models of a server.

    Args:
        load: makes a servable of a version folder.
        max_retries: tries after the first one.
        retry_seconds: time between two tries; negative is none.
        at_once: versions that may load at the same time.
    """

    def __init__(
        self,
        load: Callable[[Path], Servable] = Servable.load,
        max_retries: int = 5,
        retry_seconds: float = 60.0,
        at_once: int = 1,
    ):
        self.load = load
        self.max_retries = max_retries
        self.retry_seconds = max(0.0, retry_seconds)
        self.slots = threading.Semaphore(max(1, at_once))

    def begin(self, folder: VersionFolder, title: str, done: Done) -> Load:
        """Starts to load a version; `done` is called once, from another thread."""
        return Load(self, folder, title, done)


class Load:
    """One version on its way into memory; `cancelled` says that nobody wants it any more."""

    def __init__(self, loader: Loader, folder: VersionFolder, title: str, done: Done):
        self._loader = loader
        self._folder = folder
        self._title = title
        self._done = done
        self.cancelled = False
        self._wake = threading.Event()
        threading.Thread(target=self._run, name=f"load-{folder.number}", daemon=True).start()

    def cancel(self) -> None:
        """No further try. One that is under way goes on to its end, for TensorFlow cannot be interrupted."""
        self.cancelled = True
        self._wake.set()

    def hurry(self) -> None:
        """Tries again at once: the files have changed."""
        self._wake.set()

    def _run(self) -> None:
        reason: ServingError | None = None
        tries = 0
        while True:
            with self._loader.slots:
                if self.cancelled:
                    break
                if tries:
                    log.info("Retrying of Loading servable: %s retry: %d", self._title, tries)
                try:
                    servable = self._loader.load(self._folder.path)
                except Exception as error:
                    reason = as_serving_error(error, f"Loading {self._folder.path}")
                else:
                    self._done(servable, None)
                    return
            log.error("Loading servable: %s failed: %s", self._title, reason)
            tries += 1
            if tries > self._loader.max_retries and not self._wake.is_set():
                break
            self._wake.wait(self._loader.retry_seconds)
            self._wake.clear()
        self._done(None, reason or ServingError(StatusCode.CANCELLED, "Loading of servable cancelled"))
