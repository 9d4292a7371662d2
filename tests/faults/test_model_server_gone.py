"""The gateway while its model server is killed, hangs, is full, or is not there."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.conftest import LISTEN, PICTURE, ModelServer, StartGateway
from tests.faults.models import save_photo
from tests.faults.processes import comes_true, unharmed
from tests.serving.gateway.answers import problem
from tests.serving.sample_pictures import BAD

StartModelServer = Callable[..., ModelServer]
UNAVAILABLE = "No model server is available just now."


def flags(base: Path) -> list[str]:
    return ["--model_name=photo", f"--model_base_path={base}"]


def test_killed_in_the_middle_of_a_request(
    photo: Path, start_model_server: StartModelServer, start_gateway: StartGateway
) -> None:
    server = start_model_server(*LISTEN, *flags(photo))
    gateway = start_gateway(server.addresses[0], "--timeout=60")
    with unharmed(gateway, gateway.serves), ThreadPoolExecutor(1) as pool:
        server.process.send_signal(signal.SIGSTOP)  # it takes the request, and has not answered yet
        asked = pool.submit(gateway.colourise)
        assert comes_true(lambda: gateway.works)
        time.sleep(1)
        assert not asked.done()
        server.process.kill()
        answer = asked.result()
        assert problem(answer, 503, "unavailable")["detail"] == UNAVAILABLE
        assert answer.headers["retry-after"] == "5"
        server.process.wait()
        assert comes_true(lambda: gateway.client.get("/readyz").status_code == 503)
        assert gateway.rejections("unavailable") >= 1
        assert gateway.logged("No answer from a model server at")

        port = server.addresses[0].rpartition(":")[2]
        again = start_model_server("--host=127.0.0.1", f"--port={port}", "--rest_api_port=free", *flags(photo))
        returned = time.monotonic()
        while gateway.colourise().status_code != 200:
            assert time.monotonic() - returned < 5  # what the gateway promises
            time.sleep(0.1)
        assert again.alive
        assert gateway.client.get("/readyz").status_code == 200


def test_hanging(photo: Path, start_model_server: StartModelServer, start_gateway: StartGateway) -> None:
    server = start_model_server(*LISTEN, *flags(photo))
    gateway = start_gateway(server.addresses[0], "--timeout=5")
    with unharmed(gateway, gateway.serves):
        server.process.send_signal(signal.SIGSTOP)
        answers = [gateway.colourise() for _ in range(3)]
        for answer in answers:
            assert problem(answer, 504, "timeout")["detail"] == "The model server did not answer in time."
        # after three nobody waits any more
        answer = gateway.colourise()
        assert problem(answer, 503, "unavailable")["detail"] == UNAVAILABLE
        assert answer.headers["retry-after"] == "5"
        assert gateway.logged("the circuit is open")
        assert gateway.client.get("/healthz").status_code == 200
        server.process.send_signal(signal.SIGCONT)
        assert comes_true(lambda: gateway.colourise().status_code == 200)
    assert gateway.rejections("timeout") >= 3


def test_a_full_queue(tmp_path: Path, start_model_server: StartModelServer, start_gateway: StartGateway) -> None:
    """One picture is worked on for five seconds, one waits, and for more there is no room."""
    save_photo(tmp_path / "slow" / "1", seconds=5.0)
    (tmp_path / "batching").write_text(
        "max_batch_size { value: 1 } max_enqueued_batches { value: 1 } num_batch_threads { value: 1 }"
    )
    batching = ["--enable_batching", f"--batching_parameters_file={tmp_path / 'batching'}"]
    server = start_model_server(*LISTEN, *flags(tmp_path / "slow"), *batching)
    gateway = start_gateway(server.addresses[0], "--threads=8", "--timeout=100")
    with unharmed(gateway, gateway.serves, takes=2**28), ThreadPoolExecutor(8) as pool:  # eight pictures at a time
        answers = list(pool.map(lambda _: gateway.colourise(), range(8)))
    codes = [answer.status_code for answer in answers]
    assert set(codes) == {200, 503}
    assert codes.count(200) >= 2
    for answer in answers:
        if answer.status_code == 503:
            assert problem(answer, 503, "unavailable")["detail"] == UNAVAILABLE
            assert answer.headers["retry-after"] == "5"
    assert gateway.logged("The batch scheduling queue to which this task was submitted is full")
    assert server.alive


def test_no_model_server_at_all(start_gateway: StartGateway, closed_port: int) -> None:
    gateway = start_gateway(f"grpc://127.0.0.1:{closed_port}")
    assert comes_true(lambda: gateway.colourise().status_code == 503)
    for data in (PICTURE, BAD["page.jpg"][0]):
        answer = gateway.colourise(data)
        problem(answer, 503, "unavailable")
        assert answer.headers["retry-after"] == "5"
    assert gateway.client.get("/healthz").status_code == 200
    problem(gateway.client.get("/readyz"), 503, "unavailable")


@pytest.fixture
def closed_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
