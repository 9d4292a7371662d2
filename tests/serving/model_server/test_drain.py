"""How long a server that ends goes on answering those who have not heard of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from serving.model_server import server

from .conftest import Doors

LONG = 300.0  # seconds; more than any test waits


@contextmanager
def asking(ask: Callable[[], object]) -> Iterator[list[object]]:
    """Asks again and again in a thread; what came of it, errors too."""
    found: list[object] = []
    done = threading.Event()

    def work() -> None:
        while not done.wait(0.05):
            try:
                found.append(ask())
            except Exception as error:
                found.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


def drains(doors: Doors) -> bool:
    """Whether the server is through with its draining in less than a minute."""
    thread = threading.Thread(target=doors.server.drain, daemon=True)
    thread.start()
    thread.join(60)
    return not thread.is_alive()


@pytest.fixture
def doors(serve, scales: dict[int, Path]) -> Doors:
    return serve(scales[1].parent, enable_grpc_healthcheck_service=True)


def test_with_nobody_there_it_waits_a_moment_and_answers_on(doors, monkeypatch):
    monkeypatch.setattr(server, "DRAIN_SECONDS", LONG)
    assert drains(doors)
    assert doors.predict(x=np.float32([1]))["y"].tolist() == [5]  # until it is told to stop
    answer = doors.post({"inputs": [1.0]})
    assert (answer.json(), answer.headers["connection"]) == ({"outputs": [5.0]}, "close")


def test_probes_do_not_hold_it_up(doors, monkeypatch):
    monkeypatch.setattr(server, "DRAIN_SECONDS", LONG)
    health = HealthStub(doors.channel)
    with asking(lambda: health.Check(HealthCheckRequest(), timeout=20).status) as statuses:
        assert drains(doors)
    assert statuses[-1] == HealthCheckResponse.NOT_SERVING


@pytest.mark.parametrize("door", ["grpc", "rest"])
def test_requests_hold_it_up_but_not_for_ever(doors, monkeypatch, door):
    monkeypatch.setattr(server, "DRAIN_SECONDS", 4.0)
    monkeypatch.setattr(server, "QUIET_SECONDS", 2.0)
    asks = {
        "grpc": lambda: doors.predict(x=np.float32([1]))["y"].tolist(),
        "rest": lambda: doors.post({"inputs": [1.0]}).json()["outputs"],
    }
    with asking(asks[door]) as answers:
        begun = time.monotonic()
        assert drains(doors)
        assert time.monotonic() - begun >= 4.0  # with nobody there it is 2
    assert answers
    assert all(answer == [5.0] for answer in answers)
