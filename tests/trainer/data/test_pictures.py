"""Pictures are found wherever they lie and decoded as they are meant to look, or refused by name."""

from __future__ import annotations

import io
import re
import tarfile
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from PIL import Image

from tests.conftest import draw_scene
from trainer.data.pictures import find_pictures


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def pack(path: Path, files: dict[str, bytes], mode: Literal["w", "w:gz"] = "w") -> Path:
    with tarfile.open(path, mode) as shard:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            shard.addfile(info, io.BytesIO(content))
    return path


def only(path: Path, least: int = 0) -> Image.Image:
    """The one picture under a path, opened."""
    (picture,) = find_pictures(path)
    return picture.open(least)


def pixels(image: Image.Image) -> np.ndarray:
    assert image.mode == "RGB"
    return np.asarray(image)


def test_folder_is_searched_to_its_bottom(tmp_path: Path) -> None:
    (tmp_path / "sub" / "album.jpg").mkdir(parents=True)  # a folder, whatever it is called
    draw_scene(50, 40, 1).save(tmp_path / "sub" / "b.png")
    draw_scene(30, 20, 2).save(tmp_path / "z.BMP")
    draw_scene(40, 30, 0).save(tmp_path / "sub" / "album.jpg" / "a.webp", lossless=True)
    (tmp_path / "notes.txt").write_text("no picture")
    pictures = find_pictures(tmp_path)
    assert [picture.name for picture in pictures] == ["sub/album.jpg/a.webp", "sub/b.png", "z.BMP"]
    for picture, scene in zip(pictures, [(40, 30, 0), (50, 40, 1), (30, 20, 2)], strict=True):
        np.testing.assert_array_equal(pixels(picture.open()), np.asarray(draw_scene(*scene)))


def test_shards_and_files_are_found_together(tmp_path: Path) -> None:
    scenes = {f"packed_{number}.jpg": encoded(draw_scene(64, 90, number), "JPEG") for number in range(3)}
    pack(tmp_path / "shard-000000.tar", {**scenes, "notes.txt": b"no picture"})
    draw_scene(80, 70, 9).save(tmp_path / "plain.png")
    pictures = find_pictures(tmp_path)
    assert [picture.name for picture in pictures] == [*scenes, "plain.png"]
    for picture, content in zip(pictures, scenes.values(), strict=False):
        np.testing.assert_array_equal(pixels(picture.open()), np.asarray(Image.open(io.BytesIO(content))))


def test_one_file_alone_is_a_source(tmp_path: Path) -> None:
    scenes = {f"sub/{number}.png": encoded(draw_scene(20, 20, number)) for number in range(4)}
    shard = pack(tmp_path / "shard-000000.tar", scenes)
    draw_scene(20, 20, 9).save(tmp_path / "plain.png")
    assert [picture.name for picture in find_pictures(shard)] == list(scenes)
    assert [picture.name for picture in find_pictures(tmp_path / "plain.png")] == ["plain.png"]


def test_same_name_in_two_shards_is_two_pictures(tmp_path: Path) -> None:
    for number in range(2):
        pack(tmp_path / f"shard-{number}.tar", {"0.png": encoded(draw_scene(20, 20, number))})
    pictures = find_pictures(tmp_path)
    assert [picture.name for picture in pictures] == ["0.png", "0.png"]
    for number, picture in enumerate(pictures):
        np.testing.assert_array_equal(pixels(picture.open()), np.asarray(draw_scene(20, 20, number)))


def test_cifar_batches_are_read_plane_by_plane(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    records = random.integers(0, 256, (2, 3, 1 + 3 * 1024), np.uint8)
    for number, batch in enumerate(records, start=1):
        (tmp_path / f"data_batch_{number}.bin").write_bytes(batch.tobytes())
    pictures = find_pictures(tmp_path)
    assert [picture.name for picture in pictures] == [
        f"data_batch_{batch}.bin/{number:05}" for batch in (1, 2) for number in range(3)
    ]
    for picture, record in zip(pictures, records.reshape(6, -1), strict=True):
        shown = pixels(picture.open())
        assert shown.shape == (32, 32, 3)
        for channel in range(3):  # the label, then 1024 bytes of red, of green, of blue, each row by row
            plane = record[1 + 1024 * channel :][:1024]
            np.testing.assert_array_equal(shown[..., channel].ravel(), plane)


def test_bin_of_another_length_is_no_cifar_batch(tmp_path: Path) -> None:
    (tmp_path / "data_batch_1.bin").write_bytes(bytes(3 * 3074))  # CIFAR-100 has two labels a record
    with pytest.raises(ValueError, match=r"data_batch_1\.bin is no CIFAR-10 batch: 9222 bytes .* multiple of 3073"):
        find_pictures(tmp_path)


def test_missing_and_empty_sources_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"No data at .*nowhere.* Expected a folder"):
        find_pictures(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=rf"No picture under {re.escape(str(tmp_path))}\. Expected \.jpg"):
        find_pictures(tmp_path)
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(ValueError, match="No picture under"):
        find_pictures(tmp_path / "notes.txt")


def test_damaged_and_truncated_pictures_are_named(tmp_path: Path) -> None:
    whole = encoded(draw_scene(100, 100, 0), "JPEG")
    for name, content in {"bad.jpg": b"\xff\xd8\xff nonsense", "cut.jpg": whole[: len(whole) // 2]}.items():
        file = tmp_path / name
        file.write_bytes(content)
        (picture,) = find_pictures(file)
        with pytest.raises(ValueError, match=rf"Picture {re.escape(name)} in {re.escape(name)} can't be read"):
            picture.open()


def test_picture_that_went_away_is_named(tmp_path: Path) -> None:
    file = tmp_path / "gone.png"
    draw_scene(20, 20, 0).save(file)
    (picture,) = find_pictures(file)
    file.unlink()
    with pytest.raises(ValueError, match=r"Picture gone\.png in gone\.png can't be read \(.*No such file"):
        picture.open()


def test_decompression_bomb_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_scene(60, 50, 0).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)  # Pillow refuses twice as many
    with pytest.raises(ValueError, match=r"Picture bomb\.png .*3000 pixels"):
        only(tmp_path)


@pytest.mark.parametrize("how", ["no tar", "cut short", "compressed"])
def test_shard_that_cannot_be_indexed_is_named(tmp_path: Path, how: str) -> None:
    shard = tmp_path / "shard-000000.tar"
    # noise, so that the cut falls into the last picture and not into the archive's padding
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    pack(shard, {"0.png": encoded(Image.fromarray(noise))}, "w:gz" if how == "compressed" else "w")
    if how != "compressed":
        shard.write_bytes(b"nonsense" * 200 if how == "no tar" else shard.read_bytes()[:3000])
    with pytest.raises(ValueError, match=r"Shard shard-000000\.tar can't be read .* uncompressed tar"):
        find_pictures(tmp_path)


@pytest.mark.parametrize(("orientation", "quarters", "mirrored"), [(2, 0, True), (3, 2, False), (6, -1, False)])
def test_exif_orientation_is_obeyed(tmp_path: Path, orientation: int, quarters: int, mirrored: bool) -> None:
    scene, exif = draw_scene(60, 40, 0), Image.Exif()
    exif[0x0112] = orientation
    scene.save(tmp_path / "turned.png", exif=exif)
    upright = np.rot90(np.asarray(scene), quarters)
    np.testing.assert_array_equal(pixels(only(tmp_path)), upright[:, ::-1] if mirrored else upright)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_lies_on_white(tmp_path: Path, mode: str) -> None:
    image = Image.new("RGBA", (3, 1), (0, 0, 0, 255))
    image.putpixel((1, 0), (0, 0, 0, 0))
    if mode == "P":
        image = Image.new("P", (3, 1))
        image.putpalette([0, 0, 0, 90, 10, 10])
        image.putpixel((1, 0), 1)
        image.save(tmp_path / "clear.png", transparency=1)
    else:
        image.putpixel((2, 0), (0, 0, 0, 128))
        image.convert(mode).save(tmp_path / "clear.png")
    shown = pixels(only(tmp_path))[0]
    assert shown[0].tolist() == [0, 0, 0]
    assert shown[1].tolist() == [255, 255, 255]
    assert shown[2].tolist() == ([0, 0, 0] if mode == "P" else [127, 127, 127])


def test_grey_and_cmyk_become_rgb(tmp_path: Path) -> None:
    Image.new("L", (4, 4), 77).save(tmp_path / "grey.png")
    assert pixels(only(tmp_path / "grey.png"))[0, 0].tolist() == [77, 77, 77]
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "red.tif")
    assert pixels(only(tmp_path / "red.tif"))[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_are_scaled_to_eight(tmp_path: Path, suffix: str) -> None:
    ramp = np.arange(256, dtype=np.uint16)[None] * 257
    Image.fromarray(ramp).save(tmp_path / f"scan.{suffix}")
    np.testing.assert_array_equal(pixels(only(tmp_path))[0, :, 0], np.arange(256))


def test_floating_point_samples_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((4, 4), np.float32)).save(tmp_path / "depth.tif")
    with pytest.raises(ValueError, match=r"Picture depth\.tif .*32 bits"):
        only(tmp_path)


@pytest.mark.parametrize("least", [60, 100, 130, 241, 500])
def test_jpeg_comes_smaller_but_not_below_the_least(tmp_path: Path, least: int) -> None:
    scene = draw_scene(641, 481, 0)
    scene.save(tmp_path / "large.jpg", quality=95)
    small = only(tmp_path, least)
    scale = max(scale for scale in (1, 2, 4, 8) if scale == 1 or 481 // scale >= least)
    assert small.size == (-(-641 // scale), -(-481 // scale))
    expected = np.asarray(scene.resize(small.size, Image.Resampling.BOX), float)
    # a decoder's scaling is not quite a box's, and the scene's noise is 5 levels
    assert np.abs(pixels(small) - expected).mean() < 3


def test_other_formats_come_whole(tmp_path: Path) -> None:
    draw_scene(640, 480, 0).save(tmp_path / "large.png")
    assert only(tmp_path, 32).size == (640, 480)
