"""POST /v1/colourise over real HTTP, in front of a real model server: pixels, statuses and problems."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np
import pytest

from serving.client import Colouriser
from tests.serving.gateway.answers import pixels, problem, read_all
from tests.serving.sample_pictures import BAD, GOOD, HEIGHT, WIDTH, as_pillow_reads, png_16_bit

HINTS = json.dumps({"hints": [{"x": 0.25, "y": 0.5, "colour": "#d02020"}]})


@pytest.mark.parametrize("name", list(GOOD))
@pytest.mark.parametrize("how", ["raw", "form"])
def test_every_good_picture_is_coloured_at_its_size(
    gateway: httpx.Client, in_process: Colouriser, name: str, how: str
) -> None:
    body: dict[str, Any] = {"content": GOOD[name]} if how == "raw" else {"files": {"image": (name, GOOD[name])}}
    response = gateway.post("/v1/colourise", **body)
    expected = in_process.colourise(GOOD[name])
    coloured = pixels(response)
    np.testing.assert_array_equal(coloured[..., :3], as_pillow_reads(expected.rgb))
    if expected.alpha is not None:
        np.testing.assert_array_equal(coloured[..., 3], expected.alpha)
    assert response.headers.get("handtint-note", "") == " ".join(expected.notes)
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", list(BAD))
@pytest.mark.parametrize("how", ["raw", "form"])
def test_every_bad_picture_is_a_problem(gateway: httpx.Client, name: str, how: str) -> None:
    data, code, status = BAD[name]
    body: dict[str, Any] = {"content": data} if how == "raw" else {"files": {"image": (name, data, "image/jpeg")}}
    problem(gateway.post("/v1/colourise", **body), status, code)


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "image/png", "text/html", "nonsense"])
def test_what_the_sender_calls_it_does_not_count(gateway: httpx.Client, media_type: str) -> None:
    response = gateway.post("/v1/colourise", content=GOOD["grey.jpg"], headers={"content-type": media_type})
    assert pixels(response).shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize(
    ("accept", "format"),
    [
        ("*/*", "PNG"),
        ("image/*", "PNG"),
        ("image/jpeg", "JPEG"),
        ("image/avif,image/jpeg;q=0.9,*/*;q=0.1", "JPEG"),
        ("image/webp", "WEBP"),
        ("image/tiff,image/jpeg;q=0.5", "TIFF"),
    ],
)
def test_accept_chooses_the_format(gateway: httpx.Client, accept: str, format: str) -> None:
    response = gateway.post("/v1/colourise", content=GOOD["rgb.png"], headers={"accept": accept})
    assert pixels(response, format).shape == (HEIGHT, WIDTH, 3)
    assert response.headers["vary"] == "Accept"


def test_the_format_option_beats_accept(gateway: httpx.Client) -> None:
    response = gateway.post("/v1/colourise?format=jpeg", content=GOOD["rgb.png"], headers={"accept": "image/png"})
    pixels(response, "JPEG")


def test_quality(gateway: httpx.Client) -> None:
    sizes = [
        len(gateway.post(f"/v1/colourise?format=jpeg&quality={quality}", content=GOOD["rgb.png"]).content)
        for quality in (20, 95)
    ]
    assert sizes[0] < sizes[1]


@pytest.mark.parametrize("how", ["query", "form"])
def test_hints_and_saturation(gateway: httpx.Client, how: str) -> None:
    def colourise(**options: str) -> np.ndarray:
        files = {"image": GOOD["grey.png"]}
        if how == "query":
            return pixels(gateway.post("/v1/colourise", params=options, files=files)).astype(int)
        return pixels(gateway.post("/v1/colourise", data=options, files=files)).astype(int)

    red = colourise(hints=HINTS)[HEIGHT // 2, WIDTH // 4]
    assert red[0] - red[1:].max() > 80
    assert np.ptp(colourise(saturation="0"), axis=-1).max() <= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"saturation": "much"}, "The saturation must be a number; received 'much'."),
        ({"saturation": "4"}, "The saturation must be from 0 to 3; received 4."),
        ({"saturation": "nan"}, "The saturation must be from 0 to 3"),
        ({"format": "gif"}, "The format must be png, jpeg, webp or tiff; received 'gif'."),
        ({"quality": "0"}, "The quality must be from 1 to 100; received 0."),
        ({"quality": "9" * 5000}, "The quality must be a number"),
        ({"hints": "["}, "The hints are not JSON."),
        ({"hints": "[" * 100_000}, "The hints are not JSON."),
        ({"hints": '{"hints": [{"x": 2, "y": 0, "colour": "#000000"}]}'}, "Hint 1: A hint's x must be a number"),
        ({"task": "drawing"}, "The task must be auto, photo or sketch; received 'drawing'."),
        ({"staturation": "1"}, "There is no option 'staturation'."),
        ({"model": "secret"}, "There is no model 'secret' here."),
        ({"model": "photo", "task": "sketch"}, "The model photo is of task photo; received task sketch."),
        ({"version": "one"}, "The version must be a number; received 'one'."),
        ({"version": "-1"}, "The version must be a number of 0 or more."),
        ({"version": "9" * 20}, "The version must be a number of 0 or more."),
        ({"label": "../x"}, "A label is a word of letters, digits, dots and dashes; received '../x'."),
        ({"label": "canary", "version": "1"}, "Expected a version or a label; received version 1 and a label."),
    ],
)
def test_wrong_options_are_named(gateway: httpx.Client, options: dict[str, str], message: str) -> None:
    response = gateway.post("/v1/colourise", data=options, files={"image": GOOD["rgb.png"]})
    assert message in problem(response, 400, "option")["detail"]


def test_fields_that_nobody_filled_in_are_left_out(gateway: httpx.Client) -> None:
    empty = dict.fromkeys(("format", "hints", "label", "model", "quality", "saturation", "task", "version"), "")
    response = gateway.post("/v1/colourise", data=empty, files={"image": GOOD["rgb.png"]})
    assert (pixels(response) == pixels(gateway.post("/v1/colourise", content=GOOD["rgb.png"]))).all()
    problem(gateway.post("/v1/colourise?colour=", content=GOOD["rgb.png"]), 400, "option")


def test_an_unknown_option_is_told_which_there_are(gateway: httpx.Client) -> None:
    response = gateway.post("/v1/colourise?colour=red", content=GOOD["rgb.png"])
    fix = problem(response, 400, "option")["fix"]
    assert fix == "The options are format, hints, label, metadata, model, quality, saturation, task, version."


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"format": "png"}, "files": {"picture": b"x"}},
        {"files": [("image", GOOD["rgb.png"]), ("image", GOOD["rgb.png"])]},
        {"content": b"no boundary", "headers": {"content-type": "multipart/form-data"}},
        {"content": b"--x\r\nbroken", "headers": {"content-type": "multipart/form-data; boundary=x"}},
    ],
)
def test_a_form_needs_one_image(gateway: httpx.Client, body: dict[str, Any]) -> None:
    assert '"image"' in problem(gateway.post("/v1/colourise", **body), 400, "option")["detail"]


def test_other_paths_methods_and_formats(gateway: httpx.Client) -> None:
    problem(gateway.get("/v2"), 404, "not-found")
    assert gateway.get("/v1/colourise").headers["allow"] == "OPTIONS, POST"
    problem(gateway.get("/v1/colourise"), 405, "method-not-allowed")
    problem(
        gateway.post("/v1/colourise", content=GOOD["rgb.png"], headers={"accept": "text/html"}), 406, "not-acceptable"
    )


def test_limits_are_set_by_the_operator(
    start_gateway: Callable[..., httpx.Client], model_server: dict[str, str]
) -> None:
    gateway = start_gateway(model_server["grpc"], max_pixels=WIDTH * HEIGHT, max_bytes=20_000)
    assert pixels(gateway.post("/v1/colourise", content=GOOD["rgb.png"])).shape == (HEIGHT, WIDTH, 3)
    wide = png_16_bit(np.zeros((HEIGHT, WIDTH + 1), np.uint16))
    assert "0.0054 megapixels" in problem(gateway.post("/v1/colourise", content=wide), 413, "too-large")["detail"]
    many = GOOD["rgb.png"] + bytes(20_000)
    # a little too long is noticed on reading, much too long before
    for body in ({"content": many}, {"files": {"image": many}}, {"content": bytes(5_000_000)}):
        detail = problem(gateway.post("/v1/colourise", **body), 413, "too-large")["detail"]
        assert "more than the 0.02 MB" in detail


def raw_request(gateway: httpx.Client, request: bytes) -> bytes:
    """Sends bytes and reads until the server closes."""
    with socket.create_connection((gateway.base_url.host, gateway.base_url.port), timeout=10) as connection:
        connection.sendall(request)
        return read_all(connection)


def test_a_body_that_says_it_is_too_long_is_refused_unread(gateway: httpx.Client) -> None:
    answer = raw_request(gateway, b"POST /v1/colourise HTTP/1.1\r\nHost: x\r\nContent-Length: 99000000000\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")
    assert b"Content-Type: application/problem+json" in head
    assert json.loads(body)["type"] == "urn:handtint:problem:too-large"


@pytest.mark.parametrize(
    "request_line", [b"nonsense", b"GET / HTTP/1.1\r\nHost : x", b"GET / HTTP/1.1\r\nContent-Length: -1"]
)
def test_what_is_not_http_is_a_problem_too(gateway: httpx.Client, request_line: bytes) -> None:
    head, _, body = raw_request(gateway, request_line + b"\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
    assert json.loads(body)["type"] == "urn:handtint:problem:bad-request"


def test_health_and_readiness(gateway: httpx.Client) -> None:
    assert (gateway.get("/healthz").status_code, gateway.get("/healthz").text) == (200, "ok\n")
    assert (gateway.get("/readyz").status_code, gateway.get("/readyz").text) == (200, "ok\n")


def test_without_a_model_server(start_gateway: Callable[..., httpx.Client]) -> None:
    gateway = start_gateway("grpc://127.0.0.1:1")
    assert gateway.get("/healthz").status_code == 200
    for response in (gateway.get("/readyz"), gateway.post("/v1/colourise", content=GOOD["rgb.png"])):
        assert "127.0.0.1" not in problem(response, 503, "unavailable")["detail"]
        assert response.headers["retry-after"] == "5"


def test_a_model_server_that_says_nothing(start_gateway: Callable[..., httpx.Client]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        gateway = start_gateway(f"grpc://127.0.0.1:{silent.getsockname()[1]}", timeout=0.5)
        problem(gateway.post("/v1/colourise", content=GOOD["rgb.png"]), 504, "timeout")


def test_many_at_once(gateway: httpx.Client, in_process: Colouriser) -> None:
    expected = in_process.colourise(GOOD["rgb.png"]).rgb
    with ThreadPoolExecutor(12) as pool:
        for response in pool.map(lambda _: gateway.post("/v1/colourise", content=GOOD["rgb.png"]), range(48)):
            np.testing.assert_array_equal(pixels(response), expected)
