"""Large pictures in bands of rows: shrunk for the model, and painted with the small maps that it answers.

    seen = shrink(rgb, lightness)               # float32 [1, 256, 256, 1]
    coloured = paint_bands(rgb, maps, paint)    # uint8 [H, W, 3]

The numpy twin of what the serving graph does. Beside the picture and the result it needs some 10 MB whatever the
picture's size.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from serving.pictures import bands
from trainer.colour import to_pixels

SIZE = 256  # side of a model's maps


def shrink(rgb: np.ndarray, plane: Callable[[np.ndarray], np.ndarray], size: int = SIZE) -> np.ndarray:
    """What `plane` makes of the pixels, stretched to a square: uint8 or uint16 [H, W, 3] -> float32 [1, size, size, 1].

    `plane`: some rows [h, W, 3] -> float32 [h, W]. Antialiased bilinear, as `tf.image.resize(antialias=True)` does it.
    """
    # The kernel is separable: widths band by band, so that no full-size plane is ever held, then all heights.
    narrow = [_resize(plane(rgb[rows]), size, rows.stop - rows.start) for rows in bands(rgb)]
    return _resize(np.concatenate(narrow), size, size)[None, :, :, None]


def paint_bands(rgb: np.ndarray, maps: np.ndarray, paint: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    """The picture uint8 or uint16 [H, W, 3] and small maps [S, S, C] -> the same type [H, W, 3].

    `paint`: some rows [h, W, 3], and the maps raised bilinearly to them [h, W, C] -> sRGB 0..1 [h, W, 3].
    """
    height, width = rgb.shape[:2]
    size = maps.shape[0]
    planes = [Image.fromarray(np.ascontiguousarray(maps[..., i])) for i in range(maps.shape[-1])]
    coloured = np.empty_like(rgb)
    for rows in bands(rgb):
        # `box` says where the samples lie and does not cut the kernel at the band's edge: bands join without
        # a seam.
        box = (0, rows.start * size / height, size, rows.stop * size / height)
        raised = np.stack([_resize(each, width, rows.stop - rows.start, box) for each in planes], axis=-1)
        coloured[rows] = to_pixels(paint(rgb[rows], raised), rgb.dtype)
    return coloured


def _resize(
    image: np.ndarray | Image.Image,
    width: int,
    height: int,
    box: tuple[float, float, float, float] | None = None,
) -> np.ndarray:
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, box))
