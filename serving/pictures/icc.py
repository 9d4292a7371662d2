"""ICC profiles of curves and a matrix (screens, cameras, working spaces), and of grey: as numbers, in floats.

    space = parse(profile)                # None: it has tables, which only LittleCMS reads
    pixels = convert(pixels, space, SRGB)

LittleCMS, as Pillow has it, works in 8 bits and cuts off what the other space cannot show, which changes the lightness.
Here a colour that does not fit moves towards the grey of its own luminance, as in `trainer.colour.lab_to_rgb`, and by
the same measure: that of sRGB, whose white is D65's. After ICC.1:2022; the connection space is XYZ, D50.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from serving.pictures.picture import bands
from trainer.colour import RGB_TO_Y, levels, to_linear

_STEPS = 65536
_HEADER, _MAX_TAGS = 132, 100
_WHITE = np.array([0.9642, 1.0, 0.8249])
# IEC 61966-2-1's, moved to D50 after Bradford
_SRGB_MATRIX = np.array(
    [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]]
)


@dataclass(frozen=True)
class Space:
    """`curves` float32 [1 or 3, 65536]: light 0..1 of evenly spaced samples; `matrix` [3, 3]: linear RGB to XYZ.

    One curve without a matrix is a space of greys.
    """

    curves: np.ndarray
    matrix: np.ndarray | None


def parse(profile: bytes) -> Space | None:
    """The profile's numbers; None if it is of another kind.

    Raises:
        ValueError: it is damaged.
    """
    tags = _tags(profile)
    kind, connection = profile[16:20], profile[20:24]
    if kind == b"GRAY" and b"kTRC" in tags:
        return Space(_curve(tags[b"kTRC"])[None], None)
    if kind != b"RGB " or connection != b"XYZ " or b"A2B0" in tags or b"rXYZ" not in tags:
        return None
    try:
        columns = [_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
        curves = [_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC")]
    except KeyError as error:
        raise ValueError(f"no {error}") from None
    matrix = np.array(columns).T
    if abs(np.linalg.det(matrix)) < 1e-4 or np.abs(matrix.sum(axis=1) - _WHITE).max() > 0.1:
        raise ValueError("its primaries make no white")
    return Space(np.stack(curves), matrix)


def kind_of(profile: bytes) -> str:
    """RGB, GRAY, CMYK or another word: the pixels that the profile is for. Raises ValueError if it is damaged."""
    _tags(profile)
    return profile[16:20].decode("latin-1").strip()


def convert(pixels: np.ndarray, source: Space, target: Space) -> np.ndarray:
    """Pixels uint8 or uint16 [H, W, 3] of one space -> the same type, of the other; both with three channels, or
    the source with one, whose greys are then those pixels' equal channels.

    The luminance stays, but for rounding.
    """
    if target.matrix is None:
        raise ValueError("a space of greys has no colours")
    top = levels(pixels.dtype)
    light = source.curves[:, np.linspace(0, _STEPS - 1, top + 1).round().astype(int)]
    encode = _inverses(target.curves, top).astype(pixels.dtype)
    converted = np.empty_like(pixels)
    if source.matrix is None:
        greys = np.stack([each[_root(light[0])] for each in encode], axis=-1)
        for rows in bands(pixels):
            converted[rows] = greys[pixels[rows, :, 0]]
        return converted
    matrix = (np.linalg.inv(target.matrix) @ source.matrix).astype(np.float32)
    matrix /= matrix.sum(axis=1, keepdims=True)  # white stays white: profiles are rounded
    to_y = (RGB_TO_Y @ np.linalg.inv(_SRGB_MATRIX) @ source.matrix).astype(np.float32)
    to_y /= to_y.sum()
    for rows in bands(pixels):
        linear = np.stack([light[channel][pixels[rows, :, channel]] for channel in range(3)], axis=-1)
        indices = _root(_fit(linear @ matrix.T, linear @ to_y))
        for channel in range(3):
            converted[rows, :, channel] = encode[channel][indices[..., channel]]
    return converted


def is_same(one: Space, other: Space) -> bool:
    """Whether pixels of 8 bits mean the same in both, to one of 255 levels."""
    if one.matrix is None or other.matrix is None:
        return False
    cube = np.stack(np.meshgrid(*[np.arange(0, 256, 17, dtype=np.uint8)] * 3), axis=-1).reshape(-1, 16, 3)
    return bool(np.abs(convert(cube, one, other).astype(int) - cube).max() <= 1)


def _fit(linear: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Linear light [..., 3] that may lie outside 0..1 -> inside, of the same luminance [...]."""
    y = y[..., None].clip(0, 1)
    excess = linear - y
    room = np.where(excess > 0, 1 - y, y) / np.maximum(np.abs(excess), 1e-6)
    return y + np.minimum(room.min(axis=-1, keepdims=True), 1) * excess


def _root(light: np.ndarray) -> np.ndarray:
    """Light 0..1 -> an index into `_inverses`: the root spreads the dark, as samples do."""
    return (np.sqrt(light.clip(0, 1)) * (_STEPS - 1) + 0.5).astype(np.int32)


def _inverses(curves: np.ndarray, top: int) -> np.ndarray:
    """Curves [C, 65536] -> samples 0..top of light, [C, 65536], by `_root`."""
    light = np.linspace(0, 1, _STEPS) ** 2
    samples = np.linspace(0, top, _STEPS)
    return np.stack([np.floor(np.interp(light, each, samples) + 0.5) for each in curves])


def _tags(profile: bytes) -> dict[bytes, bytes]:
    if len(profile) < _HEADER or profile[36:40] != b"acsp":
        raise ValueError("it has no header")
    count = struct.unpack_from(">L", profile, 128)[0]
    if not 0 < count <= _MAX_TAGS or len(profile) < _HEADER + 12 * count:
        raise ValueError("its list of tags is cut short")
    tags = {}
    for place in range(_HEADER, _HEADER + 12 * count, 12):
        name, offset, size = struct.unpack_from(">4sLL", profile, place)
        if offset + size > len(profile):
            raise ValueError(f"its tag {name!r} is cut short")
        tags[name] = profile[offset : offset + size]
    return tags


def _fixed(tag: bytes, count: int, offset: int) -> np.ndarray:
    if len(tag) < offset + 4 * count:
        raise ValueError("a tag is cut short")
    return np.frombuffer(tag, ">i4", count, offset) / 65536


def _xyz(tag: bytes) -> np.ndarray:
    if tag[:4] != b"XYZ ":
        raise ValueError("a primary has no coordinates")
    return _fixed(tag, 3, 8)


def _curve(tag: bytes) -> np.ndarray:
    """Float32 [65536], from 0..1 and never falling."""
    x = np.linspace(0, 1, _STEPS)
    with np.errstate(all="ignore"):
        light = _parametric(tag, x) if tag[:4] == b"para" else _sampled(tag, x)
    if not np.isfinite(light).all() or (np.diff(light) < -1e-6).any() or light[-1] - light[0] < 0.5:
        raise ValueError("a curve falls")
    return light.clip(0, 1).astype(np.float32)


def _sampled(tag: bytes, x: np.ndarray) -> np.ndarray:
    if tag[:4] != b"curv" or len(tag) < 12:
        raise ValueError("a curve is none")
    (count,) = struct.unpack_from(">L", tag, 8)
    if count == 0:
        return x
    if len(tag) < 12 + 2 * count:
        raise ValueError("a curve is cut short")
    values = np.frombuffer(tag, ">u2", count, 12)
    return x ** (values[0] / 256) if count == 1 else np.interp(x, np.linspace(0, 1, count), values / 65535)


def _parametric(tag: bytes, x: np.ndarray) -> np.ndarray:
    (kind,) = struct.unpack_from(">H", tag.ljust(10, b"\xff"), 8)
    if kind > 4:
        raise ValueError("a curve is of no known kind")
    # names as in the standard
    g, a, b, c, d, e, f = np.pad(_fixed(tag, (1, 3, 4, 5, 7)[kind], 12), (0, 7))[:7]
    if kind == 0:
        return x**g
    if kind < 3:
        return np.where(a * x + b >= 0, np.maximum(a * x + b, 0) ** g, 0) + (c if kind == 2 else 0)
    return np.where(x >= d, np.maximum(a * x + b, 0) ** g + (e if kind == 4 else 0), c * x + (f if kind == 4 else 0))


SRGB = Space(np.repeat(to_linear(np.linspace(0, 1, _STEPS)).astype(np.float32)[None], 3, axis=0), _SRGB_MATRIX)
