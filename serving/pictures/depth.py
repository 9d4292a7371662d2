"""Sixteen bits a sample, which Pillow holds of grey only: of colours it decodes one byte of each sample.

    if is_deep(image):
        samples = read_colours(opener)    # uint16 [H, W, C]; read_grey(image) for one of mode I;16

Colours are decoded twice, the second time with the bytes the other way round, which gives the lower ones: so the same
hardened decoders read all that Pillow reads (interlaced PNG, compressed TIFF), and no other library is needed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFile, TiffImagePlugin

_OTHER = {"RGB;16B": "RGB;16L", "RGB;16L": "RGB;16B", "RGBA;16B": "RGBA;16L", "RGBA;16L": "RGBA;16B"}
_NATIVE = {"RGB;16N": "RGB;16B", "RGBA;16N": "RGBA;16B"}
_GREY_ALPHA = "LA;16B"
_BITS_PER_SAMPLE, _PHOTOMETRIC = 258, 262  # TIFF tags

Opener = Callable[[], ImageFile.ImageFile]


def is_deep(image: Image.Image) -> bool:
    """Whether `read_grey` or `read_colours` gives more than the picture decoded has."""
    return image.mode.startswith("I;16") or _raw_mode(image) in {*_OTHER, *_NATIVE, _GREY_ALPHA}


def read_grey(image: Image.Image) -> np.ndarray:
    """A picture of mode I;16 -> uint16 [H, W, 1], of which white is 65535 whatever bits the file used."""
    tags = image.tag_v2 if isinstance(image, TiffImagePlugin.TiffImageFile) else {}
    bits = tags.get(_BITS_PER_SAMPLE, (16,))[0]
    samples = np.asarray(image).astype(np.uint16)
    if 8 < bits < 16:
        samples = (samples << (16 - bits)) | (samples >> (2 * bits - 16))
    return (np.uint16(65535) - samples if tags.get(_PHOTOMETRIC) == 0 else samples)[..., None]


def read_colours(opener: Opener) -> np.ndarray:
    """A picture of 16 bits of which `is_deep` says so, and which is not grey alone -> uint16 [H, W, 2, 3 or 4]."""
    with opener() as image:
        raw = _raw_mode(image) or ""
        if raw == _GREY_ALPHA:
            # two samples of two bytes lie like four samples of one
            image._mode = "RGBA"
            return _decoded(image, "RGBA").view(">u2").astype(np.uint16)
        high = _decoded(image, raw)
    samples = np.empty(high.shape, np.uint16)
    halves = samples.view(np.uint8).reshape(*high.shape, 2)
    upper = 1 if np.little_endian else 0
    halves[..., upper] = high
    del high
    with opener() as image:
        halves[..., 1 - upper] = _decoded(image, _other(raw))
    return samples


def _other(raw: str) -> str:
    if raw in _NATIVE:
        return _NATIVE[raw] if np.little_endian else _NATIVE[raw].replace("B", "L")
    return _OTHER[raw]


def _decoded(image: ImageFile.ImageFile, raw: str) -> np.ndarray:
    tile = []
    for each in image.tile:
        arguments = each.args if isinstance(each.args, tuple) else (each.args,)
        tile.append(each._replace(args=(raw, *arguments[1:])))
    image.tile = tile
    image.load()
    return np.asarray(image)


def _raw_mode(image: Image.Image) -> str | None:
    """How the samples lie in the file, if all its parts say the same."""
    tiles = getattr(image, "tile", [])
    found = {each.args[0] if isinstance(each.args, tuple) and each.args else each.args for each in tiles}
    (only,) = found if len(found) == 1 else (None,)
    # a colour that stands for transparent is compared by Pillow, in 8 bits
    return only if isinstance(only, str) and "transparency" not in image.info else None
