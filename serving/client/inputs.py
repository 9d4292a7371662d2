"""Whatever somebody calls a picture -> its pixels, or bytes to send.

    read_input("old.jpg", max_pixels=MAX_PIXELS)          # a path, bytes, a numpy array or a PIL image
    data = input_bytes(array, max_pixels=MAX_PIXELS)      # for a gateway: files as they are, all else as PNG

An array is uint8: [H, W] grey, [H, W, 3] RGB, or [H, W, 4] with alpha. Other types are refused, since nobody can tell
their range: 16 bits often hold 12, and floats are 0..1 as often as 0..255.
"""

from __future__ import annotations

import os
from typing import TypeAlias

import numpy as np
from PIL import Image

from serving.errors import EmptyPicture, UnsupportedPicture
from serving.pictures import (
    Picture,
    check_header,
    check_size,
    encode_picture,
    read_file,
    read_image,
    read_picture,
)

PictureInput: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | np.ndarray | Image.Image

_CURES = {
    "u": "Scale to 8 bits: (array >> 8).astype(np.uint8), if all 16 are used.",
    "f": "Scale to 8 bits: (array * 255).round().clip(0, 255).astype(np.uint8), if it is 0..1.",
}


def read_input(picture: PictureInput, max_pixels: int) -> Picture:
    """Its pixels.

    Raises:
        UnreadablePicture: no such file. UnsupportedPicture: no picture, or an array of another type or shape.
        Further as `read_picture` does.
    """
    if isinstance(picture, Image.Image):
        return read_image(picture, max_pixels)
    if isinstance(picture, np.ndarray):
        return _from_array(picture, max_pixels)
    return read_picture(_file_bytes(picture), max_pixels)


def input_bytes(picture: PictureInput, max_pixels: int) -> bytes:
    """A file that holds it: the one it is, of which only the header is looked at, or else a PNG.

    Raises as `read_input` does, but for what only decoding shows.
    """
    if isinstance(picture, (Image.Image, np.ndarray)):
        return encode_picture(read_input(picture, max_pixels))
    data = _file_bytes(picture)
    check_header(data, max_pixels)
    return data


def _file_bytes(picture: object) -> bytes:
    if isinstance(picture, (bytes, bytearray, memoryview)):
        return bytes(picture)
    if isinstance(picture, (str, os.PathLike)):
        return read_file(os.fsdecode(picture))
    raise UnsupportedPicture(
        f"Expected a path, bytes, a numpy array or a PIL image; received a {type(picture).__name__}.",
        "Give one of these.",
    )


def _from_array(array: np.ndarray, max_pixels: int) -> Picture:
    shape = list(array.shape)
    if array.dtype != np.uint8:
        raise UnsupportedPicture(
            f"An array must be uint8; received {array.dtype}.",
            _CURES.get(array.dtype.kind, "Convert it to uint8, 0 to 255."),
        )
    if array.ndim not in (2, 3) or (array.ndim == 3 and shape[2] not in (3, 4)):
        raise UnsupportedPicture(
            f"An array must be [H, W], [H, W, 3] or [H, W, 4]; received {shape}.",
            "Give one picture at a time, with its channels last.",
        )
    if not array.size:
        raise EmptyPicture(f"The array has no pixels: its shape is {shape}.", "Give one that has some.")
    check_size("array", (shape[1], shape[0]), max_pixels)
    if array.ndim == 2:
        return Picture(np.repeat(array[..., None], 3, axis=-1))
    rgb = np.array(array[..., :3], order="C")  # a copy: the caller may write on while this one is coloured
    return Picture(rgb, np.array(array[..., 3], order="C") if shape[2] == 4 else None)
