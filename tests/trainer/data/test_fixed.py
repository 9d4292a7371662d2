"""Held-out examples look the same each time, and a damaged one doesn't stop the others."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageChops

from tests.conftest import draw_scene
from trainer.config import Config, make_config
from trainer.data.augment import centre_view, whole_view
from trainer.data.fixed import BATCH, fixed_batches, open_fixed
from trainer.data.sources import find_examples


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    for number in range(BATCH + 2):
        draw_scene(60 + number, 50, number).save(root / f"{number:02}.png")
    return root


def config(**settings: Any) -> Config:
    return make_config({"size": 32, **settings})


WILD = {"rotation": 30.0, "zoom": 0.2, "shift": 0.2, "noise": 0.2, "crop_scale": 0.3}


@pytest.mark.parametrize("task", ["photo", "sketch"])
def test_there_is_no_chance_in_them(folder: Path, task: str) -> None:
    settings = config(task=task, colour_space="rgb")
    examples = find_examples(folder, settings)
    targets, conditions = open_fixed(examples, settings, 32, centre_view)
    other = config(task=task, colour_space="rgb", seed=9, **WILD)
    again, turned = (open_fixed(each, other, 32, centre_view) for each in (examples, examples[::-1]))
    for made, same, backwards in zip((targets, conditions), again, turned, strict=True):
        np.testing.assert_array_equal(same, made)
        np.testing.assert_array_equal(backwards[::-1], made)


def test_photo_is_its_own_condition(folder: Path) -> None:
    targets, conditions = open_fixed(find_examples(folder, config()), config(), 32, centre_view)
    assert targets.shape == (BATCH + 2, 32, 32, 3)
    assert targets.dtype == np.uint8
    np.testing.assert_array_equal(conditions, targets)


def test_sketches_are_drawings_each_by_a_pen_of_its_own(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        draw_scene(60, 50, 0).save(tmp_path / name)
    settings = config(task="sketch", colour_space="rgb")
    targets, conditions = open_fixed(find_examples(tmp_path, settings), settings, 32, centre_view)
    assert conditions.shape == (3, 32, 32, 1)
    assert conditions.dtype == np.uint8
    assert len({target.tobytes() for target in targets}) == 1
    assert len({drawing.tobytes() for drawing in conditions}) == 3


def test_views_show_the_middle_or_the_whole(folder: Path) -> None:
    example = find_examples(folder, config())[7]
    scene = draw_scene(67, 50, 7)
    middle = scene.resize((32, 32), Image.Resampling.BILINEAR, (8.5, 0, 58.5, 50))
    np.testing.assert_array_equal(open_fixed([example], config(), 32, centre_view)[0][0], np.asarray(middle))
    whole = scene.resize((32, 32), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(open_fixed([example], config(), 32, whole_view)[0][0], np.asarray(whole))


def test_given_condition_is_seen_through_the_same_view(tmp_path: Path) -> None:
    scene, pair = draw_scene(70, 50, 0), Image.new("RGB", (140, 50))
    pair.paste(scene, (0, 0))
    pair.paste(ImageChops.invert(scene), (70, 0))
    pair.save(tmp_path / "pair.png")
    settings = config(layout="pairs")
    targets, conditions = open_fixed(find_examples(tmp_path, settings), settings, 32, centre_view)
    # each half is rounded to a level for itself
    assert np.abs(targets.astype(int) + conditions - 255).max() <= 1


def test_batches_hold_no_more_than_fits_and_lose_none(folder: Path) -> None:
    examples = find_examples(folder, config())
    parts = list(fixed_batches(examples, config(), 24, whole_view))
    assert [len(targets) for targets, _ in parts] == [BATCH, 2]
    np.testing.assert_array_equal(
        np.concatenate([targets for targets, _ in parts]), open_fixed(examples, config(), 24, whole_view)[0]
    )


def test_unreadable_one_is_left_out_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(3):
        draw_scene(60, 50, number).save(tmp_path / f"{number}.png")
    examples = find_examples(tmp_path, config())
    whole, _ = open_fixed(examples, config(), 32, centre_view)
    (tmp_path / "1.png").write_bytes(b"nonsense")
    targets, conditions = open_fixed(examples, config(), 32, centre_view)
    np.testing.assert_array_equal(targets, whole[[0, 2]])
    assert len(conditions) == 2
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.message.startswith("Left out: Picture 1.png in 1.png can't be read")


def test_none_left_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"nonsense")
    examples = find_examples(tmp_path, config())
    assert list(fixed_batches(examples, config(), 32, centre_view)) == []
    with pytest.raises(ValueError, match="None of the held-out pictures can be used; the reasons stand above"):
        open_fixed(examples, config(), 32, centre_view)
