"""The same picture through every door gives the same colours: in process, gRPC, REST, the gateway, serving_default."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from serving.client import Colouriser, Hint
from serving.colouring.hints import hint_map
from serving.colouring.photo import PHOTO
from serving.doors.grpc_model import GrpcModel
from serving.doors.local_model import load_local_model
from serving.doors.model import ask_colours
from serving.doors.rest_model import RestModel
from serving.gateway.app import create_app
from serving.gateway.settings import Settings
from serving.gateway.web_server import WebServer
from serving.model_server.lifecycle import Model
from serving.model_server.server import start
from serving.pictures import Picture, encode_picture, read_picture
from tests.conftest import SAMPLES, draw_outlines


@pytest.fixture(scope="module")
def addresses(saved_model: Path, sketch_model: Path) -> Iterator[dict[str, str]]:
    models = [Model("photo", saved_model.parent), Model("sketch", sketch_model.parent)]
    server = start(models, rest_api_port=0)
    grpc = f"grpc://127.0.0.1:{server.grpc_port}"
    settings = Settings(grpc, authentication=False)
    gateway = WebServer(create_app(settings), "127.0.0.1", 0, settings)
    thread = threading.Thread(target=gateway.run)
    thread.start()
    yield {
        "grpc": grpc,
        "rest": f"http://127.0.0.1:{server.rest_port}",
        "gateway": f"http://127.0.0.1:{gateway.port}",
    }
    gateway.stop()
    thread.join()
    server.stop(1)


def through_every_server(addresses: dict[str, str], model: str, data: bytes) -> dict[str, np.ndarray]:
    """The coloured pixels by door; the clients and the gateway find out themselves which task it is."""
    body = {"instances": [{"image_bytes": {"b64": base64.b64encode(data).decode()}}]}
    answer = httpx.post(f"{addresses['rest']}/v1/models/{model}:predict", json=body, timeout=60).json()
    gateway = httpx.post(f"{addresses['gateway']}/v1/colourise", content=data, timeout=60)
    with Colouriser(addresses["grpc"]) as grpc, Colouriser(addresses["rest"]) as rest:
        return {
            "serving_default over REST": read_picture(base64.b64decode(answer["predictions"][0]["b64"])).rgb,
            "gateway": read_picture(gateway.content).rgb,
            "client over gRPC": grpc.colourise(data).rgb,
            "client over REST": rest.colourise(data).rgb,
        }


def check_same(results: dict[str, np.ndarray], in_process: Picture) -> None:
    first = in_process.rgb.astype(int)
    assert np.ptp(first, axis=-1).mean() > 5  # colour at all
    for door, rgb in results.items():
        assert np.abs(rgb - first).max() <= 1, door  # one step of rounding between float libraries


@pytest.mark.parametrize("name", ["two-girls-in-a-mill.jpg", "citrus-fruits.jpg"])
def test_every_door_gives_the_same_picture(addresses: dict[str, str], name: str) -> None:
    data = (SAMPLES / name).read_bytes()
    with Colouriser() as local:
        check_same(through_every_server(addresses, "photo", data), local.colourise(data))


@pytest.mark.parametrize("size", [(300, 220), (640, 900)])
def test_every_door_gives_the_same_drawing(
    addresses: dict[str, str], sketch_weights: Path, size: tuple[int, int]
) -> None:
    data = encode_picture(Picture(np.asarray(draw_outlines(*size, seed=1))))
    with Colouriser(None, str(sketch_weights), task="sketch") as local:
        check_same(through_every_server(addresses, "sketch", data), local.colourise(data))


def test_every_door_says_the_same_of_the_colours(addresses: dict[str, str]) -> None:
    picture = read_picture((SAMPLES / "commodore-grace-hopper.jpg").read_bytes())
    inputs = PHOTO.see(picture.rgb), hint_map([Hint(0.5, 0.5, "#b03a2e")])
    doors = [
        GrpcModel(addresses["grpc"].removeprefix("grpc://"), "photo", 60),
        RestModel(addresses["rest"], "photo", 60),
    ]
    probabilities, centres = ask_colours(load_local_model("photo"), PHOTO, *inputs)
    assert (probabilities.shape, centres.shape) == ((1, 32, 32, 195), (195, 2))
    for door in doors:
        answer = ask_colours(door, PHOTO, *inputs)
        door.close()
        # float32 travels exactly; the graph is fused differently once it is saved
        np.testing.assert_allclose(answer[0], probabilities, atol=1e-4)
        np.testing.assert_array_equal(answer[1], centres)


def test_rows_of_colours_are_refused_with_the_cure(addresses: dict[str, str]) -> None:
    row = {"luminance": np.zeros((256, 256, 1)).tolist(), "hints": np.zeros((256, 256, 3)).tolist()}
    body = {"signature_name": "colours", "instances": [row]}
    answer = httpx.post(f"{addresses['rest']}/v1/models/photo:predict", json=body, timeout=60)
    assert answer.status_code == 400
    assert "has inconsistent batch size" in answer.json()["error"]
    assert "send 'inputs', one array an input, instead of 'instances'" in answer.json()["error"]
    metadata = httpx.get(f"{addresses['rest']}/v1/models/photo/metadata").json()["metadata"]["signature_def"]
    outputs = metadata["signature_def"]["colours"]["outputs"]
    sizes = {name: [dim["size"] for dim in info["tensor_shape"]["dim"]] for name, info in outputs.items()}
    assert sizes == {"probabilities": ["-1", "32", "32", "195"], "centres": ["195", "2"]}
