"""A file that is read again when it changes: keys, shares of the traffic.

    split = WatchedFile(Path("/etc/handtint/split"), Split.parse)
    split.value

Looked at when it is asked for, once a second at most. A mounted ConfigMap, which swaps a link, is seen as well. What
cannot be read, or makes no sense, leaves the value as it was and is said once in the log.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from serving.errors import OptionError

log = logging.getLogger(__name__)

Value = TypeVar("Value")
LOOK_SECONDS = 1.0


class WatchedFile(Generic[Value]):
    """Any number of threads may use one.

    Raises:
        OptionError: at the beginning the file cannot be read, or `parse` raised it.
    """

    def __init__(self, path: Path, parse: Callable[[str], Value]):
        self._path = path
        self._parse = parse
        self._looking = threading.Lock()
        self._looked = time.monotonic()
        self._seen = self._state()
        self._value = self._read()

    @property
    def value(self) -> Value:
        """What the file says, or said when it last made sense."""
        if time.monotonic() - self._looked >= LOOK_SECONDS and self._looking.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._looked = time.monotonic()
                self._looking.release()
        return self._value

    def _look(self) -> None:
        state = self._state()
        if state == self._seen:
            return
        self._seen = state
        try:
            self._value = self._read()
            log.info("%s changed and was read again", self._path.name)
        except OptionError as error:
            log.warning("%s changed and was not taken, what it said before holds: %s", self._path.name, error)

    def _state(self) -> tuple[int, ...] | None:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_dev, found.st_size

    def _read(self) -> Value:
        try:
            text = self._path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise OptionError(f"{self._path.name} cannot be read: {reason}.", "Name a text file.") from error
        return self._parse(text)
