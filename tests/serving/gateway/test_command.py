"""The `handtint-gateway` command as a process: its first line, its end, the operator's mistakes."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.serving.gateway.answers import read_all
from tests.serving.sample_pictures import GOOD, HEIGHT, WIDTH


@pytest.fixture
def gateway_process(model_server: dict[str, str]) -> Any:
    """The command itself, and the address that it prints."""
    flags = ["--server", model_server["grpc"], "--port", "0", "--no-authentication"]
    command = [sys.executable, "-m", "serving.gateway.main", *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with process:
        line = process.stdout.readline()
        address = re.fullmatch(r"Gateway on (http://127\.0\.0\.1:\d+)\n", line)
        assert address
        yield process, httpx.URL(address[1])
        process.kill()


def test_sigterm_lets_requests_in_flight_finish(gateway_process: tuple[subprocess.Popen[str], httpx.URL]) -> None:
    process, address = gateway_process
    body = GOOD["rgb.png"]
    headers = f"Host: x\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\nConnection: close"
    with socket.create_connection((address.host, address.port), timeout=30) as connection:
        connection.sendall(f"POST /v1/colourise HTTP/1.1\r\n{headers}\r\n\r\n".encode())
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        process.send_signal(signal.SIGTERM)
        while True:  # until nobody new is let in
            try:
                httpx.get(address.join("/healthz"))
            except httpx.TransportError:
                break
        connection.sendall(body)
        head, _, answer = read_all(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    with Image.open(BytesIO(answer)) as image:
        assert image.size == (WIDTH, HEIGHT)
    assert process.wait(30) == 0
    lines = [json.loads(line) for line in process.stderr.read().splitlines()]
    assert "POST /v1/colourise 200" in [line["message"] for line in lines]


def test_a_line_of_the_log_is_json(gateway_process: tuple[subprocess.Popen[str], httpx.URL]) -> None:
    process, address = gateway_process
    headers = {"x-request-id": "one-1", "x-api-key": "of-no-use-here", "referer": "http://grandmother"}
    files = {"image": ("grandmother.jpg", b"x")}
    httpx.post(address.join("/v1/colourise?saturation=1"), files=files, headers=headers)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    log = process.stderr.read()
    (line,) = [each for each in map(json.loads, log.splitlines()) if each.get("request_id") == "one-1"]
    assert (line["message"], line["level"], line["problem"]) == ("POST /v1/colourise 415", "INFO", "unsupported")
    assert line["bytes_in"] > 1
    assert line["milliseconds"] >= 0
    for secret in ("of-no-use-here", "grandmother", "127.0.0.1"):
        assert secret not in json.dumps(line)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ([], 2, "handtint-gateway: Missing option '--server'."),
        (["--server=photo"], 1, "handtint-gateway: A server's address must look like grpc://HOST:PORT"),
        (["--server=grpc://a:1", "--web=/none"], 2, "handtint-gateway: Invalid value for '--web'"),
        (["--server=grpc://a:1"], 1, "handtint-gateway: Nobody could come in: there are no API keys."),
        (
            ["--server=grpc://a:1", "--no-authentication", "--host=203.0.113.1"],
            1,
            "handtint-gateway: Cannot listen at 203.0.113.1:8080",
        ),
    ],
)
def test_mistakes_of_the_operator_are_one_line(arguments: list[str], status: int, message: str) -> None:
    command = [sys.executable, "-m", "serving.gateway.main", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert result.returncode == status
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1
