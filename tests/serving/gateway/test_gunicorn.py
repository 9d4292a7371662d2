"""The gateway under gunicorn: settings from the environment, several processes, their metrics, a stop that drains."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from serving.client import Colouriser
from serving.gateway.auth import make_key
from tests.serving.gateway.answers import pixels, problem, read_all
from tests.serving.sample_pictures import BAD, GOOD

PREFIX = "HANDTINT_GATEWAY_"
COMMAND = [sys.executable, "-m", "gunicorn", "-c", "python:serving.gateway.gunicorn_conf", "serving.gateway.wsgi:app"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Gunicorn:
    """Two processes of the gateway."""

    def __init__(self, server: str, keys: Path, key: str):
        self.port, self.metrics_port = free_port(), free_port()
        settings = {
            "SERVER": server,
            "KEYS_FILE": str(keys),
            "MAX_MEGAPIXELS": "1",
            "RATE": "none",
            "BIND": f"127.0.0.1:{self.port}",
            "WORKERS": "2",
            "METRICS_PORT": str(self.metrics_port),
        }
        environment = {**os.environ, **{f"{PREFIX}{name}": value for name, value in settings.items()}}
        self.process = subprocess.Popen(COMMAND, env=environment, stderr=subprocess.PIPE, text=True)
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", timeout=60, headers={"authorization": f"Bearer {key}"}
        )
        deadline = time.monotonic() + 120
        while True:
            try:
                self.client.get("/healthz")
                return
            except httpx.TransportError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    raise RuntimeError(self.process.communicate()[1]) from None
                time.sleep(0.1)

    def stop(self) -> str:
        """Ends it as a pod is ended; what it logged."""
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        log = self.process.communicate(timeout=60)[1]
        assert self.process.returncode == 0
        return log


@pytest.fixture(scope="module")
def gunicorn(model_server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gunicorn]:
    key, line = make_key()
    keys = tmp_path_factory.mktemp("keys") / "keys.txt"
    keys.write_text(line)
    gunicorn = Gunicorn(model_server["grpc"], keys, key)
    yield gunicorn
    if gunicorn.process.poll() is None:
        gunicorn.process.kill()
        gunicorn.process.communicate()


def test_pictures_and_problems(gunicorn: Gunicorn, in_process: Colouriser) -> None:
    expected = in_process.colourise(GOOD["grey.jpg"]).rgb
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: gunicorn.client.post("/v1/colourise", content=GOOD["grey.jpg"]), range(16))
    for answer in answers:
        assert (pixels(answer) == expected).all()
    for name in ("page.jpg", "truncated.png", "giant.png"):
        data, code, status = BAD[name]
        problem(gunicorn.client.post("/v1/colourise", content=data), status, code)
    # an answer to a body that nobody wants to read arrives all the same
    refused = httpx.post(f"http://127.0.0.1:{gunicorn.port}/v1/colourise", content=bytes(20_000_000), timeout=60)
    problem(refused, 401, "unauthorised")


def test_what_is_not_http_is_a_problem_too(gunicorn: Gunicorn) -> None:
    with socket.create_connection(("127.0.0.1", gunicorn.port), timeout=30) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b'"type": "urn:handtint:problem:bad-request"' in answer


def test_metrics_of_all_processes_add_up(gunicorn: Gunicorn) -> None:
    def counted() -> float:
        text = httpx.get(f"http://127.0.0.1:{gunicorn.metrics_port}/metrics").text
        found = re.search(r'requests_total\{route="/healthz",status="200"\} (\S+)', text)
        return float(found[1]) if found else 0.0

    before = counted()
    for _ in range(20):  # each over a connection of its own, so that both processes get some
        assert httpx.get(f"http://127.0.0.1:{gunicorn.port}/healthz").status_code == 200
    assert counted() - before == 20


def test_a_stop_lets_requests_finish(gunicorn: Gunicorn) -> None:
    body = GOOD["rgb.png"]
    head = f"POST /v1/colourise HTTP/1.1\r\nHost: x\r\nAuthorization: {gunicorn.client.headers['authorization']}\r\n"
    with socket.create_connection(("127.0.0.1", gunicorn.port), timeout=60) as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body[:10])
        time.sleep(1)  # until a thread reads from it
        gunicorn.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        connection.sendall(body[10:])
        assert read_all(connection).startswith(b"HTTP/1.1 200 OK\r\n")
    log = gunicorn.stop()
    lines = [line for line in log.splitlines() if line]
    assert all(line.startswith("{") for line in lines)
    assert any('"message": "POST /v1/colourise 200"' in line for line in lines)
    assert "Traceback" not in log


def test_a_missing_setting_is_named() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    done = subprocess.run(COMMAND, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert "Missing option '--server'" in done.stderr
