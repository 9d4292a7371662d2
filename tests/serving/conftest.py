"""A small real model, and every door to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image, ImageDraw

from serving.client import Colouriser
from serving.gateway.app import create_app
from serving.gateway.settings import Settings
from serving.gateway.web_server import WebServer

# What the model below believes of the left half of a picture, and of the right one. Lab units.
CENTRES = [[0.0, 0.0], [40.0, 30.0], [-30.0, -20.0], [8.0, 0.0]]
LEFT, RIGHT = [0.0, 0.625, 0.375, 0.0], [0.75, 0.0, 0.0, 0.25]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two base paths with version 1: colours that depend on place, luminance and hints; `old` has no `colours`."""
    import tensorflow as tf

    signature = [
        tf.TensorSpec([None, 256, 256, 1], tf.float32, name="luminance"),
        tf.TensorSpec([None, 256, 256, 3], tf.float32, name="hints"),
    ]

    class Chroma(tf.Module):
        @tf.function(input_signature=signature)
        def colours(self, luminance: tf.Tensor, hints: tf.Tensor) -> dict[str, tf.Tensor]:
            cells = tf.constant([[LEFT] * 16 + [RIGHT] * 16] * 32)
            return {"probabilities": cells + 0.0 * luminance[:, :1, :1], "centres": tf.constant(CENTRES)}

        @tf.function(input_signature=signature)
        def chroma(self, luminance: tf.Tensor, hints: tf.Tensor) -> dict[str, tf.Tensor]:
            across = tf.broadcast_to(tf.linspace(-30.0, 30.0, 256)[None, None, :, None], tf.shape(luminance))
            ab = 110.0 * hints[..., :2] + (1.0 - hints[..., 2:]) * tf.concat([across, 20.0 - across], -1)
            return {"coefficients": tf.concat([0.1 * luminance, 0.05 - 0.1 * luminance, ab], -1)}

    base = tmp_path_factory.mktemp("models")
    module = Chroma()
    both = {"chroma": module.chroma, "colours": module.colours}
    tf.saved_model.save(module, str(base / "photo/1"), signatures=both)
    tf.saved_model.save(module, str(base / "old/1"), signatures={"chroma": module.chroma})
    return base


@pytest.fixture(scope="session")
def sketch_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sketch model: white on the left quarter, orange and blue beside it, and the hints' colours where there are any.

    It believes of the right half what `LEFT` says, and that the left quarter is grey.
    """
    import tensorflow as tf
    from keras import ops

    from trainer.colour import ab_to_rgb
    from trainer.line_art import ink_maps

    signature = [
        tf.TensorSpec([None, 256, 256, 1], tf.float32, name="tone"),
        tf.TensorSpec([None, 256, 256, 4], tf.float32, name="hints"),
    ]
    columns = [[1.0, 1.0, 1.0]] * 64 + [[0.9, 0.6, 0.3]] * 64 + [[0.3, 0.5, 0.9]] * 128
    cells = [[1.0, 0.0, 0.0, 0.0]] * 8 + [[0.0, 0.9, 0.0, 0.1]] * 8 + [LEFT] * 16

    class Flats(tf.Module):
        @tf.function(input_signature=signature)
        def flats(self, tone: tf.Tensor, hints: tf.Tensor) -> dict[str, tf.Tensor]:
            wanted = ab_to_rgb(hints[..., 2:3], hints[..., :2], ops)
            flat = tf.where(hints[..., 3:] > 0, wanted, tf.constant([[columns] * 256]))
            return {"maps": tf.concat([flat, ink_maps(tone, ops)], axis=-1)}

        @tf.function(input_signature=signature)
        def colours(self, tone: tf.Tensor, hints: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"probabilities": tf.constant([cells] * 32) + 0.0 * tone[:, :1, :1], "centres": tf.constant(CENTRES)}

    base = tmp_path_factory.mktemp("sketch")
    module = Flats()
    tf.saved_model.save(module, str(base / "1"), signatures={"flats": module.flats, "colours": module.colours})
    return base


@pytest.fixture(scope="session")
def sketcher(sketch_dir: Path) -> Colouriser:
    """The client of the sketch model above, in this process."""
    return Colouriser(None, task="sketch", model_dir=sketch_dir)


@pytest.fixture(scope="session")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Black shapes on white, 300 x 200."""
    image = Image.new("L", (300, 200), 255)
    draw = ImageDraw.Draw(image)
    draw.ellipse((90, 40, 200, 150), outline=0, width=3)
    draw.rectangle((20, 120, 120, 190), outline=0, width=3)
    draw.line((150, 10, 290, 180), fill=0, width=3)
    path = tmp_path_factory.mktemp("drawings") / "drawing.png"
    image.save(path)
    return path


@pytest.fixture(scope="session")
def model_dir(models: Path) -> Path:
    """The base path of the model with both signatures."""
    return models / "photo"


def serve(base: Path) -> Iterator[dict[str, str]]:
    """Runs the embedded model server; its addresses by scheme."""
    from serving.model_server.server import start

    server = start(base, "photo", rest_api_port=0)
    yield {"grpc": f"grpc://127.0.0.1:{server.grpc_port}", "http": f"http://127.0.0.1:{server.rest_port}"}
    server.stop(1)


@pytest.fixture(scope="session")
def model_server(model_dir: Path) -> Iterator[dict[str, str]]:
    """The embedded model server's addresses by scheme."""
    yield from serve(model_dir)


@pytest.fixture(scope="session")
def old_server(models: Path) -> Iterator[dict[str, str]]:
    """The addresses of one whose model has no `colours`."""
    yield from serve(models / "old")


@pytest.fixture(scope="session")
def in_process(model_dir: Path) -> Colouriser:
    return Colouriser(None, model_dir=model_dir)


DOORS = ["in process", "grpc", "http"]


@pytest.fixture(scope="session", params=DOORS)
def colouriser(
    request: pytest.FixtureRequest, in_process: Colouriser, model_server: dict[str, str]
) -> Iterator[Colouriser]:
    """The client, through each door."""
    if request.param == "in process":
        yield in_process
    else:
        with Colouriser(model_server[request.param]) as colouriser:
            yield colouriser


StartGateway = Callable[..., httpx.Client]


@pytest.fixture(scope="session")
def start_gateway() -> Iterator[StartGateway]:
    """Starts a gateway on a free port and gives a client for it; takes what `Settings` takes.

    Everybody may come in, as often as they like, unless the test says otherwise.
    """
    running: list[tuple[WebServer, threading.Thread, httpx.Client]] = []

    def start(server: str, **options: Any) -> httpx.Client:
        open_to_all = "keys" not in options and "keys_file" not in options
        settings = Settings(server, **{"authentication": not open_to_all, "rate": None, **options})
        web_server = WebServer(create_app(settings), "127.0.0.1", 0, settings)
        thread = threading.Thread(target=web_server.run)
        thread.start()
        client = httpx.Client(base_url=f"http://127.0.0.1:{web_server.port}", timeout=30)
        running.append((web_server, thread, client))
        return client

    yield start
    for web_server, thread, client in running:
        client.close()
        web_server.stop()
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def gateway(start_gateway: StartGateway, model_server: dict[str, str]) -> httpx.Client:
    return start_gateway(model_server["grpc"])
