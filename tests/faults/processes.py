"""Our commands as processes, and what a fault must not do to them.

with Process("serving.gateway.main", "--server=grpc://127.0.0.1:8500", "--port=0", log=folder / "log") as gateway:
    with unharmed(gateway, lambda: ask(gateway.addresses[0])):
        break_something()
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# What a fault may take for a while: a few buffers, pieces of the heap that Python and malloc keep. Each of the faults
# would take hundreds of megabytes, or without bound, where nothing stood against it.
LEEWAY = 64 * 2**20


class Process:
    """A command as long as the context; `addresses` are those that it names in its first `lines` lines.

    Args:
        module: run with `python -m`.
        flags: of the command.
        log: where its standard error goes.
        environment: variables beside this process's own.
    """

    def __init__(self, module: str, *flags: str, log: Path, lines: int = 1, environment: dict[str, str] | None = None):
        self.log = log
        command = [sys.executable, "-m", module, *flags]
        with log.open("a") as errors:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ, **(environment or {})}
            )
        said = "".join(self.process.stdout.readline() for _ in range(lines)) if self.process.stdout else ""
        self.addresses: list[str] = re.findall(r"\w+://[^\s/]+", said)
        if not self.addresses:
            self.__exit__()
            raise RuntimeError(f"{module} did not start: {log.read_text()[-2000:]}")

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    @property
    def open_files(self) -> int:
        """Files, connections and pipes."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def logged(self, text: str) -> bool:
        """Whether a line of its log has this text, now or in a moment: the line may come after the answer."""
        return comes_true(lambda: text in self.log.read_text())

    def memory(self, name: str) -> int:
        """Bytes: VmRSS is what it holds, VmHWM the most that it held since `forget_peak`."""
        found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        assert found, f"there is no {name}"
        return int(found[1]) * 1024

    def forget_peak(self) -> None:
        """VmHWM starts again at VmRSS."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


@contextmanager
def unharmed(process: Process, serves: Callable[[], object], takes: int = LEEWAY) -> Iterator[None]:
    """The process lives through the block, serves before and after it, and takes at most so many bytes meanwhile."""
    serves()  # what a first request needs for good is none of the fault's doing
    process.forget_peak()
    before = process.memory("VmRSS")
    yield
    assert process.alive, process.log.read_text()[-2000:]
    peak = process.memory("VmHWM")
    serves()
    assert peak - before < takes, f"{(peak - before) / 1e6:.0f} MB more than the {before / 1e6:.0f} MB before"
    assert "Traceback" not in process.log.read_text()


def comes_true(holds: Callable[[], bool], seconds: float = 60) -> bool:
    """Waits for it; the time is only so that a test that fails comes to its end."""
    deadline = time.monotonic() + seconds
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return held
