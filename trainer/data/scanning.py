"""Line drawing -> what a scanner or a phone's camera would have made of it on paper.

condition = scan(drawing, np.random.default_rng(0))                 # uint8 [H, W, 1] -> uint8 [H, W, 1]

The lines are worn first, then the paper under them, the light on it and the camera follow: each effect of `EFFECTS`,
with a chance that grows with the drawing's wear, so that some stay clean and few get all. Lengths are in pixels, as the
pens' are: both are tuned at 128 to 256 pixels a side. A new effect is a function here and a line in `EFFECTS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PIL import Image
from scipy import ndimage

from trainer.colour import to_pixels, to_unit
from trainer.data.ageing import jpeg

Effect = Callable[[np.ndarray, np.random.Generator], np.ndarray]

INVERTED = 0.08  # share of the drawings that end as white on black


def scan(drawing: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Uint8 [H, W, 1] -> as if from paper, uint8 [H, W, 1]; the same drawing and generator state give the same.

    Lines stay darker than the paper beside them but in the inverted share, where all of them are lighter.
    """
    picture = to_unit(drawing[..., 0].astype(np.float32))
    wear = random.uniform(0.4, 1.0)
    for chance, effect in EFFECTS:
        if random.random() < chance * wear:
            picture = effect(picture, random)
    if random.random() < INVERTED:
        picture = 1 - picture
    return to_pixels(picture)[..., None]


def thickness(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Lines up to a pixel thicker on either side, or up to half a pixel thinner."""
    if random.random() < 0.6:
        changed, share = ndimage.minimum_filter(picture, footprint=_CROSS), random.uniform(0.3, 1.0)
    else:
        changed, share = ndimage.maximum_filter(picture, footprint=_CROSS), random.uniform(0.2, 0.5)
    return picture + np.float32(share) * (changed - picture)


def breaks(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Lines with gaps of a few pixels in up to a seventh of the paper's area, where the pen skipped."""
    skipped = np.clip(4 * (_clouds(picture.shape, random.uniform(3, 6), random) - random.uniform(0.45, 0.8)), 0, 1)
    return picture + np.float32(random.uniform(0.5, 0.95)) * skipped * (1 - picture)


def faint(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Lines 10 to 65 percent lighter, the thin and grey ones most."""
    strength = random.uniform(0.35, 0.9)
    return 1 - np.float32(strength) * (1 - picture) ** np.float32(random.uniform(1.0, 1.3))


def rubbed(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Lines rough as the paper's tooth leaves them."""
    tooth = np.float32(random.uniform(0.1, 0.6)) * random.random(picture.shape, np.float32)
    return 1 - (1 - picture) * (1 - tooth)


def smudge(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A soft grey about the lines, wiped to one side."""
    wiped = ndimage.gaussian_filter(1 - picture, (random.uniform(1, 5), random.uniform(1, 5)), truncate=2.0)
    return picture * (1 - np.float32(random.uniform(0.1, 0.4)) * wiped)


def paper(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Grey or yellowed paper instead of white, with clouds: 60 to 97 percent as light, the lines on it accordingly."""
    tone = 0.97 - 0.37 * random.random() ** 2
    uneven = random.uniform(0, 0.04) * _clouds(picture.shape, random.uniform(8, 30), random)
    return picture * (np.float32(tone) + uneven.astype(np.float32))


def grain(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Paper's fibres: noise of one to two pixels, of up to 4 percent of white."""
    fibres = ndimage.gaussian_filter(
        random.standard_normal(picture.shape, np.float32), random.uniform(0.5, 1.2), truncate=2.0
    )
    return picture + _mild(random, 0.005, 0.04) / max(float(fibres.std()), 1e-6) * fibres * picture


def light(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Lit from one side: up to half as bright at the other."""
    x, y = _places(picture.shape)
    angle = random.uniform(0, 2 * math.pi)
    across = 0.5 + 0.7 * (np.float32(math.cos(angle)) * x + np.float32(math.sin(angle)) * y)  # 0..1, or nearly
    return picture * (1 - np.float32(_mild(random, 0.05, 0.5)) * np.clip(across, 0, 1))


def shadow(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The soft-edged shadow of a hand, a phone or the book's fold over a part, up to 45 percent dark."""
    x, y = _places(picture.shape)
    angle, middle, width = random.uniform(0, 2 * math.pi), random.uniform(-0.2, 0.4), random.uniform(0.03, 0.2)
    across = np.float32(math.cos(angle)) * x + np.float32(math.sin(angle)) * y
    across = across + np.float32(random.normal(0, 0.5)) * (x * x - y * y)  # its edge is bent
    covered = 0.5 + 0.5 * np.tanh((across - np.float32(middle)) / np.float32(width / 2))
    return picture * (1 - np.float32(random.uniform(0.08, 0.45)) * covered)


def blur(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Out of focus by a Gaussian of 0.3 to 1.1 pixels."""
    return ndimage.gaussian_filter(picture, _mild(random, 0.3, 1.1), truncate=3.0)


def noise(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A sensor's, of up to 4 percent of white."""
    return picture + np.float32(_mild(random, 0.005, 0.04)) * random.standard_normal(picture.shape, np.float32)


# (chance in the most worn drawings; effect), in the order in which they befall a drawing.
# float32 [H, W] 0..1 in and out, if a little past the ends at times: that is cut off last
EFFECTS: tuple[tuple[float, Effect], ...] = (
    (0.5, thickness),
    (0.3, breaks),
    (0.6, faint),
    (0.4, rubbed),
    (0.15, smudge),
    (0.9, paper),
    (0.7, grain),
    (0.6, light),
    (0.4, shadow),
    (0.6, blur),
    (0.6, noise),
    (0.5, jpeg),
)

_CROSS = ndimage.generate_binary_structure(2, 1)


def _mild(random: np.random.Generator, low: float, high: float) -> float:
    """Between `low` and `high`, half of the time in the lowest quarter."""
    return low + (high - low) * random.random() ** 2


def _places(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Each pixel's place, -0.5..0.5 of the side: x float32 [1, W], y float32 [H, 1]."""
    y, x = ((np.arange(side, dtype=np.float32) + 0.5) / side - 0.5 for side in shape)
    return x[None], y[:, None]


def _clouds(shape: tuple[int, ...], cell: float, random: np.random.Generator) -> np.ndarray:
    """A smooth field, float32 [H, W] of about -1..1, made tiny, a value every `cell` pixels, and enlarged."""
    height, width = shape
    tiny = random.uniform(-1, 1, (math.ceil(height / cell) + 1, math.ceil(width / cell) + 1)).astype(np.float32)
    return np.asarray(Image.fromarray(tiny).resize((width, height), Image.Resampling.BICUBIC))
