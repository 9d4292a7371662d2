"""Model servers that take requests and do not answer."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any

import grpc
import numpy as np
import pytest

from serving.errors import ServerError, ServerTimeout, ServerUnavailable
from serving.gateway.circuit import Circuit
from tests.serving.conftest import StartGateway
from tests.serving.gateway.answers import pixels, problem
from tests.serving.gateway.conftest import StartPredict
from tests.serving.gateway.predict_server import colour
from tests.serving.sample_pictures import GOOD

PICTURE = GOOD["grey.jpg"]


class Hanging:
    """A model that answers, or takes a request and keeps it."""

    def __init__(self) -> None:
        self.hangs = threading.Event()
        self.asked = 0

    def __call__(self, request: Any, context: grpc.ServicerContext) -> np.ndarray:
        self.asked += 1
        while self.hangs.is_set() and context.is_active():
            time.sleep(0.01)
        return colour(0, 0)


def test_one_of_two_that_hangs_is_left_out_and_asked_again(
    start_gateway: StartGateway, start_predict: StartPredict
) -> None:
    model = Hanging()
    well = start_predict(lambda request, context: colour(0, 0))
    gateway = start_gateway(f"grpc://{start_predict(model)},{well}", timeout=1)

    def until(asked: bool) -> None:
        """Asks until eight requests in a row went well, of which the one server got some, or none."""
        deadline = time.monotonic() + 90
        while True:
            model.asked = 0
            codes = {gateway.post("/v1/colourise", content=PICTURE).status_code for _ in range(8)}
            if codes == {200} and bool(model.asked) is asked:
                return
            assert codes <= {200, 504}
            assert time.monotonic() < deadline

    until(asked=True)
    model.hangs.set()
    until(asked=False)
    model.hangs.clear()
    until(asked=True)


def test_when_all_hang_it_is_told_at_once_and_tried_again(
    start_gateway: StartGateway, start_predict: StartPredict
) -> None:
    model = Hanging()
    gateway = start_gateway(f"grpc://{start_predict(model)}", timeout=3)
    pixels(gateway.post("/v1/colourise", content=PICTURE))
    model.hangs.set()
    for _ in range(3):
        problem(gateway.post("/v1/colourise", content=PICTURE), 504, "timeout")
    response = gateway.post("/v1/colourise", content=bytes(10_000_000))  # not even looked at
    problem(response, 503, "unavailable")
    assert response.headers["retry-after"] == "5"
    for expected in (504, 200):  # one request is let through now and then
        if expected == 200:
            problem(gateway.post("/v1/colourise", content=PICTURE), 503, "unavailable")
            model.hangs.clear()
        deadline = time.monotonic() + 60
        while (code := gateway.post("/v1/colourise", content=PICTURE).status_code) != expected:
            assert code == 503
            assert time.monotonic() < deadline
            time.sleep(0.1)
    pixels(gateway.post("/v1/colourise", content=PICTURE))


def test_clients_without_patience_do_not_close_the_gateway(
    start_gateway: StartGateway, start_predict: StartPredict
) -> None:
    model = Hanging()
    model.hangs.set()
    gateway = start_gateway(f"grpc://{start_predict(model)}", timeout=30)
    for _ in range(5):
        problem(gateway.post("/v1/colourise", content=PICTURE, headers={"prefer": "wait=1"}), 504, "timeout")
    model.hangs.clear()
    pixels(gateway.post("/v1/colourise", content=PICTURE))


def test_the_circuit_counts_timeouts_in_a_row() -> None:
    circuit = Circuit(timeout=30)

    def end(error: Exception | None) -> None:
        with contextlib.suppress(ServerError), circuit.watch(30):
            if error:
                raise error

    slow, down = ServerTimeout("", ""), ServerUnavailable("", "")
    for answer in (None, ServerError("refused", "")):
        for error in (slow, slow, answer) * 3:
            end(error)
            circuit.check()
    for error in (slow, down, slow, down):
        end(error)
        circuit.check()
    end(slow)
    with pytest.raises(ServerUnavailable, match="do not answer"):
        circuit.check()
    end(None)
    circuit.check()
