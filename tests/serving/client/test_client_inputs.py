"""What counts as a picture: paths, bytes, arrays and PIL images, the same through `read_input` and `input_bytes`."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from serving.client import Colouriser
from serving.client.inputs import PictureInput, input_bytes, read_input
from serving.errors import (
    BrokenPicture,
    EmptyPicture,
    PictureError,
    PictureTooLarge,
    UnreadablePicture,
    UnsupportedPicture,
)
from serving.pictures import MAX_PIXELS, Picture, eight_bit, read_picture
from tests.serving.sample_pictures import ALPHA, BAD, GOOD, GREY, RGBA, WIDTH

RGB = np.repeat(GREY[..., None], 3, axis=-1)


def sent(picture: PictureInput, max_pixels: int) -> Picture:
    """As a gateway would read what it is sent."""
    return read_picture(input_bytes(picture, max_pixels))


both_ways = pytest.mark.parametrize("read", [read_input, sent])


@both_ways
@pytest.mark.parametrize(
    "picture",
    [
        GREY,
        RGB,
        RGB[:, ::-1][:, ::-1],  # not contiguous
        np.asfortranarray(RGB),
        Image.fromarray(GREY),
        Image.fromarray(RGB),
        Image.fromarray(GREY).convert("P"),
        Image.fromarray(GREY.astype(np.uint16) * 257),
        bytearray(GOOD["grey.png"]),
        memoryview(GOOD["grey.png"]),
    ],
    ids=["grey", "rgb", "view", "columns", "L", "RGB", "P", "I;16", "bytearray", "memoryview"],
)
def test_all_kinds_have_the_same_pixels(read: Callable[..., Picture], picture: PictureInput) -> None:
    found = read(picture, MAX_PIXELS)
    np.testing.assert_array_equal(eight_bit(found.rgb), RGB)
    assert found.alpha is None
    assert found.notes == ()


@both_ways
@pytest.mark.parametrize("picture", [RGBA, Image.fromarray(RGBA), Image.fromarray(RGBA).convert("LA")])
def test_alpha_is_kept(read: Callable[..., Picture], picture: PictureInput) -> None:
    found = read(picture, MAX_PIXELS)
    np.testing.assert_array_equal(found.alpha, ALPHA)
    np.testing.assert_array_equal(found.rgb, RGB)


@both_ways
def test_an_opened_file_is_what_its_bytes_are(read: Callable[..., Picture]) -> None:
    """Orientation, 16 bits, CMYK: PIL leaves all of that to the caller."""
    for name, data in GOOD.items():
        with Image.open(BytesIO(data)) as image:
            found = read(image, MAX_PIXELS)
        expected = read_picture(data).rgb
        if found.rgb.dtype != expected.dtype:  # PIL has 16 bits of grey only
            assert name == "rgb16.png"
            expected = eight_bit(expected)
        np.testing.assert_array_equal(found.rgb, expected, err_msg=name)


def test_a_frame_of_an_animation_is_the_one_it_stands_at() -> None:
    with Image.open(BytesIO(GOOD["animated.gif"])) as image:
        image.seek(1)
        second = read_input(image, MAX_PIXELS)
    np.testing.assert_array_equal(second.rgb, 255 - RGB)
    assert second.notes == ()


def test_the_callers_picture_is_left_alone(in_process: Colouriser) -> None:
    array, image = RGB.copy(), Image.fromarray(RGB)
    coloured = [in_process.colourise(picture).rgb for picture in (array, image, GOOD["grey.png"])]
    np.testing.assert_array_equal(array, RGB)
    np.testing.assert_array_equal(np.asarray(image), RGB)
    np.testing.assert_array_equal(coloured[0], coloured[2])
    np.testing.assert_array_equal(coloured[1], coloured[2])


@both_ways
@pytest.mark.parametrize(
    ("array", "kind", "words"),
    [
        (GREY.astype(np.uint16), UnsupportedPicture, "must be uint8; received uint16. Scale to 8 bits: (array >> 8)"),
        (GREY / np.float32(255), UnsupportedPicture, "must be uint8; received float32. Scale to 8 bits: (array * 255)"),
        (GREY > 100, UnsupportedPicture, "must be uint8; received bool. Convert it"),
        (GREY.astype(np.int64), UnsupportedPicture, "must be uint8; received int64. Convert it"),
        (GREY[0], UnsupportedPicture, f"[H, W, 4]; received [{WIDTH}]"),
        (GREY[..., None], UnsupportedPicture, "[H, W, 4]; received [60, 90, 1]"),
        (RGB[None], UnsupportedPicture, "[H, W, 4]; received [1, 60, 90, 3]. Give one picture at a time"),
        (RGB[:0], EmptyPicture, "has no pixels: its shape is [0, 90, 3]"),
        (np.zeros((1, 70_000), np.uint8), PictureTooLarge, "65535 pixels a side"),
        ([[1, 2], [3, 4]], UnsupportedPicture, "numpy array or a PIL image; received a list"),
        (None, UnsupportedPicture, "numpy array or a PIL image; received a NoneType"),
        (Image.fromarray(GREY / np.float32(255)), UnsupportedPicture, "32-bit or floating-point samples"),
    ],
)
def test_other_arrays_are_refused(
    read: Callable[..., Picture], array: PictureInput, kind: type[PictureError], words: str
) -> None:
    with pytest.raises(kind) as caught:
        read(array, MAX_PIXELS)
    assert words in str(caught.value)


@both_ways
@pytest.mark.parametrize("picture", [RGB, Image.fromarray(RGB), GOOD["rgb.png"]])
def test_the_pixel_limit_holds_for_all(read: Callable[..., Picture], picture: PictureInput) -> None:
    with pytest.raises(PictureTooLarge, match=r"at most 0\.005 megapixels"):
        read(picture, 5000)


def test_a_damaged_file_in_pil_is_broken() -> None:
    with Image.open(BytesIO(BAD["truncated.jpg"][0])) as image, pytest.raises(BrokenPicture):
        read_input(image, MAX_PIXELS)


def test_files_are_sent_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "old.jpg"
    path.write_bytes(GOOD["turned.jpg"])
    assert input_bytes(path, MAX_PIXELS) == input_bytes(str(path), MAX_PIXELS) == GOOD["turned.jpg"]
    with pytest.raises(UnreadablePicture):
        input_bytes(tmp_path / "none.jpg", MAX_PIXELS)


@pytest.mark.parametrize("name", [name for name, (_, code, _) in BAD.items() if code != "broken"])
def test_what_a_header_shows_is_not_sent(name: str) -> None:
    data, code, _ = BAD[name]
    if name == "float.tif":  # its samples are known when they are decoded
        assert input_bytes(data, MAX_PIXELS) == data
        return
    with pytest.raises(PictureError) as caught:
        input_bytes(data, MAX_PIXELS)
    assert caught.value.code == code
