"""The gateway under gunicorn: settings from the environment, one worker, its metrics, a stop that drains."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from serving.client import Colouriser
from serving.gateway.auth import make_key
from tests.serving.gateway.answers import pixels, problem, read_all
from tests.serving.gateway.processes import COMMAND, PREFIX, Gunicorn, free_port
from tests.serving.sample_pictures import BAD, GOOD

METRICS_PORT = free_port()


@pytest.fixture(scope="module")
def gunicorn(model_server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gunicorn]:
    key, line = make_key()
    keys = tmp_path_factory.mktemp("keys") / "keys.txt"
    keys.write_text(line)
    gunicorn = Gunicorn(SERVER=model_server["grpc"], KEYS_FILE=str(keys), METRICS_PORT=str(METRICS_PORT))
    gunicorn.client.headers["authorization"] = f"Bearer {key}"
    yield gunicorn
    gunicorn.close()


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


def test_metrics_are_answered_by_the_parent_process(gunicorn: Gunicorn) -> None:
    def counted() -> float:
        text = httpx.get(f"http://127.0.0.1:{METRICS_PORT}/metrics").text
        found = re.search(r'requests_total\{route="/healthz",status="200"\} (\S+)', text)
        return float(found[1]) if found else 0.0

    before = counted()
    for _ in range(20):
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


@pytest.mark.parametrize("flag", ["--workers=2", "-w4"])
def test_more_workers_than_one_are_refused(model_server: dict[str, str], flag: str) -> None:
    environment = {**os.environ, f"{PREFIX}SERVER": model_server["grpc"], f"{PREFIX}NO_AUTHENTICATION": "1"}
    done = subprocess.run([*COMMAND, flag], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert f"Expected one worker, which holds the gateway's limits; received {flag[-1]}." in done.stderr
    assert "Traceback" not in done.stderr


def test_the_platform_cannot_multiply_the_limits(model_server: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "3")  # gunicorn's own variable
    gunicorn = Gunicorn(SERVER=model_server["grpc"], NO_AUTHENTICATION="1", RATE="10/day")
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: httpx.post(f"http://{gunicorn.address}/v1/colourise", timeout=60), range(30)))
    log = gunicorn.stop()
    assert sorted(answer.status_code for answer in answers) == [400] * 10 + [429] * 20
    assert len(re.findall("Booting worker", log)) == 1
    assert '"message": "At most ' in log
