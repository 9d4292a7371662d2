"""Which model colours what: tasks, models under other names, models that come and go."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from serving.client import Colouriser
from serving.pictures import Picture, encode_picture
from tests.conftest import draw_outlines
from tests.serving.gateway.answers import pixels, problem
from tests.serving.sample_pictures import GOOD, HEIGHT, WIDTH

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


def test_a_model_server_without_the_model(
    start_gateway: Callable[..., httpx.Client], model_server: dict[str, str]
) -> None:
    gateway = start_gateway(model_server["grpc"], model="sketch")
    problem(gateway.get("/readyz"), 502, "model-not-found")
    problem(gateway.post("/v1/colourise", content=GOOD["rgb.png"]), 502, "model-not-found")
