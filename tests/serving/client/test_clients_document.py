"""Every example of docs/clients.md as it stands there, against a real model server and gateway; of Go only the text."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse

from serving.client import Colouriser, Hint
from serving.gateway.app import create_app
from serving.gateway.settings import Settings
from serving.gateway.web_server import WebServer
from serving.model_server.lifecycle import Model
from serving.model_server.server import start
from tests.conftest import ROOT, SAMPLES

KEY = "ht_abcdefgh_0123456789012345678901234567890123456789012"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", (ROOT / "docs/clients.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
HINTS = [Hint(0.41, 0.63, "#b03a2e")]


def example(language: str, piece: str) -> str:
    """The one block in that language with this piece in it."""
    (found,) = [text for kind, text in BLOCKS if kind == language and piece in text]
    return found


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The origin of a web page, and the folder that its files are in."""
    folder = tmp_path_factory.mktemp("page")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def addresses(saved_model: Path, page: tuple[str, Path]) -> Iterator[dict[str, str]]:
    """Where the servers are, by the addresses that the document gives them."""
    server = start([Model("photo", saved_model.parent)], rest_api_port=0)
    settings = Settings(f"grpc://127.0.0.1:{server.grpc_port}", keys=(KEY,), origins=(page[0],))
    gateway = WebServer(create_app(settings), "127.0.0.1", 0, settings)
    thread = threading.Thread(target=gateway.run)
    thread.start()
    ports = {"8500": server.grpc_port, "8501": server.rest_port, "8080": gateway.port}
    yield {f"127.0.0.1:{documented}": f"127.0.0.1:{real}" for documented, real in ports.items()}
    gateway.stop()
    thread.join()
    server.stop(1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with what the examples read."""
    with Image.open(SAMPLES / "two-girls-in-a-mill.jpg") as image:
        image.resize((300, 200)).convert("L").save(tmp_path / "old.jpg")
    (tmp_path / "page.html").write_text("<!doctype html><title>404</title>")
    (tmp_path / "scans").mkdir()
    for name in ("one.jpg", "two.jpg", "three.jpg"):
        (tmp_path / "scans" / name).write_bytes((tmp_path / "old.jpg").read_bytes())
    (tmp_path / "scans/notes.txt").write_text("not a picture")
    return tmp_path


@pytest.fixture(scope="module")
def local(saved_model: Path) -> Colouriser:
    return Colouriser(None, model_dir=saved_model.parent)


def run(folder: Path, addresses: dict[str, str], text: str, *command: str) -> subprocess.CompletedProcess[str]:
    for documented, real in addresses.items():
        text = text.replace(documented, real)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HANDTINT_API_KEY": KEY}
    result = subprocess.run(
        command, input=text, cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert KEY not in result.stdout + result.stderr
    return result


def check_colours(path: Path, folder: Path, local: Colouriser, tolerance: int = 1, **options: object) -> None:
    """The doors round the same colours in different libraries."""
    expected = local.colourise(folder / "old.jpg", **options).rgb.astype(int)
    assert np.ptp(expected, axis=-1).mean() > 5  # colour at all
    with Image.open(path) as image:
        assert np.abs(np.asarray(image.convert("RGB")) - expected).max() <= tolerance


def test_python(folder: Path, addresses: dict[str, str], local: Colouriser) -> None:
    result = run(
        folder, addresses, example("python", "from serving.client import Colouriser, Hint"), sys.executable, "-"
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    check_colours(folder / "new.png", folder, local, hints=HINTS, saturation=1.1)


def test_arrays_and_images(folder: Path, addresses: dict[str, str], local: Colouriser) -> None:
    result = run(folder, addresses, example("python", "import numpy"), sys.executable, "-")
    assert (result.returncode, result.stdout, result.stderr) == (0, "(200, 150, 3) uint8\n", "")
    with Image.open(folder / "new.jpg") as image:
        assert image.size == (300, 200)
    # what JPEG loses at quality 92, its chroma at half the size: on the whole little, here and there much
    expected = local.colourise(folder / "old.jpg").rgb.astype(int)
    with Image.open(folder / "new.jpg") as image:
        assert np.abs(np.asarray(image) - expected).mean() < 3


def test_a_folder_with_asyncio(folder: Path, addresses: dict[str, str], local: Colouriser) -> None:
    result = run(folder, addresses, example("python", "import asyncio"), sys.executable, "-")
    assert (result.returncode, result.stderr) == (0, "")
    assert re.fullmatch(r"notes\.txt: Expected a JPEG, PNG, WebP, TIFF or GIF; .*\n", result.stdout)
    assert sorted(path.name for path in (folder / "coloured").iterdir()) == ["one.png", "three.png", "two.png"]
    for path in (folder / "coloured").iterdir():
        check_colours(path, folder, local)


def test_errors(folder: Path, addresses: dict[str, str], local: Colouriser) -> None:
    text = example("python", "retry_after")
    result = run(folder, addresses, text.replace("old.jpg", "page.html"), sys.executable, "-")
    assert result.returncode == 1
    assert result.stderr.startswith("The picture's format is not supported: Expected a JPEG, PNG, WebP, TIFF or GIF;")
    nobody = {**addresses, "127.0.0.1:8080": "127.0.0.1:1", "retry_after": "retry_after / 100"}
    assert run(folder, nobody, text, sys.executable, "-").returncode == 0  # three times, and that is it
    assert run(folder, addresses, text, sys.executable, "-").returncode == 0


@pytest.mark.parametrize(("piece", "options"), [("-F image", {"hints": HINTS, "saturation": 1.1}), ("base64", {})])
def test_curl(
    folder: Path, addresses: dict[str, str], local: Colouriser, piece: str, options: dict[str, object]
) -> None:
    result = run(folder, addresses, example("sh", piece), "bash", "-euo", "pipefail")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    check_colours(folder / "new.png", folder, local, **options)


def test_node(folder: Path, addresses: dict[str, str], local: Colouriser) -> None:
    text, command = example("js", "readFile"), ("node", "--input-type=module", "-")
    result = run(folder, addresses, text, *command)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    check_colours(folder / "new.png", folder, local, hints=HINTS)
    refused = run(folder, addresses, text.replace("process.env.HANDTINT_API_KEY", "'wrong'"), *command)
    assert refused.returncode == 1
    assert "Error: The API key is not known here. Send one that you were given" in refused.stderr


def test_the_page_in_a_browser(
    folder: Path, page: tuple[str, Path], addresses: dict[str, str], local: Colouriser
) -> None:
    """From another origin than the gateway's, with a wrong key and the right one."""
    if not (ROOT / "web/node_modules").is_dir():
        pytest.fail("There is no browser. Expected web/node_modules; run `make setup`, or `npm ci` in web/.")
    origin, files = page
    text = example("html", "AbortSignal")
    for documented, real in addresses.items():
        text = text.replace(documented, real)
    (files / "index.html").write_text(text)
    task = {"url": f"{origin}/index.html", "picture": str(folder / "old.jpg"), "keys": ["wrong", KEY], "out": "new.png"}
    driver = str(Path(__file__).with_name("browser.mjs"))
    result = run(folder, {}, "", "node", driver, str(ROOT / "web"), json.dumps(task))
    assert result.returncode == 0, result.stderr
    refused, coloured = result.stdout.splitlines()
    assert refused.startswith("The API key is not known here. Send one that you were given")
    assert coloured == "Coloured as a photo."
    check_colours(folder / "new.png", folder, local, saturation=1.1)


def test_the_protos_for_go_are_tensorflow_servings() -> None:
    """Each message's fields have the names, numbers and kinds of the original's; enums are int32 on the wire."""
    text = example("proto", "PredictRequest")
    request, response = PredictRequest.DESCRIPTOR, PredictResponse.DESCRIPTOR
    tensor = request.fields_by_name["inputs"].message_type.fields_by_name["value"].message_type
    shape = tensor.fields_by_name["tensor_shape"].message_type
    spec = request.fields_by_name["model_spec"].message_type
    originals = {
        "PredictRequest": request,
        "PredictResponse": response,
        "TensorProto": tensor,
        "TensorShapeProto": shape,
        "Dim": shape.fields_by_name["dim"].message_type,
        "ModelSpec": spec,
    }
    kinds = {"int64": 3, "string": 9, "bytes": 12, "int32": 14}  # FieldDescriptor.Type; the int32 is an enum there
    found = 0
    name = ""
    for word, repeated, kind, field, number in re.findall(
        r"message (\w+)|(repeated )?(map<\w+, \w+>|\w+) (\w+) = (\d+);", text
    ):
        name = word or ("TensorShapeProto" if field == "dim" else name)
        if word:
            continue
        original = originals[name].fields_by_name[field]
        assert original.number == int(number), field
        assert (original.label == original.LABEL_REPEATED) == (bool(repeated) or kind.startswith("map"))
        if kind in kinds:
            assert original.type == kinds[kind], field
        else:
            assert original.type == original.TYPE_MESSAGE
        found += 1
    assert found == 11
    assert f'go_package = "{(module := "example.org/colourise")}/serving"' in text
    assert f'"{module}/serving"' in example("go", "package main")
    assert f"go mod init {module}\n" in example("sh", "protoc")
    assert "rpc Predict(PredictRequest) returns (PredictResponse);" in text


def test_nothing_on_the_page_is_left_out() -> None:
    """Languages and counts of the blocks, so that a new example comes here, too."""
    kinds = [kind for kind, _ in BLOCKS]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "sh": 4,
        "python": 4,
        "html": 1,
        "js": 1,
        "proto": 1,
        "go": 1,
    }
