"""What list-presets, preview and compare say and draw."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from tests.conftest import draw_scenes
from trainer import config
from trainer.commands import compare, list_presets, preview
from trainer.config import make_config

# TensorFlow 2.19's variables don't know NumPy 2's copy argument yet; Keras meets that when it saves weights
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

SIDE = 32
SMALL = {"generator": "unet", "filters": [8, 8, 8], "size": SIDE, "validation": 2, "imagenet": False}
RED = (220, 30, 40)


def call(module: object, *arguments: object) -> Result:
    return CliRunner().invoke(module.command, [str(word) for word in arguments])


def small_run(folder: Path, **settings: object) -> Path:
    """A run with a checkpoint of a generator that never learned anything."""
    from trainer import generators

    resolved = make_config({**SMALL, **settings})
    checkpoint = folder / "checkpoints" / "step-00000001"
    checkpoint.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(resolved.to_dict()))
    (folder / "run.json").write_text(json.dumps({"preset": "photo"}))
    (checkpoint / "state.json").write_text(json.dumps({"step": 1, "seconds": 1.0}))
    generators.build(resolved, SIDE).save_weights(checkpoint / "average.weights.h5")
    return folder


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_scenes(tmp_path_factory.mktemp("scenes"), 12, 48, 48)


@pytest.mark.parametrize(
    ("module", "promises"),
    [
        (compare, ["RUN...", "--out", "settings in which they differ"]),
        (list_presets, ["List the presets"]),
        (preview, ["--data", "--picture", "--out", "--count", "--size", "conditions above", "default: 8"]),
    ],
)
def test_help_says_what_there_is(module: object, promises: list[str]) -> None:
    result = call(module, "--help")
    assert result.exit_code == 0
    text = " ".join(result.output.split())
    assert [promise for promise in promises if promise not in text] == []


def test_every_preset_is_listed_within_the_terminal() -> None:
    result = call(list_presets)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert {line.split()[0] for line in lines[1:] if not line.startswith(" ")} == set(config.presets())
    assert max(map(len, lines)) <= 120


def test_a_preset_is_listed_with_what_it_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    about = "a long tale of what this is good for, " * 4
    (tmp_path / "mine.toml").write_text(f"# {about}\n# second line\nsize = 96\nshown_size = 192\nepochs = 7\n")
    (tmp_path / "plain.toml").write_text("size = 64\n")
    monkeypatch.setattr(config, "PRESETS", tmp_path)
    lines = call(list_presets).output.splitlines()
    assert lines[1].startswith("mine ")
    assert "96 (192)" in lines[1]
    assert "7 epochs" in lines[1]
    told = "".join(line[lines[1].index("a long tale") :] + " " for line in lines[1:-1])
    assert told.split() == about.split()
    assert lines[-1].split()[:4] == ["plain", "photo", "colour", "64"]
    assert lines[-1].endswith("to be given")


def test_preview_draws_held_out_examples(scenes: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "sheet.png"
    result = call(preview, small_run(tmp_path / "run"), "--data", scenes, "--out", out, "--count", 3)
    assert result.exit_code == 0, result.output + repr(result.exception)
    assert "3 pictures drawn to" in result.output
    with Image.open(out) as sheet:
        assert sheet.size == (3 * SIDE, 3 * SIDE)
        condition, _, truth = np.split(np.asarray(sheet.convert("RGB")).astype(int), 3)
    assert np.ptp(condition, axis=-1).max() == 0  # the grey photograph
    assert np.ptp(truth, axis=-1).mean() > 20  # a drawn scene's sky and grass are coloured


def test_preview_keeps_the_shape_of_a_picture_of_ones_own(tmp_path: Path) -> None:
    Image.new("RGB", (80, 40), RED).save(tmp_path / "wide.png")
    out = tmp_path / "sheet.png"
    result = call(preview, small_run(tmp_path / "run"), "--picture", tmp_path / "wide.png", "--out", out, "--size", 64)
    assert result.exit_code == 0, result.output + repr(result.exception)
    with Image.open(out) as sheet:
        truth = np.asarray(sheet.convert("RGB"))[2 * 64 :]
    assert tuple(truth[32, 32]) == RED
    assert tuple(truth[4, 32]) == (255, 255, 255)  # white above and below it


@pytest.mark.parametrize("generator", ["unet", "lite_unet"])  # without hints, and with
def test_preview_draws_at_another_size_than_the_models(generator: str, scenes: Path, tmp_path: Path) -> None:
    run = small_run(tmp_path / "run", generator=generator)
    result = call(preview, run, "--data", scenes, "--out", tmp_path / "sheet.png", "--count", 2, "--size", 48)
    assert result.exit_code == 0, result.output + repr(result.exception)
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (2 * 48, 3 * 48)


def test_a_sketch_model_is_shown_the_drawing_as_it_is(tmp_path: Path) -> None:
    drawing = np.full((SIDE, SIDE, 3), 255, np.uint8)
    drawing[10:12] = 0
    Image.fromarray(drawing).save(tmp_path / "lines.png")
    run = small_run(tmp_path / "run", task="sketch", colour_space="rgb")
    out = tmp_path / "sheet.png"
    result = call(preview, run, "--picture", tmp_path / "lines.png", "--out", out)
    assert result.exit_code == 0, result.output + repr(result.exception)
    with Image.open(out) as sheet:
        np.testing.assert_array_equal(np.asarray(sheet.convert("RGB"))[:SIDE], drawing)


def test_preview_draws_the_sketch_where_the_data_has_none(scenes: Path, tmp_path: Path) -> None:
    run = small_run(tmp_path / "run", task="sketch", colour_space="rgb")
    result = call(preview, run, "--data", scenes, "--out", tmp_path / "sheet.png", "--count", 2)
    assert result.exit_code == 0, result.output + repr(result.exception)
    with Image.open(tmp_path / "sheet.png") as sheet:
        condition = np.asarray(sheet.convert("L"))[:SIDE]
    assert np.median(condition) > 200  # mostly paper, where the scene itself is mid-grey


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "sheet.png"), "either --data, for held-out examples, or --picture"),
        (("--data", "a", "--picture", "b", "--out", "sheet.png"), "either --data"),
        (("--data", "a", "--out", "sheet.txt"), "sheet.txt is not a file ending in .png"),
        (("--data", "a", "--out", "sheet.png"), "No run at nowhere"),
    ],
)
def test_mistakes_are_told(arguments: tuple[str, ...], message: str) -> None:
    result = call(preview, "nowhere", *arguments)
    assert result.exit_code != 0
    assert message in result.output + str(result.exception)
