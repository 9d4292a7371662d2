"""Hears SIGTERM and Ctrl-C, at any moment.

    stop = StopSignals()
    while not stop.asked: ...      # work that may be given up
    stop.wait()

The first signal asks to stop, a second one ends the process at once. There is no lock here that a handler could meet:
one that sets a `threading.Event` while the main thread is inside that event's `wait` waits for itself, for ever.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import socket
from types import FrameType

# Kubernetes kills 30 s after SIGTERM unless told otherwise, without a word. An end that hangs tells where, just before.
LONGEST_END_SECONDS = 29.0


class StopSignals:
    """Listens from the start, in the main thread; `asked` says whether a signal has come."""

    def __init__(self) -> None:
        self.asked = False
        # The interpreter writes to it in whichever thread a signal arrives, also just before anybody waits.
        self._woken, self._wakes = socket.socketpair()
        self._wakes.setblocking(False)
        signal.set_wakeup_fd(self._wakes.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def wait(self) -> None:
        """Until the first signal; comes back at once if there was one."""
        while not self.asked:
            self._woken.recv(1)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            # Not the default action, which does not exist for process 1 of a container.
            os._exit(128 + number)
        self.asked = True
        faulthandler.dump_traceback_later(LONGEST_END_SECONDS, exit=True, file=2)
