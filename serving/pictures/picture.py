"""Pixels in memory, with all that came along with them.

picture = Picture(rgb)                # uint8 or uint16 [H, W, 3]
on_white(picture).rgb
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from serving.pictures.metadata import NO_METADATA, Metadata
from trainer.colour import levels

_BAND_PIXELS = 2**17  # few enough to stay in a processor's cache


@dataclass(frozen=True)
class Picture:
    """Upright pixels, sRGB.

    `rgb` is uint8 [H, W, 3], or uint16 of a picture with 16 bits a sample; `alpha` of the same type [H, W], or None;
    `notes` says what was left out on reading, `task` what the picture was coloured as, photo or sketch. `profile` is
    the ICC profile of the file, if it was one of RGB: `encode_picture` turns the pixels back into it. `metadata` is
    what else the file said.
    """

    rgb: np.ndarray
    alpha: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    task: str = ""
    profile: bytes | None = None
    metadata: Metadata = NO_METADATA

    @property
    def width(self) -> int:
        """Pixels in a row."""
        return self.rgb.shape[1]

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.rgb.shape[0]


def on_white(picture: Picture) -> Picture:
    """As it looks on white paper: no alpha."""
    if picture.alpha is None:
        return picture
    if picture.rgb.dtype == np.uint8:
        white = Image.new("RGB", (picture.width, picture.height), "white")
        white.paste(Image.fromarray(picture.rgb), mask=Image.fromarray(picture.alpha))
        return replace(picture, rgb=np.asarray(white), alpha=None)
    laid, top = np.empty_like(picture.rgb), levels(picture.rgb.dtype)
    for rows in bands(picture.rgb):  # Pillow pastes 8 bits only
        alpha = picture.alpha[rows, :, None].astype(np.uint64)
        laid[rows] = (picture.rgb[rows] * alpha + top * (top - alpha) + top // 2) // top
    return replace(picture, rgb=laid, alpha=None)


def eight_bit(samples: np.ndarray) -> np.ndarray:
    """Samples uint8 or uint16 of any shape [H, W, ...] -> uint8, rounded; those of 8 bits as they are."""
    if samples.dtype == np.uint8:
        return samples
    rounded = np.empty(samples.shape, np.uint8)
    for rows in bands(samples):
        rounded[rows] = (samples[rows].astype(np.uint32) * 255 + 32767) // 65535
    return rounded


def bands(samples: np.ndarray) -> Iterator[slice]:
    """Rows of [H, W, ...], some hundred thousand pixels at a time: what is computed of them takes little memory."""
    height, width = samples.shape[:2]
    step = max(1, _BAND_PIXELS // max(1, width))
    return (slice(top, min(top + step, height)) for top in range(0, height, step))


def with_alpha(picture: Picture, rows: slice) -> np.ndarray:
    """Some rows, as a file holds them: [h, W, 3], or [h, W, 4] with alpha last."""
    if picture.alpha is None:
        return picture.rgb[rows]
    return np.concatenate([picture.rgb[rows], picture.alpha[rows, :, None]], axis=-1)
