"""The gateway over real HTTP, in front of a real model server: pixels, statuses and problems."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from serving.client import Colouriser
from serving.pictures import Picture, encode_picture
from tests.conftest import draw_outlines
from tests.serving.sample_pictures import BAD, GOOD, HEIGHT, WIDTH, png_16_bit

HINTS = json.dumps({"hints": [{"x": 0.25, "y": 0.5, "colour": "#d02020"}]})


def pixels(response: httpx.Response, format: str = "PNG") -> np.ndarray:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == f"image/{format.lower()}"
    assert response.headers["x-content-type-options"] == "nosniff"
    with Image.open(BytesIO(response.content)) as image:
        assert image.format == format
        return np.asarray(image)


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-content-type-options"] == "nosniff"
    body = response.json()
    assert sorted(body) == ["detail", "fix", "status", "title", "type"]
    assert (body["status"], body["type"]) == (status, f"urn:handtint:problem:{code}")
    assert all(body[name] for name in ("title", "detail", "fix"))
    assert "Traceback" not in response.text
    return body


@pytest.mark.parametrize("name", list(GOOD))
@pytest.mark.parametrize("how", ["raw", "form"])
def test_every_good_picture_is_coloured_at_its_size(
    gateway: httpx.Client, in_process: Colouriser, name: str, how: str
) -> None:
    body: dict[str, Any] = {"content": GOOD[name]} if how == "raw" else {"files": {"image": (name, GOOD[name])}}
    response = gateway.post("/v1/colourise", **body)
    expected = in_process.colourise(GOOD[name])
    coloured = pixels(response)
    np.testing.assert_array_equal(coloured[..., :3], expected.rgb)
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
    [("*/*", "PNG"), ("image/*", "PNG"), ("image/jpeg", "JPEG"), ("image/webp,image/jpeg;q=0.9,*/*;q=0.1", "JPEG")],
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
        ({"format": "gif"}, "The format must be png or jpeg; received 'gif'."),
        ({"quality": "0"}, "The quality must be from 1 to 100; received 0."),
        ({"quality": "9" * 5000}, "The quality must be a number"),
        ({"hints": "["}, "The hints are not JSON."),
        ({"hints": "[" * 100_000}, "The hints are not JSON."),
        ({"hints": '{"hints": [{"x": 2, "y": 0, "colour": "#000000"}]}'}, "Hint 1: A hint's x must be a number"),
        ({"task": "drawing"}, "The task must be auto, photo or sketch; received 'drawing'."),
        ({"task": ""}, "The task must be auto, photo or sketch; received ''."),
        ({"staturation": "1"}, "There is no option 'staturation'."),
    ],
)
def test_wrong_options_are_named(gateway: httpx.Client, options: dict[str, str], message: str) -> None:
    response = gateway.post("/v1/colourise", data=options, files={"image": GOOD["rgb.png"]})
    assert message in problem(response, 400, "option")["detail"]


def test_an_unknown_option_is_told_which_there_are(gateway: httpx.Client) -> None:
    response = gateway.post("/v1/colourise?colour=red", content=GOOD["rgb.png"])
    fix = problem(response, 400, "option")["fix"]
    assert fix == "The options are format, hints, quality, saturation, task."


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


def read_all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


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
    # the picture's own mistakes are still told
    problem(gateway.post("/v1/colourise", content=b""), 400, "empty")


def test_a_model_server_without_the_model(
    start_gateway: Callable[..., httpx.Client], model_server: dict[str, str]
) -> None:
    gateway = start_gateway(model_server["grpc"], model="sketch")
    problem(gateway.get("/readyz"), 502, "model-not-found")
    problem(gateway.post("/v1/colourise", content=GOOD["rgb.png"]), 502, "model-not-found")


DRAWING = encode_picture(Picture(np.asarray(draw_outlines(WIDTH, HEIGHT, seed=0))))
PHOTOGRAPH = GOOD["grey.png"]


@pytest.fixture(scope="module")
def sketch_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base path of a small sketch model: orange at the left, violet at the right."""
    import tensorflow as tf

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 256, 256, 1], tf.float32, name="tone"),
            tf.TensorSpec([None, 256, 256, 4], tf.float32, name="hints"),
        ]
    )
    def flats(tone: tf.Tensor, hints: tf.Tensor) -> dict[str, tf.Tensor]:
        across = tf.broadcast_to(tf.linspace(0.2, 0.9, 256)[None, None, :, None], tf.shape(tone))
        ink = tf.concat([tf.ones_like(tone), tf.zeros_like(tone)], -1)
        return {"maps": tf.concat([1.1 - across, 0.4 + 0.0 * hints[..., :1], across, ink], -1)}

    module = tf.Module()
    module.flats = flats
    base = tmp_path_factory.mktemp("sketch")
    tf.saved_model.save(module, str(base / "1"), signatures={"flats": flats})
    return base


@pytest.fixture(scope="module")
def two_models(model_dir: Path, sketch_base: Path) -> Iterator[tuple[str, Path]]:
    """The address of a model server that has a sketch model too, and that model's base path there."""
    from serving.model_server.lifecycle import Model
    from serving.model_server.server import start

    server = start([Model("photo", model_dir), Model("sketch", sketch_base)], poll_seconds=0.05)
    yield f"grpc://127.0.0.1:{server.grpc_port}", sketch_base
    server.stop(1)


@pytest.fixture(scope="module")
def expected(in_process: Colouriser, sketch_base: Path) -> dict[tuple[str, bytes], np.ndarray]:
    """What each task makes of the photograph and of the drawing."""
    painters = {"photo": in_process, "sketch": Colouriser(None, model_dir=sketch_base, task="sketch")}
    return {
        (task, data): painter.colourise(data).rgb
        for task, painter in painters.items()
        for data in (PHOTOGRAPH, DRAWING)
    }


@pytest.mark.parametrize(
    ("options", "data", "task"),
    [
        ({}, PHOTOGRAPH, "photo"),
        ({}, DRAWING, "sketch"),
        ({"task": "auto"}, DRAWING, "sketch"),
        ({"task": "photo"}, DRAWING, "photo"),
        ({"task": "sketch"}, PHOTOGRAPH, "sketch"),
        ({"task": "sketch"}, DRAWING, "sketch"),
    ],
)
@pytest.mark.parametrize("how", ["query", "form"])
def test_each_task_has_its_model(
    start_gateway: Callable[..., httpx.Client],
    two_models: tuple[str, Path],
    expected: dict[tuple[str, bytes], np.ndarray],
    options: dict[str, str],
    data: bytes,
    task: str,
    how: str,
) -> None:
    gateway = start_gateway(two_models[0])
    body: dict[str, Any] = {"content": data, "params": options}
    if how == "form":
        body = {"files": {"image": data}, "data": options}
    response = gateway.post("/v1/colourise", **body)
    np.testing.assert_array_equal(pixels(response), expected[task, data])
    assert response.headers["handtint-task"] == task


def test_without_a_sketch_model(gateway: httpx.Client, expected: dict[tuple[str, bytes], np.ndarray]) -> None:
    body = problem(gateway.post("/v1/colourise?task=sketch", content=DRAWING), 501, "model-not-found")
    assert body["detail"] == "The task that was asked for has no model here."
    assert body["fix"] == "Leave the task out, or ask for task=photo."
    for query in ("", "?task=auto", "?task=photo"):
        coloured = pixels(gateway.post(f"/v1/colourise{query}", content=DRAWING))
        np.testing.assert_array_equal(coloured, expected["photo", DRAWING])
    assert gateway.get("/readyz").status_code == 200


@pytest.fixture
def serve() -> Iterator[Callable[..., int]]:
    """Starts model servers that end with the test; each ends the one before."""
    from serving.model_server.lifecycle import Model
    from serving.model_server.server import ModelServer, start

    running: list[ModelServer] = []

    def begin(base_paths: dict[str, Path], port: int = 0) -> int:
        while running:
            running.pop().stop(1)
        running.append(start([Model(name, base) for name, base in base_paths.items()], port=port))
        return running[0].grpc_port

    yield begin
    for server in running:
        server.stop(1)


def test_models_may_have_other_names(
    start_gateway: Callable[..., httpx.Client],
    serve: Callable[..., int],
    model_dir: Path,
    sketch_base: Path,
    expected: dict[tuple[str, bytes], np.ndarray],
) -> None:
    port = serve({"portraits": model_dir, "comics": sketch_base})
    gateway = start_gateway(f"grpc://127.0.0.1:{port}", model="portraits", sketch_model="comics")
    assert gateway.get("/readyz").status_code == 200
    for data, task in {PHOTOGRAPH: "photo", DRAWING: "sketch"}.items():
        for query in ("", f"?task={task}"):
            coloured = pixels(gateway.post(f"/v1/colourise{query}", content=data))
            np.testing.assert_array_equal(coloured, expected[task, data])


def test_a_sketch_model_that_goes_away(
    start_gateway: Callable[..., httpx.Client],
    serve: Callable[..., int],
    model_dir: Path,
    sketch_base: Path,
    expected: dict[tuple[str, bytes], np.ndarray],
) -> None:
    port = serve({"photo": model_dir, "sketch": sketch_base})
    gateway = start_gateway(f"grpc://127.0.0.1:{port}")
    assert gateway.post("/v1/colourise", content=DRAWING).headers["handtint-task"] == "sketch"
    serve({"photo": model_dir}, port=port)
    deadline = time.monotonic() + 30
    while (answer := gateway.post("/v1/colourise", content=DRAWING)).status_code != 200:
        assert time.monotonic() < deadline  # until the connection is there again, and the loss was noticed
        time.sleep(0.05)
    np.testing.assert_array_equal(pixels(answer), expected["photo", DRAWING])
    assert answer.headers["handtint-task"] == "photo"


def test_ready_when_every_model_there_is_answers(
    start_gateway: Callable[..., httpx.Client], two_models: tuple[str, Path], tmp_path: Path
) -> None:
    address, base = two_models
    gateway = start_gateway(address)
    assert gateway.get("/readyz").status_code == 200
    (base / "1").rename(tmp_path / "away")
    deadline = time.monotonic() + 30
    while (answer := gateway.get("/readyz")).status_code == 200 and time.monotonic() < deadline:
        time.sleep(0.05)
    problem(answer, 503, "unavailable")
    (tmp_path / "away").rename(base / "1")
    while gateway.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_model_server_that_says_nothing(start_gateway: Callable[..., httpx.Client]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        gateway = start_gateway(f"grpc://127.0.0.1:{silent.getsockname()[1]}", timeout=0.5)
        problem(gateway.post("/v1/colourise", content=GOOD["rgb.png"]), 504, "timeout")


def test_many_at_once(gateway: httpx.Client, in_process: Colouriser) -> None:
    expected = in_process.colourise(GOOD["rgb.png"]).rgb
    with ThreadPoolExecutor(12) as pool:
        for response in pool.map(lambda _: gateway.post("/v1/colourise", content=GOOD["rgb.png"]), range(48)):
            np.testing.assert_array_equal(pixels(response), expected)


def test_the_page(start_gateway: Callable[..., httpx.Client], tmp_path: Path) -> None:
    site = tmp_path / "dist"
    (site / "models").mkdir(parents=True)
    policy = "default-src 'none'; script-src 'self'"
    index = f'<!doctype html><meta http-equiv="Content-Security-Policy" content="{policy}" />'.encode()
    files = {"index.html": index, "app.js": b"1", "tfjs.wasm": b"\0asm", "models/model.json": b"{}"}
    for name, content in files.items():
        (site / name).write_bytes(content)
    (tmp_path / "secret.txt").write_text("secret")
    page = start_gateway("grpc://127.0.0.1:1", web=site)
    types = {"": "text/html", "app.js": "text/javascript", "tfjs.wasm": "application/wasm"}
    for name, media_type in types.items():
        response = page.get(f"/{name}")
        assert (response.status_code, response.headers["content-type"].split(";")[0]) == (200, media_type)
        assert response.content == files[name or "index.html"]
        assert response.headers["cross-origin-opener-policy"] == "same-origin"
        assert response.headers["cross-origin-embedder-policy"] == "require-corp"
        assert response.headers["content-security-policy"] == policy
    etag = page.get("/models/model.json").headers["etag"]
    assert page.get("/models/model.json", headers={"if-none-match": etag}).status_code == 304
    for path in ("/none.js", "/..%2fsecret.txt", "/models", "/%00"):
        problem(page.get(path), 404, "not-found")


@pytest.fixture
def gateway_process(model_server: dict[str, str]) -> Any:
    """The command itself, and the address that it prints."""
    command = [sys.executable, "-m", "serving.gateway.main", "--server", model_server["grpc"], "--port", "0"]
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
    assert "POST /v1/colourise 200" in process.stderr.read()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ([], 2, "handtint-gateway: Missing option '--server'."),
        (["--server=photo"], 1, "handtint-gateway: A server's address must look like grpc://HOST:PORT"),
        (["--server=grpc://a:1", "--web=/none"], 2, "handtint-gateway: Invalid value for '--web'"),
        (["--server=grpc://a:1", "--host=203.0.113.1"], 1, "handtint-gateway: Cannot listen at 203.0.113.1:8080"),
    ],
)
def test_mistakes_of_the_operator_are_one_line(arguments: list[str], status: int, message: str) -> None:
    command = [sys.executable, "-m", "serving.gateway.main", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert result.returncode == status
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1


def test_the_log_holds_no_names(gateway: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    gateway.post("/v1/colourise?hints=private", files={"image": ("grandmother.jpg", GOOD["rgb.png"])})
    gateway.get("/grandmother.jpg")
    assert "POST /v1/colourise 400" in caplog.text
    assert "GET - 404" in caplog.text
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("serving"))
    assert "grandmother" not in ours
    assert "private" not in ours
