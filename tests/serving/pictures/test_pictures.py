"""Reading untrusted bytes and writing pictures, by pixels and messages."""

from __future__ import annotations

import contextlib
import time
import tracemalloc
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from serving.errors import HandtintError, OptionError, PictureError, PictureTooLarge, UnreadablePicture
from serving.pictures import Picture, eight_bit, encode_picture, read_file, read_picture
from tests.serving.sample_pictures import (
    ALPHA,
    BAD,
    GOOD,
    GREY,
    HEIGHT,
    IMAGE,
    RGBA,
    WIDTH,
    encode,
    png_16_bit,
    with_orientation,
)

TRUTH = np.dstack([GREY] * 3)
LOSSY = {"grey.jpg": 1, "cmyk.jpg": 2, "turned.jpg": 1}  # what JPEG at quality 100 may change


@pytest.mark.parametrize("name", [name for name in GOOD if name != "pixel.png"])
def test_every_good_picture_becomes_the_scene(name: str) -> None:
    picture = read_picture(GOOD[name])
    assert (picture.width, picture.height) == (WIDTH, HEIGHT)
    assert picture.rgb.dtype == (np.uint16 if "16" in name else np.uint8)
    assert np.abs(eight_bit(picture.rgb).astype(int) - TRUTH).max() <= LOSSY.get(name, 0)


@pytest.mark.parametrize("name", ["rgba.png", "la.png"])
def test_alpha_is_kept_beside_the_colours(name: str) -> None:
    np.testing.assert_array_equal(read_picture(GOOD[name]).alpha, ALPHA)


@pytest.mark.parametrize("name", ["grey.jpg", "rgb.png", "lossless.webp", "grey16.tif"])
def test_without_alpha_there_is_none(name: str) -> None:
    assert read_picture(GOOD[name]).alpha is None


def test_a_transparent_palette_entry_becomes_alpha() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((1, 0), 1)
    picture = read_picture(encode(image, "PNG", transparency=0))
    np.testing.assert_array_equal(picture.rgb, [[[10, 20, 30], [40, 50, 60]]])
    np.testing.assert_array_equal(picture.alpha, [[0, 255]])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation_is_applied(orientation: int, format: str) -> None:
    stored = Image.fromarray(np.repeat(np.repeat([[10, 90], [170, 250]], 8, 0), 16, 1).astype(np.uint8))
    upright = {1: [10, 90, 170, 250], 2: [90, 10, 250, 170], 3: [250, 170, 90, 10], 4: [170, 250, 10, 90],
               5: [10, 170, 90, 250], 6: [170, 10, 250, 90], 7: [250, 90, 170, 10], 8: [90, 250, 10, 170]}  # fmt: skip
    if format == "TIFF":
        data = encode(stored, format, tiffinfo={274: orientation})
    else:
        data = with_orientation(stored.convert("RGB"), orientation, format)
    picture = read_picture(data)
    assert (picture.width, picture.height) == ((32, 16) if orientation < 5 else (16, 32))
    rows, columns = [picture.height // 4, 3 * picture.height // 4], [picture.width // 4, 3 * picture.width // 4]
    corners = [int(picture.rgb[row, column, 0]) for row in rows for column in columns]
    assert corners == pytest.approx(upright[orientation], abs=6)


def test_damaged_exif_does_not_matter() -> None:
    data = encode(IMAGE.convert("RGB"), "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    np.testing.assert_array_equal(read_picture(data).rgb, TRUTH)


@pytest.mark.parametrize(("sample", "pixel"), [(0, 0), (128, 0), (129, 1), (32768, 128), (65535, 255)])
def test_16_bits_are_kept_and_scaled_to_8_where_they_must(sample: int, pixel: int) -> None:
    picture = read_picture(png_16_bit(np.full((2, 3), sample, np.uint16)))
    assert picture.rgb.tolist() == [[[sample] * 3] * 3] * 2
    assert eight_bit(picture.rgb).tolist() == [[[pixel] * 3] * 3] * 2


def test_one_bit() -> None:
    picture = read_picture(encode(IMAGE.convert("1"), "PNG"))
    assert set(np.unique(picture.rgb)) == {0, 255}


@pytest.mark.parametrize("name", ["animated.gif", "animated.webp", "pages.tif"])
def test_leaving_frames_out_is_said(name: str) -> None:
    kind = {"gif": "frame of the GIF", "webp": "frame of the WebP", "tif": "page of the TIFF"}[name.split(".")[1]]
    assert read_picture(GOOD[name]).notes == (f"Only the first {kind} is coloured.",)


@pytest.mark.parametrize("name", list(BAD))
def test_every_bad_picture_is_a_clear_error(name: str) -> None:
    data, code, _ = BAD[name]
    with pytest.raises(PictureError) as caught:
        read_picture(data)
    assert caught.value.code == code
    assert caught.value.detail.endswith(".")
    assert caught.value.fix.endswith(".")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("page.jpg", "Expected a JPEG, PNG, WebP, TIFF or GIF; received an HTML page."),
        ("phone.jpg", "received a HEIC picture."),
        ("giant.png", "20000 x 20000 pixels (400.0 megapixels); expected at most 100 megapixels"),
        ("truncated.jpg", "The JPEG is cut short or damaged"),
        ("float.tif", "32-bit or floating-point samples; expected 8 or 16 bits"),
    ],
)
def test_messages_say_what_was_expected_and_received(name: str, message: str) -> None:
    with pytest.raises(HandtintError) as caught:
        read_picture(BAD[name][0])
    assert message in caught.value.detail


@pytest.mark.parametrize("name", ["giant.png", "giant.webp"])
def test_a_giant_is_refused_before_it_is_decoded(name: str) -> None:
    tracemalloc.start()
    started = time.monotonic()
    with pytest.raises(PictureTooLarge):
        read_picture(BAD[name][0])
    assert time.monotonic() - started < 0.5
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_the_pixel_limit_is_the_callers() -> None:
    assert read_picture(GOOD["rgb.png"], max_pixels=WIDTH * HEIGHT).width == WIDTH
    with pytest.raises(PictureTooLarge):
        read_picture(GOOD["rgb.png"], max_pixels=WIDTH * HEIGHT - 1)


def test_flipped_bytes_raise_nothing_else() -> None:
    names = sorted(GOOD)
    for seed in range(500):
        random = np.random.default_rng(seed)
        data = np.frombuffer(GOOD[names[seed % len(names)]], np.uint8).copy()
        data[random.integers(0, len(data), 5)] = random.integers(0, 256, 5)
        with contextlib.suppress(PictureError):
            picture = read_picture(data.tobytes(), max_pixels=1_000_000)
            assert picture.rgb.shape == (picture.height, picture.width, 3)


def test_png_keeps_every_pixel_and_alpha() -> None:
    picture = Picture(np.ascontiguousarray(RGBA[..., :3]), ALPHA)
    with Image.open(BytesIO(encode_picture(picture, "png"))) as image:
        assert image.format == "PNG"
        np.testing.assert_array_equal(np.asarray(image), RGBA)


def test_jpeg_lays_transparency_on_white() -> None:
    colours = np.zeros((8, 8, 3), np.uint8)
    alpha = np.zeros((8, 8), np.uint8)
    with Image.open(BytesIO(encode_picture(Picture(colours, alpha), "jpeg"))) as image:
        assert image.format == "JPEG"
        assert np.asarray(image).min() >= 254


def test_jpeg_quality_counts() -> None:
    picture = read_picture(GOOD["rgb.png"])
    assert len(encode_picture(picture, "jpeg", 30)) < len(encode_picture(picture, "jpeg", 95))


def test_the_orientation_is_not_written_again() -> None:
    data = encode_picture(read_picture(GOOD["turned.jpg"]), "jpeg")
    with Image.open(BytesIO(data)) as image:
        assert image.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize(("format", "quality"), [("gif", 90), ("jpeg", 0), ("jpeg", 101)])
def test_unknown_encodings_are_refused(format: str, quality: int) -> None:
    with pytest.raises(OptionError):
        encode_picture(read_picture(GOOD["rgb.png"]), format, quality)


def test_a_missing_file_says_so(tmp_path) -> None:
    with pytest.raises(UnreadablePicture, match="No such file or directory"):
        read_file(tmp_path / "none.jpg")
    with pytest.raises(UnreadablePicture, match="Is a directory"):
        read_file(tmp_path)
