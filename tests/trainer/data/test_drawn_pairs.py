"""`draw` makes pairs that the trainer reads: names, halves and the split stay, and a second call goes on."""

from __future__ import annotations

import logging
import tarfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from tests.conftest import draw_scene, draw_scenes
from trainer.commands import draw
from trainer.config import make_config
from trainer.data import drawn_pairs
from trainer.data.sources import find_examples, split

PAIRS = make_config({"task": "sketch", "layout": "pairs", "colour_space": "rgb"})


def call(*arguments: object) -> Result:
    return CliRunner().invoke(draw.command, [str(word) for word in arguments])


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Pictures of two formats, in a folder within the folder and in a shard."""
    root = draw_scenes(tmp_path / "data", 3, 70, 50)
    draw_scenes(tmp_path / "more", 2, 50, 70).rename(root / "sub")
    draw_scene(64, 64, 9).save(tmp_path / "packed.jpg")
    with tarfile.open(root / "shard.tar", "w") as shard:
        shard.add(tmp_path / "packed.jpg", "book/packed.jpg")
    return root


def test_pairs_keep_names_and_split_and_are_read_back_the_right_way_round(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "pairs"
    result = call(data, "--out", out, "--pen", "outline")
    assert result.exit_code == 0, result.output + repr(result.exception)
    assert f"Pairs in {out}: 6 drawn." in result.output
    pictures, pairs = find_examples(data, make_config({})), find_examples(out, PAIRS)
    assert [pair.name for pair in pairs] == [picture.name for picture in pictures]
    for before, after in zip(split(pictures, 3), split(pairs, 3), strict=True):
        assert [example.name for example in before] == [example.name for example in after]
    for picture, pair in zip(pictures, pairs, strict=True):
        plain = np.asarray(picture.open()[0]).astype(int)
        target, condition = (np.asarray(half).astype(int) for half in pair.open())
        assert target.shape == condition.shape == plain.shape
        # PNG keeps all; a JPEG of quality 95 is a few levels off
        assert np.abs(target - plain).mean() < (3 if picture.name.endswith("jpg") else 1e-9)
        assert np.ptp(condition, axis=-1).max() <= (12 if picture.name.endswith("jpg") else 0)
        assert np.median(condition) >= 250
        assert condition.min() < 100


def test_second_call_draws_only_what_is_missing_and_the_same(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs"
    call(data, "--out", out, "--pen", "xdog")
    whole = files(out)
    (out / "scene_01.png").unlink()
    (out / "sub" / "scene_00.png").write_bytes(b"kept as it is")
    (out / "scene_02.png.tmp").write_bytes(b"of a crash")
    result = call(data, "--out", out, "--pen", "xdog")
    assert "1 drawn, 5 there already." in result.output
    after = files(out)
    assert after["scene_01.png"] == whole["scene_01.png"]
    assert after["sub/scene_00.png"] == b"kept as it is"
    assert len(find_examples(out, PAIRS)) == 6  # a crash's leftover is no picture


def test_size_and_limit(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs"
    assert call(data, "--out", out, "--pen", "ink", "--size", 25, "--limit", 4).exit_code == 0
    sizes = {name: example.open()[0].size for example in find_examples(out, PAIRS) for name in [example.name]}
    chosen = find_examples(data, make_config({"limit": 4}))
    assert list(sizes) == [example.name for example in chosen]
    assert {min(size) for size in sizes.values()} == {25}


def test_a_very_tall_picture_still_makes_a_pair(tmp_path: Path) -> None:
    draw_scenes(tmp_path / "data", 1, 40, 160)
    assert call(tmp_path / "data", "--out", tmp_path / "pairs", "--pen", "ink").exit_code == 0
    (pair,) = find_examples(tmp_path / "pairs", PAIRS)
    assert pair.open()[0].size == (40, 79)


def test_unreadable_picture_is_reported_and_left_out(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (data / "scene_00.png").write_bytes(b"nonsense")
    result = call(data, "--out", tmp_path / "pairs", "--pen", "ink")
    assert result.exit_code == 0
    assert "5 drawn, 1 unreadable and left out." in result.output
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.message.startswith("Left out: Picture scene_00.png in scene_00.png can't be read")


def test_a_crash_while_writing_leaves_no_half_picture(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Image.Image, file: Path, *_: object, **__: object) -> None:
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    result = call(data, "--out", tmp_path / "pairs", "--pen", "ink")
    assert isinstance(result.exception, OSError)
    assert all(name.endswith(".tmp") for name in files(tmp_path / "pairs"))


def test_names_that_can_be_no_files_of_the_folder_are_told(tmp_path: Path) -> None:
    draw_scene(32, 32, 0).save(tmp_path / "a.png")
    for shard, names in {"twice": ["same.png", "same.png"], "outside": ["../out.png"]}.items():
        with tarfile.open(tmp_path / f"{shard}.tar", "w") as archive:
            for name in names:
                archive.add(tmp_path / "a.png", name)
    same = call(tmp_path / "twice.tar", "--out", tmp_path / "pairs", "--pen", "ink")
    assert "2 pictures are named same.png. Expected a name for each" in str(same.exception)
    outside = call(tmp_path / "outside.tar", "--out", tmp_path / "pairs", "--pen", "ink")
    assert "../out.png would lie outside" in str(outside.exception)
    assert not (tmp_path / "out.png").exists()
    (tmp_path / "batch.bin").write_bytes(bytes(3073))
    cifar = call(tmp_path / "batch.bin", "--out", tmp_path / "pairs", "--pen", "ink")
    assert "batch.bin/00000 is no name of a picture file" in str(cifar.exception)


def test_mistakes_are_told(data: Path, tmp_path: Path) -> None:
    pen = call(data, "--out", tmp_path / "pairs", "--pen", "crayon")
    assert pen.exit_code == 2
    assert "'crayon' draws nothing. Expected one of xdog, outline, pencil, ink, hed" in " ".join(pen.output.split())
    inside = call(data, "--out", data / "pairs", "--pen", "ink")
    assert inside.exit_code == 2
    assert "would be taken for pictures next time" in " ".join(inside.output.split())
    assert "No data at" in str(call(tmp_path / "none", "--out", tmp_path / "pairs", "--pen", "ink").exception)


def test_every_pen_can_be_asked_for_and_the_detector_is_the_usual_one(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def drawer(name: str) -> drawn_pairs.Drawer:
        asked.append(name)
        return lambda picture, random: picture[..., :1]

    monkeypatch.setattr(drawn_pairs, "drawer", drawer)
    for pen in drawn_pairs.drawers():
        assert call(data, "--out", tmp_path / pen, "--pen", pen, "--limit", 1).exit_code == 0
    assert call(data, "--out", tmp_path / "usual", "--limit", 1).exit_code == 0
    assert asked == ["xdog", "outline", "pencil", "ink", "hed", "hed"]
