"""The trainer's command really trains, on drawn scenes: it learns, stops, resumes to the same losses, fails well."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT, draw_scenes
from trainer.generators import build, build_folded
from trainer.run import Run
from trainer.shipped import read_weights

pytestmark = pytest.mark.slow

EPOCH, STEPS = 4, 10
# small and quick, with every phase inside the ten steps: frozen, thawed, adversarial
SETTINGS = ("size=32", "batch=4", f"steps_per_epoch={EPOCH}", "validation=5", "discriminator_filters=8",
            "thaw_at=0.2", "adversarial_at=0.5", "ema=0.5")  # fmt: skip

# the photographs; the drawing is even wide enough to be a pair
SAMPLES_OF_FIVE = ("fit", "--data", "web/public/samples", "--steps", "1", "--set", "batch=1", "--set", "validation=5",
                   "--set", 'left_out=["omelette"]')  # fmt: skip


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_scenes(tmp_path_factory.mktemp("scenes"), 40)


def python(*arguments: str | Path, through: tuple[str, ...] = (), **options: Any) -> subprocess.Popen:
    return subprocess.Popen(
        [*through, sys.executable, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        **options,
    )


def trainer(*arguments: str | Path, **options: Any) -> subprocess.Popen:
    return python("-m", "trainer", *arguments, **options)


def quick(scenes: Path, run: Path, *settings: str) -> list[str]:
    """An autoencoder, which starts in no time and has dropout; three steps an epoch."""
    words = ["fit", "--preset", "autoencoder", "--data", str(scenes), "--run", str(run)]
    for setting in ("batch=4", "validation=5", "steps_per_epoch=3", *settings):
        words += ["--set", setting]
    return words


def start(scenes: Path, run: Path) -> subprocess.Popen:
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    return trainer("fit", "--preset", "photo", "--data", scenes, "--steps", str(STEPS), "--run", run, *settings)


def wait_for(condition: Callable[[], bool], process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 200
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def rows(run: Path) -> int:
    """Steps in losses.csv so far."""
    path = run / "losses.csv"
    return path.read_text().count("\n") - 1 if path.exists() else 0


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
    with Image.open(whole_run / "losses.png") as plot:
        assert plot.width >= 1000
    with (whole_run / "validation.csv").open(newline="") as file:
        epochs = list(csv.DictReader(file))
    assert [(row["step"], row["pictures"]) for row in epochs] == [("4", "16"), ("8", "32"), ("10", "40")]
    assert all(float(row["psnr"]) > 0 for row in epochs)
    assert all(float(row["psnr_hinted"]) != float(row["psnr"]) for row in epochs)


def test_the_generator_loads_in_keras_alone(whole_run: Path) -> None:
    """As a stranger would, who knows nothing of this project but its two custom layers."""
    from trainer import generators
    from trainer.run import Run

    run = Run.open(whole_run)
    ours = generators.build(run.config, 32)
    run.load_average(ours)
    condition = {"luminance": np.zeros((1, 32, 32, 1), np.float32), "hints": np.zeros((1, 32, 32, 3), np.float32)}
    for name in ("generator.keras", "generator.h5"):
        loaded = keras.models.load_model(whole_run / name, compile=False)
        np.testing.assert_allclose(loaded(condition)["ab"], ours(condition)["ab"], atol=1e-6)  # float32 rounding


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
    wait_for(lambda: rows(run) > EPOCH, process)  # into the second epoch, so that it stops in the middle of one
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


def test_killed_and_resumed_goes_on_at_the_checkpoint(scenes: Path, tmp_path: Path) -> None:
    run = tmp_path / "killed"
    process = trainer(*quick(scenes, run), "--epochs", "60")
    wait_for(lambda: rows(run) > 7 and len(list(run.glob("checkpoints/step-*"))) == 2, process)
    process.kill()
    process.communicate()
    checkpoint = int(sorted(run.glob("checkpoints/step-*"))[-1].name.removeprefix("step-"))
    before = losses(run)
    done = finish(trainer("fit", "--resume", run, "--steps", str(checkpoint + 4)))
    assert f"Done: {checkpoint + 4} steps" in done
    after = losses(run)
    np.testing.assert_array_equal(after["step"], np.arange(1, checkpoint + 5))
    np.testing.assert_array_equal(after["reconstruction"][:checkpoint], before["reconstruction"][:checkpoint])


def test_two_epochs_equal_one_and_a_resumed_one(scenes: Path, tmp_path: Path) -> None:
    once, twice = tmp_path / "once", tmp_path / "twice"
    finish(trainer(*quick(scenes, once), "--epochs", "2"))
    finish(trainer(*quick(scenes, twice), "--epochs", "1"))
    assert len(losses(twice)["step"]) == 3
    # the same command again, as a restarted machine would give it, does nothing more; a larger budget goes on
    assert "Done: 3 steps" in finish(trainer(*quick(scenes, twice), "--epochs", "1", "--continue"))
    assert "Done: 6 steps" in finish(trainer("fit", "--resume", twice, "--epochs", "2"))
    # Dropout's random numbers go on too. The tolerance is for threads that add floats in any order.
    np.testing.assert_allclose(losses(twice)["reconstruction"], losses(once)["reconstruction"], rtol=1e-4)


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_checkpoint(scenes: Path, tmp_path: Path) -> None:
    run = tmp_path / "exploding"
    settings = ("learning_rate=1e18", "schedule=constant", "reconstruction=l2", "steps_per_epoch=1")
    output = finish(trainer(*quick(scenes, run, *settings), "--epochs", "50"), code=1)
    assert "Traceback" not in output
    assert re.search(r"(The loss \w+ is (nan|inf) at step|are no numbers any more at step)", output), output
    for checkpoint in run.glob("checkpoints/step-*"):
        with h5py.File(checkpoint / "average.weights.h5") as file:
            file.visititems(lambda _, item: assert_finite(item))


def assert_finite(item: h5py.Group | h5py.Dataset) -> None:
    if isinstance(item, h5py.Dataset):
        assert np.isfinite(item[()]).all()


def test_a_full_disk_keeps_the_last_checkpoint(scenes: Path, tmp_path: Path) -> None:
    """The operating system refuses to write more than a megabyte to a file: the weights need more."""
    run = tmp_path / "full"
    finish(trainer(*quick(scenes, run), "--epochs", "1"))
    # by a shell: a fork in Python is not safe in a process that has spoken gRPC
    limited = ("bash", "-c", 'ulimit -f 1024 && exec "$@"', "bash")
    output = finish(trainer("fit", "--resume", run, "--epochs", "2", through=limited), code=1)
    assert "The checkpoint of step 6 can't be written" in output
    assert "Make room on the disk. step-00000003 is kept" in output
    assert "Traceback" not in output
    assert "Done: 6 steps" in finish(trainer("fit", "--resume", run, "--epochs", "2"))


def test_unreadable_pictures_are_skipped_and_counted(tmp_path: Path) -> None:
    draw_scenes(tmp_path, 30)
    for name in ("bad_1.jpg", "bad_2.png", "bad_3.jpg"):
        (tmp_path / name).write_bytes(b"\xff\xd8\xff not a picture")
    output = finish(trainer(*quick(tmp_path, tmp_path / "run", "steps_per_epoch=12"), "--epochs", "1"))
    assert "Skipped: Picture bad_" in output
    assert re.search(r"[123] of \d+ pictures could not be used and were skipped", output)


def test_a_new_preset_is_one_file(scenes: Path, tmp_path: Path) -> None:
    presets = tmp_path / "presets"
    presets.mkdir()
    text = ["# Mine: small and quick.", 'generator = "unet"', "filters = [8, 8]", "size = 32", "batch = 4"]
    (presets / "mine.toml").write_text("\n".join([*text, "validation = 5", "steps_per_epoch = 2", "epochs = 1", ""]))
    elsewhere = f"import pathlib, trainer.config; trainer.config.PRESETS = pathlib.Path({str(presets)!r})"
    code = f"{elsewhere}; from trainer.main import main; main()"
    assert "Mine: small and quick." in finish(python("-c", code, "list-presets"))
    run = tmp_path / "run"
    assert "Done: 2 steps" in finish(python("-c", code, "fit", "--preset", "mine", "--data", scenes, "--run", run))


def test_bfloat16_starts_like_float32(scenes: Path, tmp_path: Path) -> None:
    runs = {}
    for precision in ("float32", "bfloat16"):
        runs[precision] = tmp_path / precision
        settings = (f"precision={precision}", "dropout=0")
        finish(trainer(*quick(scenes, runs[precision], *settings), "--steps", "6"))
    float32, bfloat16 = (losses(run)["reconstruction"] for run in runs.values())
    assert (float32 != bfloat16).any()
    # eight bits of mantissa, through seven layers and six steps
    np.testing.assert_allclose(bfloat16, float32, rtol=0.02)


def test_evaluate_prints_the_table(whole_run: Path, scenes: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    output = finish(trainer("evaluate", whole_run, "--data", scenes, "--size", "64", "--sheet", sheet))
    assert "| model |" in output
    assert "| all grey |" in output
    assert f"step {STEPS}" in output
    with Image.open(sheet) as drawn:
        assert drawn.height == 3 * 64


def test_a_stage_begins_with_the_weights_of_another_run(scenes: Path, tmp_path: Path) -> None:
    finish(trainer(*quick(scenes, tmp_path / "a"), "--steps", "2"))
    stage = [*quick(scenes, tmp_path / "b", "learning_rate=1e-9"), "--steps", "1", "--from", str(tmp_path / "a")]
    finish(trainer(*stage))
    runs = [Run.open(tmp_path / name) for name in "ab"]
    generators = [build(run.config, run.config.size) for run in runs]
    for run, generator in zip(runs, generators, strict=True):
        run.load_average(generator)
    for mine, theirs in zip(*(generator.get_weights() for generator in generators), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-6)  # one step at a rate of 1e-9
    other = finish(trainer(*quick(scenes, tmp_path / "c", "latent=64"), "--steps", "1", "--from", tmp_path / "a"), 1)
    assert f"The weights of {tmp_path / 'a'} don't fit" in other


def test_training_goes_on_from_shipped_weights(scenes: Path, tmp_path: Path) -> None:
    shipped = ROOT / "export/pretrained/photo"
    settings = (*SETTINGS, "learning_rate=1e-9", "aged=0", "feature_weight=0", "recognition_weight=0")
    words = [word for setting in settings for word in ("--set", setting)]
    words = ["fit", "--preset", "photo", "--data", scenes, "--steps", "1", "--from", shipped, *words]
    finish(trainer(*words, "--run", tmp_path / "run"))
    run = Run.open(tmp_path / "run")
    trained, folded = build(run.config, 64), build_folded(run.config, 64)
    run.load_average(trained)
    read_weights(shipped / "weights.npz", folded)
    luminance = np.random.default_rng(0).uniform(-1, 1, (2, 64, 64, 1)).astype(np.float32)
    inputs = {"luminance": luminance, "hints": np.zeros((2, 64, 64, 3), np.float32)}
    # one step at a rate of 1e-9 moves no weight, but each norm's statistics by a hundredth
    np.testing.assert_allclose(trained(inputs)["ab"], folded(inputs)["ab"], atol=0.02)
    words += ["--preset", "sketch", "--set", "layout=colour", "--set", "redrawn=0", "--set", "size=64"]
    output = finish(trainer(*words, "--run", tmp_path / "other"), 1)
    assert "of task photo and generator lite_unet, this run's are sketch and flat_unet" in output


def test_a_few_pairs_of_ones_own_teach_the_shipped_sketch_model(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    pairs, shipped = tmp_path / "pairs", ROOT / "export/pretrained/sketch"
    pairs.mkdir()
    for number in range(10, 16):  # by its name 12 is held out
        drawing = np.full((64, 64, 3), 255, np.uint8)
        drawing[20:44, 20:22] = drawing[20:22, 20:44] = 0
        colour = np.minimum(drawing, random.integers(64, 255, 3, np.uint8))
        Image.fromarray(np.concatenate([colour, drawing], axis=1)).save(pairs / f"{number}.png")
    small = ("size=128", "batch=2", "feature_weight=0", "recognition_weight=0")
    words = [word for setting in small for word in ("--set", setting)]
    run, mine = tmp_path / "run", tmp_path / "mine"
    begin = ("fit", "--preset", "sketch-fine-tune", "--from", shipped, "--data", pairs, "--steps", "1", "--run", run)
    finish(trainer(*begin, *words))
    output = finish(python("-m", "export", "weights", "--run", run, "--data", pairs, "--out", mine))
    assert "not scored: fewer than two of the pictures are held out" in output
    card = json.loads((mine / "card.json").read_text())
    assert (card["task"], card["scores"]) == ("sketch", {})
    with np.load(mine / "weights.npz") as new, np.load(shipped / "weights.npz") as old:
        assert set(new.files) == set(old.files)
        assert any((new[name] != old[name]).any() for name in old.files)


def test_a_run_is_not_overwritten(whole_run: Path, scenes: Path) -> None:
    output, _ = (process := start(scenes, whole_run)).communicate(timeout=120)
    assert process.returncode == 1
    assert "already holds a run. Continue it with --resume" in output
    assert len(losses(whole_run)["step"]) == STEPS


def test_sources_left_out_are_not_trained_on(scenes: Path, tmp_path: Path) -> None:
    command = quick(scenes, tmp_path / "run", 'left_out=["scene"]')
    assert "Too few pictures" in finish(trainer(*command, "--steps", "1"), 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("fit", "--minutes", "1"), "A new run needs --data"),
        (("fit", "--data", "."), "A run needs a budget: one of --minutes, --epochs and --steps. Received none."),
        (("fit", "--data", ".", "--steps", "1", "--epochs", "1"), "Received --steps and --epochs."),
        (("fit", "--data", ".", "--preset", "phot", "--steps", "1"), "'phot' is not one of"),
        (("fit", "--data", "k8s", "--steps", "1"), "k8s. Expected .jpg, .jpeg, .png"),
        (("fit", "--data", "web/public/samples", "--steps", "1"), "Too few pictures under"),
        (
            ("fit", "--data", "web/public/samples", "--steps", "1", "--set", "layout=twins", "--set", "aged=0"),
            "No folder colour in",
        ),
        (("fit", "--data", ".", "--steps", "1", "--set", "layout=twins"), "aged = 0.3: only a photograph's own grey"),
        (
            (*SAMPLES_OF_FIVE, "--set", "layout=pairs", "--set", "aged=0"),
            "not two pictures of one size side by side",
        ),
        (
            (*SAMPLES_OF_FIVE, "--set", "size=8192"),
            "too small to learn from at size 8192",
        ),
        (("fit", "--data", "nowhere", "--minutes", "1"), "No data at"),
        (("fit", "--data", ".", "--steps", "1", "--set", "bach=3"), "Unknown setting 'bach'. Did you mean 'batch'?"),
        (("fit", "--resume", "nowhere"), "No run at nowhere"),
        (("fit", "--resume", "nowhere", "--data", "."), "--data can't be changed"),
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
