"""Sources, the split, and batches that can be made again from any step."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import draw_scene
from trainer import data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten pictures in a folder and ten in a shard of it."""
    root = tmp_path_factory.mktemp("data")
    for number in range(10):
        draw_scene(80 + number, 70, number).save(root / f"plain_{number}.png")
    with tarfile.open(root / "shard-000000.tar", "w") as shard:
        for number in range(10):
            buffer = io.BytesIO()
            draw_scene(64, 90, 100 + number).save(buffer, "JPEG", quality=95)
            info = tarfile.TarInfo(f"packed_{number}.jpg")
            info.size = len(buffer.getvalue())
            shard.addfile(info, io.BytesIO(buffer.getvalue()))
        info = tarfile.TarInfo("notes.txt")
        shard.addfile(info, io.BytesIO())
    return root


def test_folder_and_shards_are_found_together(folder: Path) -> None:
    pictures = data.find_pictures(folder)
    assert len(pictures) == 20
    sizes = {picture.name: picture.open().size for picture in pictures}
    assert sizes["plain_3.png"] == (83, 70)
    assert sizes["packed_3.jpg"] == (64, 90)


def test_one_shard_alone_is_a_source(folder: Path) -> None:
    assert len(data.find_pictures(folder / "shard-000000.tar")) == 10


def test_missing_and_empty_sources_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"No data at .*nowhere"):
        data.find_pictures(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="No picture under"):
        data.find_pictures(tmp_path)


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff nonsense")
    with pytest.raises(ValueError, match=r"Picture bad\.jpg in bad\.jpg can't be read"):
        data.find_pictures(tmp_path)[0].open()


def test_a_damaged_picture_is_skipped_and_reported_once(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pictures = [*data.find_pictures(folder)[:3]]
    (tmp_path / "bad.jpg").write_bytes(b"nonsense")
    pictures += data.find_pictures(tmp_path)
    made = data.epoch(pictures, size=32, batch=4, scale=0.5, seed=3, epoch=0, steps=4)
    assert sum(batch["rgb"].shape[0] for batch in made.as_numpy_iterator()) == 16
    skipped = [record.message for record in caplog.records if "Skipped" in record.message]
    assert len(skipped) == 1
    assert "bad.jpg" in skipped[0]


def test_the_split_goes_by_name_alone(folder: Path) -> None:
    pictures = data.find_pictures(folder)
    training, held_out = data.split(pictures, one_in=4)
    assert len(training) + len(held_out) == 20
    assert held_out
    assert data.split(held_out, one_in=4) == ([], held_out)


def test_crops_are_upright_squares_of_the_picture(folder: Path) -> None:
    picture = data.find_pictures(folder)[0]
    crops = [data.random_crop(picture, 32, 0.5, np.random.default_rng(seed)) for seed in range(4)]
    assert all(crop.shape == (32, 32, 3) and crop.dtype == np.uint8 for crop in crops)
    assert len({crop.tobytes() for crop in crops}) == 4


def test_exif_orientation_is_obeyed(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    draw_scene(60, 40, 0).save(tmp_path / "turned.jpg", exif=exif)
    assert data.find_pictures(tmp_path)[0].open().size == (40, 60)


def batches(folder: Path, epoch: int, first_step: int = 0) -> list[dict[str, np.ndarray]]:
    made = data.epoch(
        data.find_pictures(folder), size=32, batch=4, scale=0.5, seed=3, epoch=epoch, steps=6, first_step=first_step
    )
    return list(made.as_numpy_iterator())


def test_an_epoch_can_be_entered_at_any_step(folder: Path) -> None:
    whole, rest = batches(folder, 1), batches(folder, 1, first_step=4)
    assert len(whole) == 6
    assert len(rest) == 2
    for a, b in zip(whole[4:], rest, strict=True):
        np.testing.assert_array_equal(a["rgb"], b["rgb"])
        np.testing.assert_array_equal(a["seed"], b["seed"])


def test_every_picture_is_seen_once_a_lap(folder: Path) -> None:
    pictures = data.find_pictures(folder)
    laps = [data._permutation(len(pictures), 3, lap) for lap in (0, 1)]
    assert sorted(laps[0]) == sorted(laps[1]) == list(range(20))
    assert (laps[0] != laps[1]).any()


def test_epochs_differ(folder: Path) -> None:
    assert (batches(folder, 0)[0]["rgb"] != batches(folder, 1)[0]["rgb"]).any()
