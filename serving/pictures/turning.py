"""EXIF orientation: how the camera was held.

upright = turn(samples, orientation(image))
"""

from __future__ import annotations

import numpy as np
from PIL import Image

ORIENTATION = 0x0112  # the EXIF tag; 1 is upright
_SIDEWAYS = (5, 6, 7, 8)


def orientation(image: Image.Image) -> int:
    """1 to 8; 1, upright, if the picture does not say."""
    try:
        found = image.getexif().get(ORIENTATION)
    except Exception:  # damaged EXIF is no reason to refuse a picture
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def turn(samples: np.ndarray, orientation: int) -> np.ndarray:
    """Samples [H, W, ...] as stored -> upright, contiguous."""
    if orientation in _SIDEWAYS:
        samples = samples.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    return np.ascontiguousarray(samples)


def is_sideways(orientation: int) -> bool:
    """Whether width and height change places."""
    return orientation in _SIDEWAYS
