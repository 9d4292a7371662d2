"""TensorFlow and JAX take the same steps; JAX trains a run with no TensorFlow on the machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT, draw_scenes
from tests.trainer.first_losses import CONFIGS, STEPS, first_losses

pytestmark = pytest.mark.slow

# Stands for a machine without TensorFlow: importing it fails
NO_TENSORFLOW = "import sys; sys.modules['tensorflow'] = None; from trainer.main import main; main()"


def on_jax(*arguments: str) -> str:
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def jax_losses() -> dict[str, list[dict[str, float]]]:
    return json.loads(on_jax("-m", "tests.trainer.first_losses", "--without-tensorflow"))


@pytest.mark.parametrize("name", CONFIGS)
def test_both_backends_give_the_same_first_losses(name: str, jax_losses: dict[str, list[dict[str, float]]]) -> None:
    expected, received = first_losses(CONFIGS[name]), jax_losses[name]
    assert len(received) == STEPS + 1
    for number, (tensorflow_row, jax_row) in enumerate(zip(expected, received, strict=True)):
        assert tensorflow_row.keys() == jax_row.keys()
        for key, value in tensorflow_row.items():
            # The first losses differ by float32's rounding only; Adam divides tiny gradients by their own size, so that
            # rounding grows with each step. A gradient that is missing or doubled shows as more than a tenth.
            # The adversarial loss is a difference that begins near zero.
            later = 5e-2 if name == "photo" else 2e-2  # its frozen classifier magnifies rounding
            relative, absolute = (1e-4, 1e-4) if number == 0 else (later, 5e-3)
            if key == "recognition" and number:
                continue  # a classifier has no name for these pictures of noise, and magnifies the rounding
            assert jax_row[key] == pytest.approx(value, rel=relative, abs=absolute), (key, number)


def test_jax_trains_and_resumes_without_tensorflow(tmp_path: Path) -> None:
    draw_scenes(tmp_path, 20)
    run = tmp_path / "run"
    words = ["fit", "--preset", "autoencoder", "--data", str(tmp_path), "--epochs", "2", "--run", str(run)]
    for setting in ("batch=4", "validation=5", "steps_per_epoch=3", "optimiser=adam", "ema=0.5"):
        words += ["--set", setting]
    assert "Done: 6 steps" in on_jax("-c", NO_TENSORFLOW, *words)
    assert "Done: 12 steps" in on_jax("-c", NO_TENSORFLOW, "fit", "--resume", str(run), "--epochs", "4")
    losses = np.genfromtxt(run / "losses.csv", delimiter=",", names=True)
    np.testing.assert_array_equal(losses["step"], np.arange(1, 13))
    assert losses["reconstruction"][-3:].mean() < losses["reconstruction"][:3].mean()
    assert sorted(path.name for path in run.glob("generator.*")) == ["generator.h5", "generator.keras"]
    assert list((run / "tensorboard").glob("events*"))
