"""What a real nginx keeps from the gateway: slow clients, floods, clients that pose as others."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import pytest

from serving.gateway.settings import Settings
from tests.serving.gateway.answers import pixels, problem, read_all
from tests.serving.gateway.nginx import Nginx
from tests.serving.gateway.predict_server import PredictServer, colour
from tests.serving.gateway.processes import Gunicorn
from tests.serving.sample_pictures import GOOD

PICTURE = GOOD["grey.jpg"]


class Gate:
    """A gateway with one place to work, whose model answers when the test lets it."""

    def __init__(self, folder: Path):
        self.go_on = threading.Semaphore(0)
        self.model = PredictServer(self._answer)
        self.gunicorn = Gunicorn(
            SERVER=f"grpc://{self.model.address}",
            NO_AUTHENTICATION="1",
            PROXIES="1",
            THREADS="1",
            WAITING="0",
            RATE="3/day",
        )
        self.nginx = Nginx(folder, self.gunicorn.address)

    def _answer(self, request: Any, context: grpc.ServicerContext) -> np.ndarray:
        self.go_on.acquire(timeout=60)
        return colour(0, 0)

    def close(self) -> None:
        self.nginx.stop()
        self.gunicorn.close()
        self.model.stop()


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    gate = Gate(tmp_path_factory.mktemp("gate"))
    yield gate
    gate.close()


def test_slow_uploads_hold_no_thread_of_the_gateway(gate: Gate) -> None:
    threads = Settings("grpc://a:1", authentication=False, threads=1, waiting=0).server_threads
    head = (
        f"POST /v1/colourise HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(PICTURE)}\r\nConnection: close\r\n\r\n"
    )
    slow = [gate.nginx.connect() for _ in range(2 * threads)]
    for connection in slow:
        connection.sendall(head.encode() + PICTURE[:100])
    gate.go_on.release(2)
    with gate.nginx.client() as client:
        pixels(client.post("/v1/colourise", content=PICTURE))
    slow[0].sendall(PICTURE[100:])
    assert read_all(slow[0]).startswith(b"HTTP/1.1 200 ")
    for connection in slow:
        connection.close()


def test_a_batch_is_streamed_and_one_at_a_time(gate: Gate) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("a.png", "b.png"):
            archive.writestr(name, GOOD["rgb.png"])
    batch: dict[str, Any] = {
        "url": "/v1/colourise/batch",
        "content": packed.getvalue(),
        "headers": {"content-type": "application/zip"},
    }
    gate.go_on.release()
    with (
        gate.nginx.client("127.0.0.3") as client,
        gate.nginx.client("127.0.0.3") as other,
        client.stream("POST", **batch) as response,
    ):
        pieces = response.iter_raw()
        begin = next(pieces)
        while b"001-a.png" not in begin:
            begin += next(pieces)
        # the model has not said a word about the second picture, and will not before this:
        refused = other.post(**batch)
        problem(refused, 503, "busy")
        assert refused.headers["retry-after"] == "2"
        gate.go_on.release()
        whole = begin + b"".join(pieces)
    assert zipfile.ZipFile(io.BytesIO(whole)).namelist() == ["001-a.png", "002-b.png"]


def test_nobody_evades_the_rate_by_posing_as_another(gate: Gate) -> None:
    gate.go_on.release(3)

    def ask(client: httpx.Client, posing: int) -> int:
        headers = {
            "x-forwarded-for": f"192.0.2.{posing}",
            "forwarded": f"for=192.0.2.{posing}",
            "x-real-ip": "192.0.2.1",
        }
        return client.post("/v1/colourise", content=b"<html>", headers=headers).status_code

    with gate.nginx.client("127.0.0.4") as client, gate.nginx.client("127.0.0.5") as other:
        assert [ask(client, number) for number in range(5)] == [415, 415, 415, 429, 429]
        assert ask(other, 0) == 415  # an address of its own has a count of its own


def burst(nginx: Nginx, headers: list[str], address: str = "127.0.0.1") -> list[bytes]:
    """The answers to requests that arrive together, one a connection."""
    connections = [nginx.connect(address) for _ in headers]
    for connection, header in zip(connections, headers, strict=True):
        connection.sendall(f"GET /v1/none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}\r\n".encode())
    for connection in connections:
        connection.sendall(b"\r\n")
    answers = [read_all(connection) for connection in connections]
    for connection in connections:
        connection.close()
    return answers


def test_an_address_that_floods_is_told_by_nginx(gate: Gate) -> None:
    answers = burst(gate.nginx, [f"X-Forwarded-For: 192.0.2.{number}" for number in range(120)], "127.0.0.2")
    limited = [answer for answer in answers if answer.startswith(b"HTTP/1.1 429 ")]
    # 41 are let in at once, and 20 a second
    assert 20 < len(limited) < 120
    assert any(answer.startswith(b"HTTP/1.1 404 ") for answer in answers)
    for answer in limited:
        assert b"\r\nRetry-After: 1\r\n" in answer
        assert b'"type": "urn:handtint:problem:rate-limited"' in answer


def test_a_network_of_ipv6_is_one_client(gate: Gate, tmp_path: Path) -> None:
    # as behind a load balancer that says who it speaks for
    nginx = Nginx(tmp_path, gate.gunicorn.address, "set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;")
    try:
        for network in ("2001:db8:1:2:", "2001:db8:1::"):
            answers = burst(nginx, [f"X-Real-IP: {network}{number:x}:0:0:1" for number in range(1, 101)])
            assert sum(answer.startswith(b"HTTP/1.1 429 ") for answer in answers) > 10
        apart = burst(nginx, [f"X-Real-IP: 2001:db8:2:{number:x}::1" for number in range(1, 101)])
        assert not [answer for answer in apart if answer.startswith(b"HTTP/1.1 429 ")]
    finally:
        nginx.stop()
