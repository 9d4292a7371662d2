"""Reads the model config file again and again, and has the models follow it.

    watcher = ConfigWatcher(models, Path("models.config"), seconds=30)
    watcher.stop()

A file that is half written or does not parse changes nothing; it is logged and read again at the next look. The file
has the last word: what a reload request changed lasts until the next look.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from serving.model_server.errors import ServingError
from serving.model_server.model_config import read_model_config
from serving.model_server.models import Models

log = logging.getLogger(__name__)


class ConfigWatcher:
    """Looks at a file every so many seconds, in a thread of its own, until `stop`."""

    def __init__(self, models: Models, file: Path, seconds: float):
        self._models = models
        self._file = file
        self._seconds = seconds
        self._stopping = threading.Event()
        self._problem = ""
        self._thread = threading.Thread(target=self._watch, name="config-watcher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Looks no more."""
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(self._seconds):
            try:
                self._look()
            except Exception:
                log.exception("Could not follow the model config file")  # one bad look must not be the last one

    def _look(self) -> None:
        problem = ""
        try:
            config = read_model_config(self._file)
        except ServingError as error:
            problem = f"Failed to read ModelServerConfig file: {error.message}"
        else:
            try:
                self._models.apply(config)
            except ServingError as error:
                problem = f"PollFilesystemAndReloadConfig failed to ReloadConfig: {error.message}"
        if problem and problem != self._problem:  # once, not at every look
            log.error("%s", problem)
        self._problem = problem
