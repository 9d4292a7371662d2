"""The gateway and its model servers: several, dead ones, hung ones, deadlines, what is tried again."""

from __future__ import annotations

import collections
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from serving.client import Colouriser
from serving.doors.version import VersionNotFound, Which
from serving.errors import OptionError
from serving.gateway.channel import open_channel
from tests.serving.conftest import StartGateway
from tests.serving.gateway.answers import pixels, problem
from tests.serving.gateway.conftest import ModelServerProcess, StartPredict
from tests.serving.gateway.predict_server import colour
from tests.serving.sample_pictures import GOOD

PICTURE = GOOD["grey.jpg"]


def test_requests_go_to_every_address(start_gateway: StartGateway, start_predict: StartPredict) -> None:
    asked: collections.Counter[int] = collections.Counter()

    def counting(number: int) -> str:
        def answer(request: Any, context: grpc.ServicerContext) -> np.ndarray:
            asked[number] += 1
            return colour(0, 0)

        return start_predict(answer)

    gateway = start_gateway(f"grpc://{','.join(counting(number) for number in range(3))}")
    pixels(gateway.post("/v1/colourise", content=PICTURE))
    deadline = time.monotonic() + 30
    while len(asked) < 3 and time.monotonic() < deadline:  # until all three are connected
        pixels(gateway.post("/v1/colourise", content=PICTURE))
    asked.clear()
    for _ in range(12):
        pixels(gateway.post("/v1/colourise", content=PICTURE))
    assert asked == {0: 4, 1: 4, 2: 4}


def test_an_address_that_is_dead_fails_nobody(start_gateway: StartGateway, start_predict: StartPredict) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    alive = start_predict(lambda request, context: colour(0, 0))
    gateway = start_gateway(f"grpc://127.0.0.1:{port},{alive}")
    for _ in range(8):
        pixels(gateway.post("/v1/colourise", content=PICTURE))


def test_unavailable_is_tried_again_and_nothing_else_is(
    start_gateway: StartGateway, start_predict: StartPredict
) -> None:
    asked: list[grpc.StatusCode | None] = []
    coming: list[grpc.StatusCode] = []

    def answer(request: Any, context: grpc.ServicerContext) -> np.ndarray:
        code = coming.pop(0) if coming else None
        asked.append(code)
        if code:
            context.abort(code, "as the test wants it")
        return colour(0, 0)

    gateway = start_gateway(f"grpc://{start_predict(answer)}")
    coming[:] = [grpc.StatusCode.UNAVAILABLE]
    # a request of 1 MB, which gRPC by itself would not keep for a second attempt
    pixels(gateway.post("/v1/colourise", content=PICTURE))
    assert asked == [grpc.StatusCode.UNAVAILABLE, None]
    asked.clear()
    coming[:] = [grpc.StatusCode.INTERNAL]
    problem(gateway.post("/v1/colourise", content=PICTURE), 502, "model-server")
    assert asked == [grpc.StatusCode.INTERNAL]
    asked.clear()
    coming[:] = [grpc.StatusCode.UNAVAILABLE] * 3
    answered = gateway.post("/v1/colourise", content=PICTURE)
    problem(answered, 503, "unavailable")
    assert len(asked) == 3
    assert "as the test wants it" not in answered.text


def test_a_server_in_trouble_is_not_asked_three_times_as_often(
    start_gateway: StartGateway, start_predict: StartPredict
) -> None:
    asked = []

    def answer(request: Any, context: grpc.ServicerContext) -> np.ndarray:
        asked.append(1)
        context.abort(grpc.StatusCode.UNAVAILABLE, "overloaded")

    gateway = start_gateway(f"grpc://{start_predict(answer)}")
    for _ in range(20):
        problem(gateway.post("/v1/colourise", content=PICTURE), 503, "unavailable")
    assert len(asked) < 30  # 20, and what retryThrottling lets through at the beginning


def test_the_model_server_gets_the_time_left_and_the_request_id(
    start_gateway: StartGateway, start_predict: StartPredict
) -> None:
    seen: list[tuple[float, str]] = []

    def answer(request: Any, context: grpc.ServicerContext) -> np.ndarray:
        seen.append((context.time_remaining(), dict(context.invocation_metadata())["x-request-id"]))
        return colour(0, 0)

    gateway = start_gateway(f"grpc://{start_predict(answer)}", timeout=50)
    preferences = {"": None, "wait=20": "wait=20", "respond-async, wait=20": "wait=20", "wait=100": "wait=100"}
    for preference, applied in {**preferences, "wait=soon": None}.items():
        headers = {"x-request-id": "one", "prefer": preference}
        response = gateway.post("/v1/colourise", content=PICTURE, headers=headers)
        pixels(response)
        assert response.headers.get("preference-applied") == applied
    remaining = [seconds for seconds, _ in seen]
    # what the gateway itself took comes off, and a picture of this size takes it less than ten seconds
    assert [40 < s <= 50 for s in remaining] == [True, False, False, True, True]
    assert all(10 < s <= 20 for s in remaining[1:3])
    assert {request_id for _, request_id in seen} == {"one"}


def test_whoever_does_not_wait_as_long_is_told(start_gateway: StartGateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        gateway = start_gateway(f"grpc://127.0.0.1:{silent.getsockname()[1]}", timeout=60)
        started = time.monotonic()
        problem(gateway.post("/v1/colourise", content=PICTURE, headers={"prefer": "wait=1"}), 504, "timeout")
        assert time.monotonic() - started < 30
        problem(gateway.post("/v1/colourise", content=PICTURE, headers={"prefer": "wait=0"}), 504, "timeout")


def test_all_down_is_told_at_once_and_over_within_five_seconds(start_gateway: StartGateway, model_dir: Path) -> None:
    from serving.model_server.server import start

    server = start(model_dir, "photo", port=0)
    port = server.grpc_port
    gateway = start_gateway(f"grpc://127.0.0.1:{port}", timeout=60)
    pixels(gateway.post("/v1/colourise", content=PICTURE))
    server.stop(0)
    deadline = time.monotonic() + 30
    while gateway.post("/v1/colourise", content=PICTURE).status_code == 200 and time.monotonic() < deadline:
        pass
    time.sleep(1)  # until the channel knows
    for _ in range(5):
        started = time.monotonic()
        response = gateway.post("/v1/colourise", content=bytes(10_000_000))  # not even looked at
        assert time.monotonic() - started < 5
        assert response.headers["retry-after"] == "5"
        problem(response, 503, "unavailable")
    server = start(model_dir, "photo", port=port)
    started = time.monotonic()
    while gateway.post("/v1/colourise", content=PICTURE).status_code != 200:
        assert time.monotonic() - started < 5  # what the gateway promises
        time.sleep(0.1)
    server.stop(1)


def test_a_server_killed_in_the_middle_of_a_request(start_gateway: StartGateway, model_dir: Path) -> None:
    flags = ["--model_name=photo", f"--model_base_path={model_dir}"]
    with ModelServerProcess(*flags) as server, ThreadPoolExecutor(1) as pool:
        gateway = start_gateway(server.address, timeout=60)
        pixels(gateway.post("/v1/colourise", content=PICTURE))
        server.process.send_signal(signal.SIGSTOP)  # it holds the request, and does not answer
        asked = pool.submit(gateway.post, "/v1/colourise", content=PICTURE)
        time.sleep(1)
        assert not asked.done()
        server.process.kill()
        response = asked.result()
        problem(response, 503, "unavailable")
        assert response.headers["retry-after"] == "5"
        server.process.wait()
    with ModelServerProcess(*flags, port=server.port):
        started = time.monotonic()
        while gateway.post("/v1/colourise", content=PICTURE).status_code != 200:
            assert time.monotonic() - started < 5
            time.sleep(0.1)


def test_one_of_two_goes_and_comes_back_and_nobody_notices(start_gateway: StartGateway, model_dir: Path) -> None:
    from serving.model_server.server import start

    servers = [start(model_dir, "photo", port=0) for _ in range(2)]
    ports = [server.grpc_port for server in servers]
    gateway = start_gateway(f"grpc://127.0.0.1:{ports[0]},127.0.0.1:{ports[1]}", timeout=60)
    codes: list[int] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            codes.append(gateway.post("/v1/colourise", content=PICTURE).status_code)

    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(ask) for _ in range(2)]
        for which in (0, 1):
            time.sleep(1)
            servers[which].stop(5)
            time.sleep(1)
            servers[which] = start(model_dir, "photo", port=ports[which])
            time.sleep(3)  # until the gateway is connected again
        over.set()
        for each in asking:
            each.result()
    for server in servers:
        server.stop(1)
    assert len(codes) > 4
    assert set(codes) == {200}


@pytest.mark.parametrize(
    "addresses", ["model-server:8500,other:8500", "127.0.0.1:1,localhost:2", "127.0.0.1:1,[::1]:2"]
)
def test_several_addresses_must_be_numbers_of_one_kind(addresses: str) -> None:
    with pytest.raises(OptionError, match="must all be numbers of one kind"):
        open_channel(addresses)


def test_the_python_client_takes_several_too(start_predict: StartPredict) -> None:
    addresses = [start_predict(lambda request, context: colour(0, 0)) for _ in range(2)]
    with Colouriser(f"grpc://{','.join(addresses)}", {}, task="photo") as colouriser:
        assert colouriser.colourise(PICTURE).rgb.shape == (60, 90, 3)


@pytest.mark.parametrize("scheme", ["grpc", "http"])
def test_the_python_client_asks_for_a_version(
    model_server: dict[str, str], scheme: str, in_process: Colouriser
) -> None:
    with Colouriser(model_server[scheme], "photo", version=1) as colouriser:
        np.testing.assert_array_equal(colouriser.colourise(PICTURE).rgb, in_process.colourise(PICTURE).rgb)
    for which in ({"version": 9}, {"label": "canary"}):
        asking = Colouriser(model_server[scheme], "photo", **which)  # type: ignore[arg-type]
        with asking as colouriser, pytest.raises(VersionNotFound):
            colouriser.colourise(PICTURE)


def test_a_version_or_a_label_not_both() -> None:
    with pytest.raises(OptionError, match="Expected a version or a label"):
        Which(1, "stable")
    with pytest.raises(OptionError, match="Only a model server has versions"):
        Colouriser(None, version=1)
