"""The event loop that threads share: how it ends, and what of it a forked process has."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from serving.doors.loop_thread import LoopThread
from tests.serving.http_stub import HttpStub
from tests.serving.sample_pictures import GOOD

FORKING = """
import multiprocessing, sys
from serving.client import Colouriser

with Colouriser(sys.argv[1]) as colouriser:
    def width(_): return colouriser.colourise(sys.argv[2], timeout=30).width
    before = width(0)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        inside = pool.map_async(width, range(4)).get(60)
    print(before, inside, width(0))
"""


class Last:
    """What is to be done last, and whether it was."""

    def __init__(self) -> None:
        self.done = threading.Event()

    async def __call__(self) -> None:
        self.done.set()


def test_stopping_cancels_what_waits() -> None:
    last = Last()
    ended: list[bool] = []

    async def wait() -> None:
        try:
            await asyncio.sleep(600)
        finally:
            ended.append(last.done.is_set())

    loop = LoopThread("a loop", last)
    waiting, early = loop.start(wait()), loop.start(asyncio.sleep(0, "done"))
    assert early.result(60) == "done"
    assert loop.alive
    loop.stop()
    with pytest.raises(CancelledError):
        waiting.result(0)
    assert ended == [False]  # before the last thing
    assert last.done.is_set()
    assert not loop.alive
    loop.stop()


def test_one_that_is_forgotten_ends() -> None:
    last = Last()
    loop = LoopThread("a forgotten loop", last)
    loop.start(asyncio.sleep(0)).result(60)
    del loop
    gc.collect()
    assert last.done.wait(60)


def test_connections_can_be_used_in_a_process_that_was_forked(tmp_path: Path) -> None:
    """As `multiprocessing` does on Linux: the thread is not there, and the connections are the other process's."""
    picture = tmp_path / "picture.png"
    picture.write_bytes(GOOD["rgb.png"])
    with HttpStub([(200, {}, GOOD["rgb.png"])]) as stub:
        said = subprocess.run(
            [sys.executable, "-c", FORKING, f"gateway+{stub.url}", picture], capture_output=True, text=True, timeout=120
        )
    assert said.stdout == "90 [90, 90, 90, 90] 90\n", said.stderr
    assert len(stub.requests) == 6
