"""sRGB <-> CIE Lab, and every value range of Handtint; the only module that knows 50, 110 and 255.

    rgb = ab_to_rgb(luminance, ab)        # numpy
    rgb = ab_to_rgb(luminance, ab, ops=keras.ops)   # the same formulas on tensors of any Keras backend

Ranges, used under these names everywhere:

| name            | range                | shape        |
|-----------------|----------------------|--------------|
| sRGB            | 0..1                 | [..., 3]     |
| lightness       | 0..100 (CIE L*)      | [..., 1]     |
| luminance       | -1..1 (L* / 50 - 1)  | [..., 1]     |
| chroma, ab      | -1..1 (a*, b* / 110) | [..., 2]     |
| rgb             | -1..1 (sRGB * 2 - 1) | [..., 3], inside networks |
| coefficients    | Lab units, see `apply_coefficients` | [..., 4] |

CIE Lab after CIE 15:2004 with the D65 white point; the sRGB matrices and transfer function after IEC 61966-2-1.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

Array = Any  # a numpy array or a tensor of the Keras backend

RGB_TO_Y = np.array([0.2126729, 0.7151522, 0.0721750], np.float32)
RGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], RGB_TO_Y.tolist(), [0.0193339, 0.1191920, 0.9503041]], np.float32
)
XYZ_TO_RGB = np.array(
    [
        [3.2404542, -1.5371385, -0.4985314],
        [-0.9692660, 1.8760108, 0.0415560],
        [0.0556434, -0.2040259, 1.0572252],
    ],
    np.float32,
)
WHITE = np.array([0.95047, 1.0, 1.08883], np.float32)
_KNEE = 6 / 29  # where CIE's cube root meets its straight line

LIGHTNESS_HALF = 50.0
CHROMA_UNIT = 110.0
PIXEL_MAX = 255.0


def to_unit(pixels: Array) -> Array:
    """8-bit values 0..255 -> 0..1."""
    return pixels / PIXEL_MAX


def levels(dtype: np.dtype | type) -> int:
    """The value of white in uint8, 255, or uint16, 65535."""
    return int(np.iinfo(dtype).max)


def from_pixels(pixels: np.ndarray) -> np.ndarray:
    """Uint8 or uint16 -> float32 0..1."""
    return pixels.astype(np.float32) / levels(pixels.dtype)


def to_pixels(unit: np.ndarray, dtype: np.dtype | type = np.uint8) -> np.ndarray:
    """0..1 -> uint8 (or uint16), rounded half up (as the serving graph and the page round)."""
    return (np.clip(unit, 0.0, 1.0) * levels(dtype) + 0.5).astype(dtype)


def to_symmetric(unit: Array) -> Array:
    """0..1 -> -1..1, as networks like it."""
    return unit * 2.0 - 1.0


def from_symmetric(values: Array) -> Array:
    """-1..1 -> 0..1."""
    return (values + 1.0) / 2.0


def to_luminance(lightness: Array) -> Array:
    """L* 0..100 -> -1..1."""
    return lightness / LIGHTNESS_HALF - 1.0


def to_lightness(luminance: Array) -> Array:
    """-1..1 -> L* 0..100."""
    return (luminance + 1.0) * LIGHTNESS_HALF


def to_linear(rgb: Array, ops: ModuleType = np) -> Array:
    """SRGB 0..1 -> linear light 0..1."""
    return ops.where(rgb <= 0.04045, rgb / 12.92, ops.power((ops.maximum(rgb, 0.0) + 0.055) / 1.055, 2.4))


def to_srgb(linear: Array, ops: ModuleType = np) -> Array:
    """Linear light 0..1 -> sRGB 0..1."""
    # maximum: the branch that `where` throws away must not be NaN, or its gradient is
    return ops.where(linear <= 0.0031308, linear * 12.92, 1.055 * ops.power(ops.maximum(linear, 1e-4), 1 / 2.4) - 0.055)


def _forward(t: Array, ops: ModuleType) -> Array:
    return ops.where(t > _KNEE**3, ops.power(ops.maximum(t, 1e-4), 1 / 3), t / (3 * _KNEE**2) + 4 / 29)


def _inverse(t: Array, ops: ModuleType) -> Array:
    return ops.where(t > _KNEE, t * t * t, 3 * _KNEE**2 * (t - 4 / 29))


def rgb_to_lightness(rgb: Array, ops: ModuleType = np) -> Array:
    """SRGB 0..1 [..., 3] -> L* 0..100 [..., 1]."""
    y = ops.sum(to_linear(rgb, ops) * RGB_TO_Y, axis=-1, keepdims=True)
    return 116.0 * _forward(y, ops) - 16.0


def rgb_to_ab(rgb: Array, ops: ModuleType = np) -> Array:
    """SRGB 0..1 [..., 3] -> chroma -1..1 [..., 2]."""
    f = _forward(ops.matmul(to_linear(rgb, ops), (RGB_TO_XYZ / WHITE[:, None]).T), ops)
    ab = ops.stack([500.0 * (f[..., 0] - f[..., 1]), 200.0 * (f[..., 1] - f[..., 2])], axis=-1)
    return ab / CHROMA_UNIT


def rgb_to_luminance(rgb: Array, ops: ModuleType = np) -> Array:
    """SRGB 0..1 [..., 3] -> luminance -1..1 [..., 1]."""
    return to_luminance(rgb_to_lightness(rgb, ops))


def lab_to_rgb(lightness: Array, ab: Array, ops: ModuleType = np) -> Array:
    """L* 0..100 [..., 1] and a*, b* in Lab units [..., 2] -> sRGB 0..1 [..., 3] of exactly that lightness.

    A colour that a screen cannot show moves straight towards the grey of its own luminance, in linear light, until
    it can: clipping the channels instead would change the photograph's brightness.
    """
    y = _inverse((lightness + 16.0) / 116.0, ops)
    fy = (lightness + 16.0) / 116.0
    xyz = ops.concatenate(
        [
            _inverse(fy + ab[..., :1] / 500.0, ops) * WHITE[0],
            y,
            _inverse(fy - ab[..., 1:] / 200.0, ops) * WHITE[2],
        ],
        axis=-1,
    )
    linear = ops.matmul(xyz, XYZ_TO_RGB.T)
    excess = linear - y
    # the room each channel has in the direction in which it leaves the grey, as a share of the way it goes
    room = ops.where(excess > 0, 1.0 - y, y) / ops.maximum(ops.absolute(excess), 1e-6)
    share = ops.minimum(ops.min(room, axis=-1, keepdims=True), 1.0)
    return ops.clip(to_srgb(y + ops.maximum(share, 0.0) * excess, ops), 0.0, 1.0)


def ab_to_rgb(luminance: Array, ab: Array, ops: ModuleType = np) -> Array:
    """Luminance -1..1 [..., 1] and chroma -1..1 [..., 2] -> sRGB 0..1 [..., 3]."""
    return lab_to_rgb(to_lightness(luminance), ab * CHROMA_UNIT, ops)


def grey(pixels: np.ndarray) -> np.ndarray:
    """Pictures of 0..255, uint8 [..., 1 or 3] -> the greys of the same lightness, uint8 [..., 3]."""
    luminance = rgb_to_luminance(to_unit(pixels.astype(np.float32)))
    return to_pixels(ab_to_rgb(luminance, np.zeros((*luminance.shape[:-1], 2), np.float32)))


def apply_coefficients(lightness: Array, coefficients: Array) -> Array:
    """L* [..., 1] and (m_a, m_b, c_a, c_b) [..., 4] -> a*, b* in Lab units [..., 2], as `m * L* + c`.

    The last step of the fast guided filter (He and Sun 2015) in the exact form of docs/architecture.md: the four maps
    come up from the generator's size bilinearly, the lightness is the picture's own and is never resampled.
    """
    return coefficients[..., :2] * lightness + coefficients[..., 2:]
