"""The picture's own luminance and the model's small colour maps -> the picture in colour, at its full size.

    coefficients = model.chroma(shrink(rgb), hints)[0]
    coloured = recombine(rgb, coefficients, saturation=1.0)

The numpy twin of what the `serving_default` graph does. It walks over bands of rows, so beside the picture
and the result it needs some 10 MB whatever the picture's size; docs/architecture.md has the formula.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from trainer.colour import (
    apply_coefficients,
    lab_to_rgb,
    rgb_to_lightness,
    to_luminance,
    to_pixels,
    to_unit,
)

SIZE = 256  # side of the `chroma` signature's maps
_BAND_PIXELS = 2**17  # few enough to stay in a processor's cache


def shrink(rgb: np.ndarray, size: int = SIZE) -> np.ndarray:
    """Pixels uint8 [H, W, 3] -> luminance float32 [1, size, size, 1] in -1..1, stretched to a square.

    Antialiased bilinear, as `tf.image.resize(antialias=True)` does it in the graph.
    """
    # The kernel is separable: widths band by band, so that no full-size lightness is ever held, then all
    # heights.
    narrow = [_resize(_lightness(rgb[rows]), size, rows.stop - rows.start) for rows in _bands(rgb)]
    return to_luminance(_resize(np.concatenate(narrow), size, size))[None, :, :, None]


def recombine(rgb: np.ndarray, coefficients: np.ndarray, saturation: float = 1.0) -> np.ndarray:
    """The picture's lightness with the model's colours.

    Args:
        rgb: the picture, uint8 [H, W, 3].
        coefficients: (m_a, m_b, c_a, c_b) float32 [S, S, 4], see `trainer.colour.apply_coefficients`.
        saturation: what a* and b* are multiplied by; 1 leaves them as the model says, 0 is grey.

    Returns:
        The coloured picture, uint8 [H, W, 3].
    """
    height, width = rgb.shape[:2]
    size = coefficients.shape[0]
    maps = [Image.fromarray(np.ascontiguousarray(coefficients[..., i])) for i in range(coefficients.shape[-1])]
    coloured = np.empty_like(rgb)
    for rows in _bands(rgb):
        # `box` says where the samples lie and does not cut the kernel at the band's edge: bands join without
        # a seam.
        box = (0, rows.start * size / height, size, rows.stop * size / height)
        band = np.stack([_resize(each, width, rows.stop - rows.start, box) for each in maps], axis=-1)
        lightness = _lightness(rgb[rows])[..., None]
        ab = apply_coefficients(lightness, band) * np.float32(saturation)
        coloured[rows] = to_pixels(lab_to_rgb(lightness, ab))
    return coloured


def _bands(rgb: np.ndarray) -> Iterator[slice]:
    height, width = rgb.shape[:2]
    step = max(1, _BAND_PIXELS // width)
    return (slice(top, min(top + step, height)) for top in range(0, height, step))


def _lightness(rgb: np.ndarray) -> np.ndarray:
    return rgb_to_lightness(to_unit(rgb.astype(np.float32)))[..., 0]


def _resize(
    image: np.ndarray | Image.Image,
    width: int,
    height: int,
    box: tuple[float, float, float, float] | None = None,
) -> np.ndarray:
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, box))
