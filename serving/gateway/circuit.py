"""Opens when the model servers take questions and answer none: who asks then is told at once, not after half a minute.

    circuit = Circuit(timeout=30)
    circuit.check()                     # raises while it is open
    with circuit.watch(patience=30):
        ...                             # asks the model

gRPC itself knows of servers that are down, see `upstream.py`; one that hangs looks well to it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from serving.errors import ServerError, ServerTimeout, ServerUnavailable

log = logging.getLogger(__name__)

IN_A_ROW = 3
PAUSE_SECONDS = 5.0  # what Retry-After tells the client


class Circuit:
    """Open after `IN_A_ROW` timeouts with no answer between; any number of threads may use one.

    While it is open one request in `PAUSE_SECONDS` is let through, and the first answer closes it.

    Args:
        timeout: seconds that a picture has. A timeout counts if the model was given half of that: a client that does
            not wait proves nothing.
    """

    def __init__(self, timeout: float):
        self._enough = timeout / 2
        self._lock = threading.Lock()
        self._timeouts = 0
        self._next_try = 0.0

    def check(self) -> None:
        """Returns for a request that may go on to the model.

        Raises:
            ServerUnavailable: at once.
        """
        with self._lock:
            if self._timeouts < IN_A_ROW:
                return
            now = time.monotonic()
            if now >= self._next_try:
                self._next_try = now + PAUSE_SECONDS
                return
        raise ServerUnavailable("The model servers take requests and do not answer.", "Look into their logs.")

    @contextmanager
    def watch(self, patience: float) -> Iterator[None]:
        """Counts how a question to the model ends, which was given so many seconds."""
        try:
            yield
        except ServerTimeout:
            if patience >= self._enough:
                self._timed_out()
            raise
        except ServerUnavailable:
            raise  # nobody was asked, which says nothing about hanging
        except ServerError:
            self._answered()
            raise
        self._answered()

    def _timed_out(self) -> None:
        with self._lock:
            self._timeouts += 1
            if self._timeouts < IN_A_ROW:
                return
            self._next_try = time.monotonic() + PAUSE_SECONDS
            opened = self._timeouts == IN_A_ROW
        if opened:
            log.warning("The model servers left %d requests in a row without an answer; the circuit is open", IN_A_ROW)

    def _answered(self) -> None:
        with self._lock:
            closed = self._timeouts >= IN_A_ROW
            self._timeouts = 0
        if closed:
            log.info("The model servers answer again; the circuit is closed")
