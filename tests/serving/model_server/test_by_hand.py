"""The commands of docs/model-server.md that roll out a version, run as they stand there."""

from __future__ import annotations

import base64
import contextlib
import os
import random
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf
from click.testing import CliRunner

from serving.model_server import reload

from .saved_models import spec

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "model-server.md").read_text().split("## Rolling out a version by hand\n")[1].split("\n## ")[0]


class Painter(tf.Module):
    """Answers every picture with its own version's name, and the picture's size in bytes."""

    def __init__(self, text: str):
        self.text = tf.constant(text)

    @tf.function(input_signature=[spec([None], tf.string, "image_bytes")])
    def serving_default(self, image_bytes):
        mine = self.text + tf.strings.as_string(tf.strings.length(image_bytes), width=4)
        return {"image_bytes": mine}


def free_port() -> int:
    """A port that nobody listens on, and that no client of another test gets: below those that the system hands out."""
    while True:
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", random.randrange(15000, 30000))) as found:
            return found.getsockname()[1]


@pytest.mark.slow
@pytest.mark.skipif(not all(map(shutil.which, ("bash", "curl", "timeout"))), reason="the guide uses bash and curl")
def test_every_command_of_the_guide_runs(tmp_path: Path) -> None:
    for folder, text in ((tmp_path / "models" / "photo" / "1", "version 1,"), (tmp_path / "staged", "version 2,")):
        tf.saved_model.save(Painter(text), str(folder))
    (tmp_path / "old.jpg").write_bytes(b"a picture" * 100)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (tmp_path / ".venv" / "bin" / "python").chmod(0o755)
    script = "\n".join(re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL))
    for fixed in ("8500", "8501"):
        script = re.sub(rf"\b{fixed}\b", str(free_port()), script)
    log = (tmp_path / "log").open("w+")
    with log:
        done = subprocess.run(
            # Whatever fails or hangs, the server ends.
            ["timeout", "240", "bash", "-euc", f"trap 'kill -9 $(jobs -p) 2> /dev/null || true' EXIT\n{script}"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        log.seek(0)
        assert done.returncode == 0, log.read()[-3000:]
    answers = [base64.b64decode(text).decode() for text in re.findall(r'"b64": "([^"]+)"', done.stdout)]
    assert answers == [f"version {number}, 900" for number in (2, 2, 1, 1)]
    assert "serves photo as models.config says" in done.stdout
    assert done.stdout.endswith("status 0\n")


def test_a_reload_that_is_refused_says_why(tmp_path: Path, serve, scales: dict[int, Path]) -> None:
    file = tmp_path / "models.config"
    doors = serve(scales[1].parent)
    address = f"127.0.0.1:{doors.server.grpc_port}"
    cases = {
        "model_config_list {": "Error parsing text-format tensorflow.serving.ModelServerConfig",
        'model_config_list { config { name: "x" base_path: "models" model_platform: "tensorflow" } }': (
            f"{address} refused: INVALID_ARGUMENT: "
        ),
    }
    for text, message in cases.items():
        file.write_text(text)
        done = CliRunner().invoke(reload.main, [str(file), "--server", address])
        assert done.exit_code == 1
        assert message in done.output
    port = free_port()
    file.write_text("model_config_list { }")
    done = CliRunner().invoke(reload.main, [str(file), "--server", f"127.0.0.1:{port}"])
    assert done.exit_code == 1
    assert f"Error: 127.0.0.1:{port} refused: UNAVAILABLE: " in done.output
