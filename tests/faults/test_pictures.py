"""Hostile pictures, hints and keys at the gateway."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import re
import socket
import zipfile
from urllib.parse import quote

import httpx
import pytest

from tests.faults.conftest import PICTURE, Gateway
from tests.faults.processes import unharmed
from tests.serving.gateway.answers import problem
from tests.serving.sample_pictures import BAD, GOOD, png

HTML = b"<!DOCTYPE html><html><body>404 Not Found</body></html>"
DEPTH = 100_000


def test_a_small_png_of_20000_by_20000(gateway: Gateway) -> None:
    data = png(20_000, 20_000, 8, 0, bytes(20_000 * 2_300))  # whoever decodes it needs 400 MB, and more for its colours
    assert 40_000 < len(data) < 50_000
    before = gateway.rejections("too-large")
    with unharmed(gateway, gateway.serves):
        body = problem(gateway.colourise(data), 413, "too-large")
        assert "20000 x 20000 pixels (400.0 megapixels); expected at most 100 megapixels" in body["detail"]
    assert gateway.rejections("too-large") == before + 1


def test_html_that_is_called_a_jpeg(gateway: Gateway) -> None:
    with unharmed(gateway, gateway.serves):
        named = {"image": ("old.jpg", HTML, "image/jpeg")}
        problem(gateway.client.post("/v1/colourise", files=named), 415, "unsupported")
        problem(
            gateway.client.post("/v1/colourise", content=HTML, headers={"content-type": "image/jpeg"}),
            415,
            "unsupported",
        )


@pytest.mark.parametrize("name", ["truncated.jpg", "truncated.png", "no_width.png", "header_only.jpg"])
def test_a_broken_picture(gateway: Gateway, name: str) -> None:
    with unharmed(gateway, gateway.serves):
        problem(gateway.colourise(BAD[name][0]), 400, "broken")


def hints(count: int) -> str:
    return json.dumps({"hints": [{"x": 0.5, "y": 0.5, "colour": "#b03a2e"}] * count})


def test_ten_thousand_hints(gateway: Gateway) -> None:
    with unharmed(gateway, gateway.serves):
        for count in (2_000, 10_000):  # the latter are more bytes than a form's fields may have
            answer = gateway.client.post("/v1/colourise", files={"image": PICTURE}, data={"hints": hints(count)})
            body = problem(answer, 400, "option")
            assert "at most 1000" in body["detail"] + body["fix"]


def test_ten_thousand_hints_in_the_address(gateway: Gateway) -> None:
    address = f"/v1/colourise?hints={quote(hints(10_000))}"
    with unharmed(gateway, gateway.serves), socket.create_connection(("127.0.0.1", gateway.port), timeout=60) as sender:
        with contextlib.suppress(OSError):  # it is answered before it has all arrived
            sender.sendall(f"POST {address} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
        assert sender.recv(1000).startswith(b"HTTP/1.0 431 Request Header Fields Too Large\r\n")


def test_deep_json_as_hints(gateway: Gateway) -> None:
    with unharmed(gateway, gateway.serves):
        for deep in ("[" * DEPTH, '{"hints": ' + "[" * 50_000 + "]" * 50_000 + "}", '{"hints": ' * 5_000 + "}" * 5_000):
            answer = gateway.client.post("/v1/colourise", files={"image": PICTURE}, data={"hints": deep})
            assert problem(answer, 400, "option")["detail"] == "The hints are not JSON."


def test_hints_that_are_not_numbers(gateway: Gateway) -> None:
    with unharmed(gateway, gateway.serves):
        for value in ("NaN", "Infinity", "-Infinity", "1e999"):
            problem(
                gateway.colourise(hints=f'{{"hints": [{{"x": {value}, "y": 0, "colour": "#b03a2e"}}]}}'), 400, "option"
            )
        for value in ("nan", "inf", "-inf"):
            problem(gateway.colourise(saturation=value), 400, "option")


def test_a_gzip_bomb(gateway: Gateway) -> None:
    """Nothing unpacks it: a picture is taken as it is sent, whatever the header says."""
    bomb = gzip.compress(bytes(500 * 2**20), 9)
    with unharmed(gateway, gateway.serves):
        answer = gateway.client.post("/v1/colourise", content=bomb, headers={"content-encoding": "gzip"})
        problem(answer, 415, "unsupported")


def test_a_zip_bomb(gateway: Gateway) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.png", bytes(500 * 2**20))
        archive.writestr("old.jpg", PICTURE)
    # the one entry is read as far as a picture may go, 50 MB, which Python collects in pieces and joins
    with unharmed(gateway, gateway.serves, takes=200 * 2**20):
        answer = gateway.client.post("/v1/colourise/batch", content=stream.getvalue())
        with zipfile.ZipFile(io.BytesIO(answer.content)) as coloured:
            assert coloured.namelist() == ["001-bomb.problem.json", "002-old.png"]
            assert json.loads(coloured.read("001-bomb.problem.json"))["type"] == "urn:handtint:problem:too-large"


@pytest.mark.parametrize("name", ["", "\0old.jpg", "/", "..", "\x1b[2J.jpg"])
def test_a_zip_with_a_name_that_is_none(gateway: Gateway, name: str) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), PICTURE)
        archive.writestr("old.jpg", PICTURE)
    with unharmed(gateway, gateway.serves):
        answer = gateway.client.post("/v1/colourise/batch", content=stream.getvalue())
        with zipfile.ZipFile(io.BytesIO(answer.content)) as coloured:
            # a folder is no picture
            assert coloured.namelist()[-1] == ("001-old.png" if name == "/" else "002-old.png")
            assert all(re.fullmatch(r"00\d(-[\w.]+)?\.png", each) for each in coloured.namelist())


@pytest.mark.parametrize("key", ["", "a-key-of-the-right-length-only", "x" * 100_000, "schlüssel"])
def test_a_wrong_key(gateway: Gateway, key: str) -> None:
    before = gateway.rejections("unauthorised")
    with unharmed(gateway, gateway.serves):
        headers = {"x-api-key": key.encode("latin-1")}
        # 10 MB, which nobody wants to read
        answer = httpx.post(f"{gateway.addresses[0]}/v1/colourise", content=bytes(10**7), headers=headers, timeout=60)
        problem(answer, 401, "unauthorised")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert gateway.rejections("unauthorised") == before + 1
    assert not key or key[:20] not in gateway.log.read_text()


def test_every_format_still_works(gateway: Gateway) -> None:
    for data in GOOD.values():
        assert gateway.colourise(data).status_code == 200
