"""The three layouts of data, the limit, and the split by name."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.conftest import draw_scene
from trainer.config import Config, make_config
from trainer.data.pictures import Picture
from trainer.data.sources import Example, find_examples, leave_out, split


def named(count: int) -> list[Example]:
    return [Example(Picture(f"{number:05}.png", Path("nowhere"), 0, 0)) for number in range(count)]


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Thirty pictures; they are found, not opened."""
    for number in range(30):
        (tmp_path / f"{number:02}.png").touch()
    return tmp_path


def twins(root: Path, suffix: str = "png", folders: tuple[str, str] = ("colour", "grey")) -> Path:
    for folder in folders:
        (root / folder / "sub").mkdir(parents=True)
    for number, name in enumerate(("a.b", "sub/c")):
        scene = draw_scene(60, 40, number)
        scene.save(root / folders[0] / f"{name}.{suffix}")
        scene.convert("L").save(root / folders[1] / f"{name}.png")
    return root


def config(**settings: Any) -> Config:
    return make_config(settings)


def test_coloured_pictures_have_no_condition_of_their_own(tmp_path: Path) -> None:
    draw_scene(60, 40, 0).save(tmp_path / "a.png")
    (example,) = find_examples(tmp_path, config())
    target, condition = example.open()
    assert example.name == "a.png"
    assert condition is None
    np.testing.assert_array_equal(np.asarray(target), np.asarray(draw_scene(60, 40, 0)))


@pytest.mark.parametrize("side", ["left", "right"])
def test_pair_is_parted_in_its_middle(tmp_path: Path, side: str) -> None:
    halves = {"left": draw_scene(60, 50, 0), "right": draw_scene(60, 50, 1)}
    pair = Image.new("RGB", (120, 50))
    pair.paste(halves["left"], (0, 0))
    pair.paste(halves["right"], (60, 0))
    pair.save(tmp_path / "pair.png")
    (example,) = find_examples(tmp_path, config(layout="pairs", target_side=side))
    target, condition = example.open()
    assert condition is not None
    np.testing.assert_array_equal(np.asarray(target), np.asarray(halves.pop(side)))
    np.testing.assert_array_equal(np.asarray(condition), np.asarray(halves.popitem()[1]))


def test_large_jpeg_pair_is_parted_at_full_size(tmp_path: Path) -> None:
    draw_scene(1018, 500, 0).save(tmp_path / "pair.jpg")
    (example,) = find_examples(tmp_path, config(layout="pairs"))
    target, condition = example.open(least=64)  # an eighth of the width would be odd
    assert condition is not None
    assert target.size == condition.size == (509, 500)


@pytest.mark.parametrize("size", [(301, 100), (300, 300), (100, 300)])
def test_picture_that_is_no_pair_is_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    draw_scene(*size, 0).save(tmp_path / "single.png")
    (example,) = find_examples(tmp_path, config(layout="pairs"))
    with pytest.raises(
        ValueError,
        match=rf"Picture single\.png is {size[0]}x{size[1]}: not two pictures .* even width, as in 1024x512; or set "
        "layout to colour",
    ):
        example.open()


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_twins_meet_by_name_whatever_their_format(tmp_path: Path, suffix: str) -> None:
    examples = find_examples(twins(tmp_path, suffix), config(layout="twins"))
    assert [example.name for example in examples] == [f"a.b.{suffix}", f"sub/c.{suffix}"]
    for number, example in enumerate(examples):
        target, condition = example.open()
        assert condition is not None
        scene = draw_scene(60, 40, number)
        np.testing.assert_array_equal(np.asarray(condition.convert("L")), np.asarray(scene.convert("L")))
        if suffix == "png":
            np.testing.assert_array_equal(np.asarray(target), np.asarray(scene))


def test_twin_folders_have_other_names(tmp_path: Path) -> None:
    twins(tmp_path, folders=("B", "A"))
    assert len(find_examples(tmp_path, config(layout="twins", twin_folders=("B", "A")))) == 2


@pytest.mark.parametrize("missing", ["colour", "grey"])
def test_missing_twin_folder_is_named(tmp_path: Path, missing: str) -> None:
    twins(tmp_path)
    (tmp_path / missing).rename(tmp_path / "elsewhere")
    with pytest.raises(FileNotFoundError, match=rf"No folder {missing} in .*--set twin_folders="):
        find_examples(tmp_path, config(layout="twins"))


def test_missing_twin_is_named(tmp_path: Path) -> None:
    twins(tmp_path)
    (tmp_path / "grey" / "sub" / "c.png").rename(tmp_path / "grey" / "sub" / "d.png")
    with pytest.raises(ValueError, match=r"1 of 2 pictures in colour have no twin in grey, sub/c\.png among them"):
        find_examples(tmp_path, config(layout="twins"))


def test_condition_without_a_target_is_not_an_example(tmp_path: Path) -> None:
    twins(tmp_path)
    draw_scene(60, 40, 5).save(tmp_path / "grey" / "alone.png")
    assert len(find_examples(tmp_path, config(layout="twins"))) == 2


def test_smaller_twin_is_fine_but_not_one_of_another_shape(tmp_path: Path) -> None:
    twins(tmp_path)
    draw_scene(31, 20, 0).save(tmp_path / "grey" / "a.b.png")
    draw_scene(40, 60, 0).save(tmp_path / "grey" / "sub" / "c.png")
    smaller, turned = find_examples(tmp_path, config(layout="twins"))
    assert [image and image.size for image in smaller.open()] == [(60, 40), (31, 20)]
    with pytest.raises(ValueError, match=r"Picture sub/c\.png and its twin differ in shape: 60x40 and 40x60\."):
        turned.open()


def test_limit_takes_so_many_drawn_by_the_seed(many: Path) -> None:
    drawn = {seed: [example.name for example in find_examples(many, config(limit=12, seed=seed))] for seed in (0, 1)}
    again = [example.name for example in find_examples(many, config(limit=12, seed=0))]
    assert drawn[0] == again
    assert drawn[0] != drawn[1]
    for names in drawn.values():
        assert len(set(names)) == 12
        assert names == sorted(names)
        assert names[0] < "12.png" < names[-1]  # not merely the first or the last; true of both seeds


@pytest.mark.parametrize("limit", [0, 30, 31])
def test_limit_off_or_beyond_takes_all(many: Path, limit: int) -> None:
    assert len(find_examples(many, config(limit=limit))) == 30


def test_missing_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="No data at"):
        find_examples(tmp_path / "nowhere", config())


def test_split_goes_by_name_alone() -> None:
    examples = named(2000)
    training, held_out = split(examples, one_in=20)
    assert sorted([*training, *held_out], key=lambda example: example.name) == examples
    assert held_out == [example for example in examples if zlib.crc32(example.name.encode()) % 20 == 0]
    # fewer of them, elsewhere: each stays on its side
    assert split(held_out[::2], one_in=20) == ([], held_out[::2])
    assert split(training[::3], one_in=20) == (training[::3], [])


def test_whole_sources_are_left_out_by_their_files_names() -> None:
    names = ["web_1.jpg", "website_1.jpg", "folder/web_2.jpg", "webs/other_1.jpg"]
    examples = [Example(Picture(name, Path(name), 0, 1)) for name in names]
    assert [example.name for example in leave_out(examples, ("web_",))] == ["website_1.jpg", "webs/other_1.jpg"]
    assert leave_out(examples, ()) == examples


def test_one_in_twenty_is_among_one_in_five() -> None:
    examples = named(2000)
    twentieth, fifth = split(examples, 20)[1], split(examples, 5)[1]
    assert len(twentieth) == pytest.approx(100, abs=40)  # four standard deviations
    assert len(fifth) == pytest.approx(400, abs=72)
    assert set(twentieth) < set(fifth)
