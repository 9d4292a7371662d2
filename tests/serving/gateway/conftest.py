"""Model servers whose answers a test can choose, one with labelled versions, and the browser of the page's tests."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.serving.gateway.predict_server import Answer, PredictServer

WEB = ROOT / "web"

StartPredict = Callable[[Answer], str]


@pytest.fixture
def start_predict() -> Iterator[StartPredict]:
    """Starts a gRPC server that answers Predict as the test says, and gives its address, HOST:PORT."""
    running: list[PredictServer] = []

    def start(answer: Answer) -> str:
        running.append(PredictServer(answer))
        return running[-1].address

    yield start
    for server in running:
        server.stop()


COLOURS = {1: (60.0, 40.0), 2: (-50.0, 20.0)}  # of the versions below: red and green


@pytest.fixture(scope="session")
def two_versions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base path with a red version 1 and a green version 2."""
    import tensorflow as tf

    base = tmp_path_factory.mktemp("two_versions")
    for version, ab in COLOURS.items():
        module = tf.Module()

        @tf.function(
            input_signature=[
                tf.TensorSpec([None, 256, 256, 1], tf.float32, name="luminance"),
                tf.TensorSpec([None, 256, 256, 3], tf.float32, name="hints"),
            ]
        )
        def chroma(luminance: tf.Tensor, hints: tf.Tensor, ab: tuple[float, float] = ab) -> dict[str, tf.Tensor]:
            zeros = 0.0 * tf.concat([luminance, hints], -1)
            return {"coefficients": zeros + tf.constant([0.0, 0.0, *ab])}

        module.chroma = chroma
        tf.saved_model.save(module, str(base / str(version)), signatures={"chroma": chroma})
    return base


@pytest.fixture(scope="session")
def labelled_server(two_versions: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a model server with both versions, as stable and canary; the command itself."""
    config = tmp_path_factory.mktemp("labelled") / "models.config"
    config.write_text(
        f"""model_config_list {{ config {{
            name: "photo" base_path: "{two_versions}" model_platform: "tensorflow"
            model_version_policy {{ specific {{ versions: 1 versions: 2 }} }}
            version_labels {{ key: "stable" value: 1 }}
            version_labels {{ key: "canary" value: 2 }}
        }} }}"""
    )
    flags = [f"--model_config_file={config}", "--allow_version_labels_for_unavailable_models"]
    with ModelServerProcess(*flags) as server:
        yield server.address


class ModelServerProcess:
    """The `handtint-model-server` command for as long as the context; `address` is where it speaks gRPC."""

    def __init__(self, *flags: str, port: int = 0):
        where = f"--port={port or 'free'}"
        command = [sys.executable, "-m", "serving.model_server.main", "--host=127.0.0.1", where, *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline() if self.process.stdout else ""
        found = re.search(r"grpc://127\.0\.0\.1:(\d+)", line)
        if not found:
            self.process.kill()
            raise RuntimeError(f"The model server did not start: {line!r}")
        self.port = int(found[1])
        self.address = found[0]

    def __enter__(self) -> ModelServerProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


@pytest.fixture
def chromium() -> Path:
    """The folder of the browser that the page's own tests use; they unpack it when their configuration is read."""
    if not (WEB / "node_modules/@playwright/test").is_dir():
        raise RuntimeError("There is no browser. Expected the page's packages; run `make setup`, or `npm ci` in web/.")
    listing = [str(WEB / "node_modules/.bin/playwright"), "test", "--list"]
    subprocess.run(listing, cwd=WEB, check=True, capture_output=True, timeout=300)
    return next((WEB / "node_modules/.cache").glob("chromium-[0-9.]*[0-9]"))
