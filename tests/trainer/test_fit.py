"""The trainer's command really trains, on drawn scenes: it learns, stops on Ctrl-C, and resumes to the same losses."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT, draw_scene

pytestmark = pytest.mark.slow

EPOCH, STEPS = 4, 10
# small and quick, with every phase inside the ten steps: frozen, thawed, adversarial
SETTINGS = ("size=32", "batch=4", f"steps_per_epoch={EPOCH}", "validation=5", "discriminator_filters=8",
            "thaw_at=0.2", "adversarial_at=0.5", "ema=0.5")  # fmt: skip


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    for number in range(40):
        draw_scene(48, 40, number).save(folder / f"scene_{number:02}.png")
    return folder


def trainer(*arguments: str | Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "trainer", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )


def start(scenes: Path, run: Path) -> subprocess.Popen:
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    return trainer("fit", "--preset", "photo", "--data", scenes, "--steps", str(STEPS), "--run", run, *settings)


def finish(process: subprocess.Popen, code: int = 0) -> str:
    output, _ = process.communicate(timeout=300)
    assert process.returncode == code, output
    return output


@pytest.fixture(scope="module")
def whole_run(scenes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("runs") / "whole"
    assert f"Done: {STEPS} steps" in finish(start(scenes, run))
    return run


def losses(run: Path) -> dict[str, np.ndarray]:
    with (run / "losses.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name] or "nan") for row in rows]) for name in rows[0]}


def test_a_run_leaves_what_it_promises(whole_run: Path) -> None:
    about = json.loads((whole_run / "run.json").read_text())
    assert about["steps"] == STEPS
    assert about["versions"]["keras"]
    assert [path.name for path in sorted(whole_run.glob("checkpoints/*"))] == ["step-00000008", "step-00000010"]
    assert list((whole_run / "tensorboard").glob("events*"))
    with Image.open(whole_run / "previews" / "epoch-0003.png") as sheet:
        assert sheet.height == 3 * 32  # grey, result, truth
        assert sheet.width % 32 == 0


def test_every_phase_leaves_its_losses(whole_run: Path) -> None:
    written = losses(whole_run)
    np.testing.assert_array_equal(written["step"], np.arange(1, STEPS + 1))
    assert np.isfinite(written["generator_loss"]).all()
    assert np.isnan(written["discriminator_loss"][: STEPS // 2]).all()
    assert np.isfinite(written["discriminator_loss"][STEPS // 2 :]).all()
    assert written["distribution"][-3:].mean() < written["distribution"][:3].mean()


def test_interrupted_and_resumed_gives_the_same_losses(whole_run: Path, scenes: Path, tmp_path: Path) -> None:
    run = tmp_path / "interrupted"
    process = start(scenes, run)
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline:  # into the second epoch, so that it stops in the middle of one
        if (run / "losses.csv").exists() and (run / "losses.csv").read_text().count("\n") > EPOCH + 1:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    output = finish(process, code=130)
    assert f"Go on with: python -m trainer fit --resume {run}" in output
    stopped_at = int(losses(run)["step"][-1])
    assert EPOCH < stopped_at < STEPS

    assert f"Done: {STEPS} steps" in finish(trainer("fit", "--resume", run))
    uninterrupted, resumed = losses(whole_run), losses(run)
    np.testing.assert_array_equal(resumed["step"], uninterrupted["step"])
    for name in ("generator_loss", "reconstruction", "distribution", "discriminator_loss"):
        # Threads add floats in any order, and ten steps of Adam enlarge that; a lost optimiser state shows as 1e-1
        np.testing.assert_allclose(resumed[name], uninterrupted[name], rtol=2e-3, err_msg=name)


def test_evaluate_prints_the_table(whole_run: Path, scenes: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    output = finish(trainer("evaluate", whole_run, "--data", scenes, "--size", "64", "--sheet", sheet))
    assert "| model |" in output
    assert "| all grey |" in output
    assert f"step {STEPS}" in output
    with Image.open(sheet) as drawn:
        assert drawn.height == 3 * 64


def test_a_run_is_not_overwritten(whole_run: Path, scenes: Path) -> None:
    output, _ = (process := start(scenes, whole_run)).communicate(timeout=120)
    assert process.returncode == 1
    assert "already holds a run. Continue it with --resume" in output
    assert len(losses(whole_run)["step"]) == STEPS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("fit", "--minutes", "1"), "A new run needs --data"),
        (("fit", "--data", "nowhere", "--minutes", "1"), "No data at"),
        (("fit", "--data", ".", "--steps", "1", "--set", "bach=3"), "Unknown setting 'bach'. Did you mean 'batch'?"),
        (("fit", "--resume", "nowhere"), "No run at nowhere"),
        (("fit", "--resume", "nowhere", "--steps", "3"), "--steps can't be changed"),
        (("evaluate", "nowhere", "--data", "."), "No run at nowhere"),
    ],
)
def test_mistakes_end_in_one_clear_line(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    run = ("--run", str(tmp_path / "run")) if "fit" in arguments and "--resume" not in arguments else ()
    process = trainer(*arguments, *run)
    output, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    assert message in output
    assert "Traceback" not in output
