"""No room for the files in which bodies lie: at the gateway's command, and under gunicorn."""

from __future__ import annotations

import io
import os
import re
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.faults.conftest import KEY, Gateway, ModelServer
from tests.faults.processes import comes_true, unharmed
from tests.serving.gateway.answers import problem
from tests.serving.sample_pictures import encode

NO_ROOM = "The gateway has no room for the request's files just now."
ROOM = 100_000


@contextmanager
def no_room(pid: int) -> Iterator[None]:
    """No file of this process may grow beyond `ROOM`: writing fails as it does on a disk that is full."""
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (ROOM, hard))
    yield
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def large() -> bytes:
    """A picture of more than a megabyte, that no buffer holds."""
    data = encode(Image.effect_noise((1400, 1000), 100), "PNG")
    assert len(data) > 2**20
    return data


@pytest.mark.parametrize("how", ["picture", "form"])
def test_no_room_for_bodies(gateway: Gateway, large: bytes, how: str) -> None:
    body = {"content": large} if how == "picture" else {"files": {"image": large}}
    with unharmed(gateway, gateway.serves, takes=2**28):  # 1.4 megapixels, twice
        with no_room(gateway.pid):
            answer = gateway.client.post("/v1/colourise", **body)  # type: ignore[arg-type]
            assert problem(answer, 503, "busy")["detail"] == NO_ROOM
            assert answer.headers["retry-after"] == "2"
            gateway.serves()  # what needs no file is served
            assert gateway.logged("No room for a request's body: File too large")
        assert gateway.client.post("/v1/colourise", **body).status_code == 200  # type: ignore[arg-type]


@pytest.fixture
def gunicorn(model_server: ModelServer, tmp_path: Path) -> Iterator[tuple[httpx.Client, int, Path]]:
    """A client of the gateway under gunicorn, the worker's process and the log."""
    log = tmp_path / "log"
    settings = {"SERVER": model_server.addresses[0], "API_KEYS": KEY, "RATE": "none", "BIND": "127.0.0.1:0"}
    environment = {**os.environ, **{f"HANDTINT_GATEWAY_{name}": value for name, value in settings.items()}}
    command = ["gunicorn", "-c", "python:serving.gateway.gunicorn_conf", "serving.gateway.wsgi:app"]
    with log.open("w") as errors:
        process = subprocess.Popen([sys.executable, "-m", *command], env=environment, stderr=errors)
    try:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        assert comes_true(lambda: "Booting worker" in log.read_text() and children.read_text() != "")
        address = re.search(r"Listening at: (http://127\.0\.0\.1:\d+)", log.read_text())
        assert address
        with httpx.Client(base_url=address[1], headers={"x-api-key": KEY}, timeout=120) as client:
            yield client, int(children.read_text().split()[0]), log
    finally:
        process.terminate()
        process.wait(60)


@pytest.mark.parametrize("how", ["form", "batch"])
def test_no_room_under_gunicorn(gunicorn: tuple[httpx.Client, int, Path], large: bytes, how: str) -> None:
    """A picture as it is lies in memory there; forms and zips lie in files."""
    client, worker, log = gunicorn
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("large.png", large)

    def send() -> httpx.Response:
        if how == "form":
            return client.post("/v1/colourise", files={"image": large})
        return client.post(
            "/v1/colourise/batch", content=stream.getvalue(), headers={"content-type": "application/zip"}
        )

    assert send().status_code == 200
    with no_room(worker):
        answer = send()
        assert problem(answer, 503, "busy")["detail"] == NO_ROOM
        assert answer.headers["retry-after"] == "2"
        assert comes_true(lambda: "No room for a request's files: File too large" in log.read_text())
    assert send().status_code == 200
    assert "Traceback" not in log.read_text()
