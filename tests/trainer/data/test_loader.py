"""Batches that can be made again from any step, whatever the data's layout, its damage and the number of workers."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageChops
from scipy import ndimage

from tests.conftest import draw_scene
from trainer.config import Config, make_config
from trainer.data.loader import Batch, Loader
from trainer.data.random_hints import MOST
from trainer.data.sources import Example, find_examples

COUNT = 12
TASKS = ["photo", "sketch"]
LAYOUTS = ["colour", "pairs", "twins"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    for number in range(COUNT):
        draw_scene(60 + number, 50, number).save(root / f"{number:02}.png")
    return root


def config(**settings: Any) -> Config:
    return make_config({"size": 32, "batch": 4, "seed": 3, "crop_scale": 0.5, **settings})


def batches(examples: list[Example], settings: Config, first: int, stop: int) -> list[Batch]:
    return list(Loader(examples, settings).batches(first, stop))


def assert_same(some: list[Batch], others: list[Batch]) -> None:
    for one, other in zip(some, others, strict=True):
        assert one.keys() == other.keys()
        for name in one:
            np.testing.assert_array_equal(one[name], other[name], name)


def colours(root: Path, count: int) -> list[Example]:
    """Examples of one flat colour each, so that any crop of theirs says which it is."""
    for number in range(count):
        Image.new("RGB", (40, 40), (number, 100, 200)).save(root / f"{number:03}.png")
    return find_examples(root, config())


def seen(made: list[Batch]) -> list[int]:
    """The numbers of the flat colours in these batches, in their order."""
    return [int(target[0, 0, 0]) for batch in made for target in batch["target"]]


def loader_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("loader")]


def test_any_step_can_be_made_again(folder: Path) -> None:
    examples = find_examples(folder, config())
    whole = batches(examples, config(), 0, 9)
    assert len(whole) == 9
    assert_same(whole, batches(examples, config(), 0, 9))
    assert_same(whole[5:], batches(examples, config(), 5, 9))
    assert batches(examples, config(), 9, 9) == []


def test_another_seed_gives_another_order_and_other_crops(folder: Path, tmp_path: Path) -> None:
    examples = find_examples(folder, config())
    (one,), (other,) = batches(examples[:1], config(), 0, 1), batches(examples[:1], config(seed=4), 0, 1)
    assert (one["target"] != other["target"]).any()
    flat = colours(tmp_path, 12)
    assert seen(batches(flat, config(), 0, 3)) != seen(batches(flat, config(seed=4), 0, 3))


def test_every_picture_is_seen_once_a_lap(tmp_path: Path) -> None:
    examples = colours(tmp_path, 10)
    numbers = seen(batches(examples, config(), 0, 5))  # 20 examples: two laps, whose border lies within a batch
    first, second = numbers[:10], numbers[10:]
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second
    assert first != list(range(10))


def test_laps_crop_the_same_picture_elsewhere(tmp_path: Path) -> None:
    draw_scene(90, 70, 0).save(tmp_path / "only.png")
    (batch,) = batches(find_examples(tmp_path, config()), config(), 0, 1)
    assert len({target.tobytes() for target in batch["target"]}) == 4


def test_damaged_picture_is_reported_once_and_the_batch_stays_full(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    examples = colours(tmp_path, 5)
    (tmp_path / "002.png").write_bytes(b"nonsense")
    loader = Loader(examples, config())
    made = [loader.batch(step) for step in range(5)]  # four laps
    assert [batch["target"].shape for batch in made] == [(4, 32, 32, 3)] * 5
    assert Counter(seen(made)) == {0: 4, 1: 4, 3: 8, 4: 4}  # its neighbour takes its place
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.message.startswith("Skipped: Picture 002.png in 002.png can't be read")
    assert len(loader.skipped) == 1


def test_same_name_in_two_places_is_two_pictures(tmp_path: Path) -> None:
    examples = []
    for number in range(2):
        (tmp_path / str(number)).mkdir()
        Image.new("RGB", (40, 40), (number, 0, 0)).save(tmp_path / str(number) / "same.png")
        examples += find_examples(tmp_path / str(number), config())
    for settings in (config(), config(cache=True)):
        assert Counter(seen(batches(examples, settings, 0, 2))) == {0: 4, 1: 4}


def test_no_usable_picture_at_all_is_an_error(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="None of the 3 pictures can be used; the first reasons stand above"):
        batches(find_examples(tmp_path, config()), config(), 0, 5)
    assert not loader_threads()


def test_too_small_picture_is_skipped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    examples = colours(tmp_path, 3)
    Image.new("RGB", (40, 7), (0, 100, 200)).save(tmp_path / "000.png")
    Image.new("RGB", (40, 8), (1, 100, 200)).save(tmp_path / "001.png")  # a quarter of the crops' 32 pixels
    loader = Loader(examples, config())
    made = [loader.batch(step) for step in range(3)]
    assert set(seen(made)) == {1, 2}
    (record,) = caplog.records
    assert "Picture 000.png is 40x7: too small to learn from at size 32. Expected a short side of at least 8" in (
        record.message
    )


def test_cache_gives_the_same_batches_and_reads_each_file_once(tmp_path: Path) -> None:
    for number in range(5):
        draw_scene(64, 48, number).save(tmp_path / f"{number}.png")
    examples = find_examples(tmp_path, config())
    plain = batches(examples, config(), 0, 8)
    cached = Loader(examples, config(cache=True))
    first_lap = [cached.batch(step) for step in range(2)]
    for file in tmp_path.iterdir():
        file.unlink()
    assert_same(plain, [*first_lap, *(cached.batch(step) for step in range(2, 8))])
    assert not cached.skipped


def test_cache_of_large_pictures_shows_the_same_crops(tmp_path: Path) -> None:
    x, y = np.meshgrid(np.arange(512), np.arange(384))
    Image.fromarray(np.stack([x // 2, y // 2, (x + y) // 4], axis=-1).astype(np.uint8)).save(tmp_path / "ramp.png")
    examples = find_examples(tmp_path, config())
    (plain,), (cached,) = batches(examples, config(), 0, 1), batches(examples, config(cache=True), 0, 1)
    # place is the pixel's value, half a level a pixel; the copy of 85x64 has pixels of 6, and 3 levels are one of them
    assert np.abs(plain["target"].astype(float) - cached["target"]).max() <= 3


@pytest.mark.parametrize("workers", [2, 4])
def test_workers_share_the_batches_of_one(folder: Path, workers: int) -> None:
    examples = find_examples(folder, config())
    alone = batches(examples, config(batch=8), 0, 6)
    shares = [
        list(Loader(examples, config(batch=8 // workers), worker, workers).batches(0, 6)) for worker in range(workers)
    ]
    together = [
        {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        for parts in zip(*shares, strict=True)
    ]
    assert_same(alone, together)


def make_layout(root: Path, layout: str, count: int = 5) -> None:
    """Data of a layout. Conditions are their target's negative, so that the two can be compared."""
    for number in range(count):
        scene = draw_scene(64, 48, number)
        negative = ImageChops.invert(scene)
        if layout == "twins":
            for name, image in {"colour": scene, "grey": negative}.items():
                (root / name).mkdir(exist_ok=True)
                image.save(root / name / f"{number}.png")
        elif layout == "pairs":
            pair = Image.new("RGB", (128, 48))
            pair.paste(scene, (0, 0))
            pair.paste(negative, (64, 0))
            pair.save(root / f"{number}.png")
        else:
            scene.save(root / f"{number}.png")


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_what_a_batch_holds(tmp_path: Path, task: str, layout: str, noise: float) -> None:
    make_layout(tmp_path, layout)
    settings = config(task=task, layout=layout, noise=noise, colour_space="rgb")
    (batch,) = batches(find_examples(tmp_path, settings), settings, 3, 4)
    channels = {"colour": {"photo": 3 if noise else 0, "sketch": 1}[task]}.get(layout, 3)
    expected = {"target": ((4, 32, 32, 3), np.uint8), "boxes": ((4, MOST, 4), np.float32)}
    if channels:
        expected["condition"] = ((4, 32, 32, channels), np.uint8)
    assert {name: (array.shape, array.dtype) for name, array in batch.items()} == expected


@pytest.mark.parametrize("layout", ["pairs", "twins"])
@pytest.mark.parametrize("wild", [{}, {"rotation": 30.0, "shear": 10.0, "zoom": 0.2, "shift": 0.1}])
def test_condition_shows_what_the_target_shows(tmp_path: Path, layout: str, wild: dict[str, float]) -> None:
    make_layout(tmp_path, layout)
    settings = config(layout=layout, **wild)
    for batch in batches(find_examples(tmp_path, settings), settings, 0, 3):
        total = batch["target"].astype(int) + batch["condition"]
        # a level of rounding at each of two steps; the cubic filter's overshoot is clipped at black in one of the two
        assert np.abs(total - 255).max() <= (6 if wild else 1)


def test_pairs_that_are_none_are_skipped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make_layout(tmp_path, "pairs")
    draw_scene(300, 300, 0).save(tmp_path / "square.png")
    settings = config(layout="pairs")
    loader = Loader(find_examples(tmp_path, settings), settings)
    for step in range(3):
        loader.batch(step)
    assert [record.message[:41] for record in caplog.records] == ["Skipped: Picture square.png is 300x300: n"]


def discs(root: Path) -> list[Example]:
    """Dark discs on light paper: what a pen draws of them is a ring."""
    y, x = np.mgrid[:60, :80]
    for number in range(4):
        inside = (x - 30 - 5 * number) ** 2 + (y - 30) ** 2 < 18**2
        Image.fromarray(np.where(inside[..., None], (90, 30, 60), (230, 240, 220)).astype(np.uint8)).save(
            root / f"{number}.png"
        )
    return find_examples(root, config())


def test_sketch_is_drawn_where_the_target_has_its_edges(tmp_path: Path) -> None:
    settings = config(task="sketch", colour_space="rgb", pens=("outline",), rotation=20.0)
    drawn = 0
    for batch in batches(discs(tmp_path), settings, 0, 3):
        for target, condition in zip(batch["target"], batch["condition"], strict=True):
            level = target[..., 1].astype(int)
            edges = ndimage.maximum_filter(level, 3) - ndimage.minimum_filter(level, 3) > 60
            near = ndimage.binary_dilation(edges, iterations=3)  # how far the pen's own blur reaches
            ink = condition[..., 0] < 128
            assert not (ink & ~near).any()
            drawn += int(ink.sum())
    assert drawn > 12 * 32  # twelve pictures, each with a line about as long as its side


def test_sketch_is_the_same_again_but_not_alike(tmp_path: Path) -> None:
    settings = config(task="sketch", colour_space="rgb", batch=16)
    examples = discs(tmp_path)
    first = batches(examples, settings, 0, 2)
    assert_same(first, batches(examples, settings, 0, 2))
    assert len({condition.tobytes() for condition in first[0]["condition"]}) == 16


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_noise_changes_the_condition_alone(tmp_path: Path, task: str, layout: str) -> None:
    make_layout(tmp_path, layout)
    made = []
    for noise in (0.001, 0.05):  # the lesser is below half a level: none, but with a condition for the photo too
        settings = config(task=task, layout=layout, colour_space="rgb", hinted=1.0, noise=noise)
        (batch,) = batches(find_examples(tmp_path, settings), settings, 2, 3)
        made.append(batch)
    clean, noisy = made
    for name in ("target", "boxes"):
        np.testing.assert_array_equal(clean[name], noisy[name])
    difference = np.abs(clean["condition"].astype(float) - noisy["condition"])
    # the mean of |noise| is 0.8 sigma, 10 levels of 255, less what is cut off at white
    assert 4 < difference.mean() < 12


def test_ageing_changes_the_condition_of_a_share_of_the_photographs_and_nothing_else(folder: Path) -> None:
    examples = find_examples(folder, config())
    (plain,) = batches(examples, config(batch=64), 2, 3)
    (aged,) = batches(examples, config(batch=64, aged=0.5), 2, 3)
    assert aged.keys() == {*plain, "condition"}
    for name in plain:
        np.testing.assert_array_equal(plain[name], aged[name])
    assert (aged["condition"].shape, aged["condition"].dtype) == ((64, 32, 32, 3), np.uint8)
    changed = (aged["condition"] != plain["target"]).any(axis=(1, 2, 3))
    coloured = np.ptp(aged["condition"], axis=-1).any(axis=(1, 2))
    np.testing.assert_array_equal(changed, ~coloured)  # an aged one is grey, any other the target itself
    assert changed.sum() == pytest.approx(32, abs=16)  # four standard deviations of 64 throws
    assert_same([aged], batches(examples, config(batch=64, aged=0.5), 2, 3))
    (every,) = batches(examples, config(batch=64, aged=1.0), 2, 3)
    assert not np.ptp(every["condition"], axis=-1).any()


def test_noise_comes_on_top_of_ageing(folder: Path) -> None:
    examples = find_examples(folder, config())
    (aged,) = batches(examples, config(aged=1.0), 0, 1)
    (noisy,) = batches(examples, config(aged=1.0, noise=0.05), 0, 1)
    difference = noisy["condition"].astype(float) - aged["condition"]
    # 10 levels of 0.8 sigma, less what is cut off at black and white
    assert 4 < np.abs(difference).mean() < 12


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_share_of_hinted_pictures(folder: Path, share: float) -> None:
    settings = config(hinted=share, batch=64)
    (batch,) = batches(find_examples(folder, settings), settings, 0, 1)
    top, left, bottom, right = np.moveaxis(batch["boxes"], -1, 0)
    used = (bottom > top) & (right > left)
    if not share:
        assert not batch["boxes"].any()
        return
    # a geometric count: one picture in eight has none by chance, so of 64 eight, give or take four deviations of 2.6
    assert used.any(axis=1).sum() == pytest.approx(56, abs=11)
    assert batch["boxes"].min() >= 0
    assert batch["boxes"].max() <= 32
    assert (bottom - top).max() <= 9


@pytest.mark.parametrize("settings", [{"task": "sketch"}, {"layout": "pairs"}, {"layout": "twins"}])
def test_only_a_photographs_own_grey_can_be_aged(settings: dict[str, str]) -> None:
    config(**settings, colour_space="rgb")
    with pytest.raises(
        ValueError, match=r"aged = 0.5: only a photograph's own grey can be aged.* received .* Set aged to 0"
    ):
        config(**settings, colour_space="rgb", aged=0.5)


def test_closing_early_ends_the_threads(folder: Path) -> None:
    made = Loader(find_examples(folder, config()), config()).batches(0, 1_000_000)
    next(made)
    assert loader_threads()
    made.close()
    assert not loader_threads()


def sketch(**settings: Any) -> Config:
    return config(task="sketch", colour_space="rgb", **settings)


@pytest.mark.parametrize("layout", ["pairs", "twins"])
def test_a_share_of_the_pairs_is_drawn_anew_and_nothing_else_changes(tmp_path: Path, layout: str) -> None:
    make_layout(tmp_path, layout)
    examples = find_examples(tmp_path, sketch(layout=layout))
    (plain,) = batches(examples, sketch(layout=layout, batch=64), 2, 3)
    (some,) = batches(examples, sketch(layout=layout, batch=64, redrawn=0.5), 2, 3)
    for name in ("target", "boxes"):
        np.testing.assert_array_equal(plain[name], some[name])
    assert (some["condition"].shape, some["condition"].dtype) == ((64, 32, 32, 3), np.uint8)
    changed = (some["condition"] != plain["condition"]).any(axis=(1, 2, 3))
    assert changed.sum() == pytest.approx(32, abs=16)  # four standard deviations of 64 throws
    # what is drawn is grey and mostly paper; the data's own, a negative, is neither
    drawn = np.ptp(some["condition"], axis=-1).max(axis=(1, 2)) == 0
    np.testing.assert_array_equal(drawn, changed)
    assert np.median(some["condition"][drawn]) == 255
    assert_same([some], batches(examples, sketch(layout=layout, batch=64, redrawn=0.5), 2, 3))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_share_of_the_sketches_is_scanned_and_nothing_else_changes(tmp_path: Path, layout: str) -> None:
    make_layout(tmp_path, layout)
    examples = find_examples(tmp_path, sketch(layout=layout))
    (plain,) = batches(examples, sketch(layout=layout, batch=64), 1, 2)
    (some,) = batches(examples, sketch(layout=layout, batch=64, scanned=0.5), 1, 2)
    assert {name: array.shape for name, array in some.items()} == {name: array.shape for name, array in plain.items()}
    for name in ("target", "boxes"):
        np.testing.assert_array_equal(plain[name], some[name])
    changed = (some["condition"] != plain["condition"]).any(axis=(1, 2, 3))
    assert changed.sum() == pytest.approx(32, abs=16)  # four standard deviations of 64 throws
    assert not np.ptp(some["condition"][changed], axis=-1).any()  # a scan is grey
    assert_same([some], batches(examples, sketch(layout=layout, batch=64, scanned=0.5), 1, 2))


def test_scans_are_also_of_what_was_drawn_anew(tmp_path: Path) -> None:
    make_layout(tmp_path, "pairs")
    both = sketch(layout="pairs", batch=32, redrawn=1.0, scanned=1.0)
    examples = find_examples(tmp_path, both)
    (drawn,) = batches(examples, sketch(layout="pairs", batch=32, redrawn=1.0), 0, 1)
    (scanned,) = batches(examples, both, 0, 1)
    alike = [
        np.corrcoef(one[..., 0].ravel(), other[..., 0].ravel())[0, 1]
        for one, other in zip(drawn["condition"], scanned["condition"], strict=True)
    ]
    assert np.median(alike) > 0.5
    assert (drawn["condition"] != scanned["condition"]).any(axis=(1, 2, 3)).sum() >= 28  # few stay clean


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"task": "sketch", "redrawn": 0.5},
            "redrawn = 0.5: only a sketch that the data brings.* received 'sketch' and",
        ),
        ({"layout": "pairs", "redrawn": 0.5}, "redrawn = 0.5: .* received 'photo' and 'pairs'. Set redrawn to 0"),
        ({"scanned": 0.5}, "scanned = 0.5: only a drawing can look scanned.* received 'photo'. Set scanned to 0"),
    ],
)
def test_settings_about_drawings_need_drawings(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        config(**settings, colour_space="rgb")
