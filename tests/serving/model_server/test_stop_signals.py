"""A signal is heard whenever it comes and whichever thread it meets, and an end that hangs is cut."""

from __future__ import annotations

import signal
import subprocess
import sys

from tests.conftest import ROOT

# In a child for each line that `wait` runs through, the signal comes at that line; for later numbers, while it waits.
AT_EACH_LINE = """
import os, signal, sys, threading, time
from serving.model_server.stop_signals import StopSignals

def wait_with_a_signal_at(line):
    seen = 0
    def count(frame, event, argument):
        nonlocal seen
        seen += 1
        if seen == line:
            signal.raise_signal(signal.SIGTERM)
        return count
    stop = StopSignals()
    threading.Timer(1.0, lambda: seen < line and os.kill(os.getpid(), signal.SIGTERM)).start()
    sys.settrace(count)
    stop.wait()
    os._exit(0)

children = {}
for line in range(1, 31):
    child = os.fork()
    if not child:
        wait_with_a_signal_at(line)
    children[child] = line
deadline = time.monotonic() + 20
while children and time.monotonic() < deadline:
    for child in list(children):
        if os.waitpid(child, os.WNOHANG)[0]:
            del children[child]
    time.sleep(0.05)
for child in children:
    os.kill(child, signal.SIGKILL)
print(sorted(children.values()))
"""

# The system may give a process's signal to any of its threads; here it is one that sleeps.
TO_ANOTHER_THREAD = """
import signal, threading, time
from serving.model_server.stop_signals import StopSignals

stop = StopSignals()
other = threading.Thread(target=time.sleep, args=[60], daemon=True)
other.start()
threading.Timer(0.5, lambda: signal.pthread_kill(other.ident, signal.SIGTERM)).start()
stop.wait()
print("heard")
"""

TWICE = """
import signal
from serving.model_server.stop_signals import StopSignals

stop = StopSignals()
signal.raise_signal(signal.SIGTERM)
stop.wait()
print(stop.asked, flush=True)
signal.raise_signal(signal.SIGINT)
"""

HANGS = """
import signal, time
from serving.model_server import stop_signals

stop_signals.LONGEST_END_SECONDS = 0.5
stop = stop_signals.StopSignals()
signal.raise_signal(signal.SIGTERM)
stop.wait()

def let_go_of_everything():
    time.sleep(60)

let_go_of_everything()
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=50)


def test_a_signal_is_heard_at_each_moment_of_the_wait() -> None:
    done = run(AT_EACH_LINE)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_signal_is_heard_that_meets_another_thread() -> None:
    done = run(TO_ANOTHER_THREAD)
    assert (done.stdout, done.returncode) == ("heard\n", 0), done.stderr


def test_a_second_signal_ends_the_process_at_once() -> None:
    done = run(TWICE)
    assert (done.stdout, done.returncode) == ("True\n", 128 + signal.SIGINT), done.stderr


def test_an_end_that_hangs_tells_where_and_is_cut() -> None:
    done = run(HANGS)
    assert done.returncode == 1
    assert "in let_go_of_everything" in done.stderr
