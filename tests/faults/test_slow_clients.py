"""Clients that are slow, and clients that go: at the gateway, and at the model server's REST door."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from PIL import Image

from tests.faults.conftest import KEY, PICTURE, Gateway, ModelServer
from tests.faults.processes import comes_true, unharmed
from tests.serving.sample_pictures import encode

MANY = 200  # many times as many as there are threads
HEAD = f"POST /v1/colourise HTTP/1.1\r\nHost: x\r\nX-API-Key: {KEY}\r\n"
LONG = HEAD + "Content-Length: 1000000\r\n\r\n"


@contextmanager
def connections(port: int, begun: bytes) -> Iterator[list[socket.socket]]:
    """So many clients that have sent the beginning of a request."""
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60)) for _ in range(MANY)]
        for client in clients:
            client.sendall(begun)
        yield clients


@pytest.mark.parametrize(
    ("begun", "more"), [(HEAD.encode(), b"X"), (LONG.encode() + bytes(5000), bytes(1))], ids=["headers", "body"]
)
def test_slow_senders_hold_nobody_up(gateway: Gateway, begun: bytes, more: bytes) -> None:
    with unharmed(gateway, gateway.serves), connections(gateway.port, begun) as clients:
        for _ in range(3):
            for client in clients:
                client.sendall(more)
            gateway.serves()


def test_slow_senders_at_the_model_server(model_server: ModelServer) -> None:
    url = model_server.doors.http.base_url

    def serves() -> None:
        # over a connection of its own, as a new client comes
        answer = httpx.post(url.join("/v1/models/zoo:predict"), json={"instances": [1.0]}, timeout=60)
        assert answer.json() == {"predictions": [2.5]}

    head = b"POST /v1/models/zoo:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n"
    for begun, more in ((head, b"X"), (head + b"\r\n{", b" ")):
        with unharmed(model_server, serves), connections(url.port or 0, begun) as clients:
            for _ in range(3):
                for client in clients:
                    client.sendall(more)
                serves()


def test_who_reads_slowly_holds_nobody_up(gateway: Gateway) -> None:
    """Each asks for a picture of 1 MB, and takes none of it."""
    grainy = encode(Image.effect_noise((800, 600), 100), "PNG")
    head = f"{HEAD}Content-Length: {len(grainy)}\r\n\r\n".encode()
    # two pictures are painted at a time; of each answer the first megabyte is in memory, the rest in a file
    with unharmed(gateway, gateway.serves, takes=2 * 100 * 2**20 + 30 * 2**20), ExitStack() as stack:
        for _ in range(30):
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(60)
            client.connect(("127.0.0.1", gateway.port))
            client.sendall(head + grainy)
            assert client.recv(12) == b"HTTP/1.1 200"
        gateway.serves()


@pytest.mark.parametrize("kind", ["picture", "form"])
def test_a_client_that_goes_in_the_middle_of_its_upload(gateway: Gateway, kind: str) -> None:
    is_form = "Content-Type: multipart/form-data; boundary=b\r\n"
    part = '--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
    begun = {"picture": LONG, "form": LONG.replace("X-API-Key", f"{is_form}X-API-Key") + part}[kind].encode()
    with unharmed(gateway, gateway.serves):
        idle = gateway.open_files
        with connections(gateway.port, begun + bytes(600_000)) as clients:
            for client in clients:  # with a reset, as a phone that loses its network
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert comes_true(lambda: gateway.open_files <= idle)  # none is held, and none of their bodies
        assert not gateway.works


def test_a_client_that_goes_while_its_picture_is_coloured(gateway: Gateway) -> None:
    head = f"{HEAD}Content-Length: {len(PICTURE)}\r\n\r\n".encode()
    with unharmed(gateway, gateway.serves):
        with connections(gateway.port, head + PICTURE):
            pass
        assert comes_true(lambda: not gateway.works)


def test_a_client_that_goes_leaves_the_model_server(model_server: ModelServer) -> None:
    head = b"POST /v1/models/zoo:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    # bodies lie in memory there: these up to 600 kB
    with unharmed(model_server, model_server.scale, takes=MANY * 2**20):
        idle = model_server.open_files
        with connections(model_server.doors.http.base_url.port or 0, head + bytes(600_000)):
            pass
        assert comes_true(lambda: model_server.open_files <= idle)
