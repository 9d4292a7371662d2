"""Colour picture -> the grey that an old camera, film, print and scanner would have made of it.

condition = age(picture, np.random.default_rng(0))                  # uint8 [S, S, 3] -> uint8 [S, S, 1]

Film comes first, always: it saw colours otherwise than the eye does, and had a tone curve of its own. Then each effect
of `EFFECTS`, with a chance that grows with the picture's wear, so that many stay clean and few get several. Lengths are
shares of the picture's side: crops of any size look alike. A new effect is a function here and a line in `EFFECTS`.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from functools import cache

import numpy as np
from PIL import Image
from scipy import ndimage

from trainer.colour import PIXEL_MAX, RGB_TO_Y, to_linear, to_pixels, to_srgb, to_unit

Effect = Callable[[np.ndarray, np.random.Generator], np.ndarray]

_LINEAR = to_linear(to_unit(np.arange(PIXEL_MAX + 1, dtype=np.float32)))  # by 8-bit value: quicker than the formula
_SENSITIVITIES = (  # to linear red, green and blue
    (0.30, 0.44, 0.26),  # panchromatic, since about 1910
    (0.04, 0.50, 0.46),  # orthochromatic: nearly blind to red
    (0.01, 0.13, 0.86),  # collodion and the first dry plates: blue alone
)
_SHARES = (0.6, 0.25, 0.15)  # of the films
_LIKENESS = 30.0  # of films of one kind: a Dirichlet distribution's concentration


def age(target: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Uint8 [S, S, 3] -> its aged grey uint8 [S, S, 1]; the same picture and generator state give the same."""
    picture = develop(expose(target, random), random)
    wear = random.random()
    for chance, effect in EFFECTS:
        if random.random() < chance * wear:
            picture = effect(picture, random)
    return to_pixels(picture)[..., None]


def expose(target: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Uint8 [S, S, 3] -> what film of random sensitivity shows of it, float32 [S, S] 0..1 (sRGB's scale).

    The exposure is as bright on the whole as the eye's view, give or take a third of a stop: so a blue sky turns white
    on film that sees only blue, as it did.
    """
    usual = random.choice(_SENSITIVITIES, p=_SHARES)
    film = random.dirichlet(_LIKENESS * usual).astype(np.float32)
    linear = _LINEAR[target]
    light = linear @ film
    gain = float((linear @ RGB_TO_Y).mean()) / max(float(light.mean()), 1e-3)
    light *= np.float32(min(gain, 3.0) * 2 ** random.normal(0, 1 / 3))
    return to_srgb(np.minimum(light, 1)).astype(np.float32)


def develop(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Film's S-shaped tone curve, hard or soft, after a gamma."""
    picture = picture ** np.float32(math.exp(random.normal(0, 0.2)))
    contrast = np.float32(random.uniform(-0.4, 1.1))  # negative: flat; above 1 the ends turn quite black and white
    return np.clip(picture + contrast * (picture * picture * (3 - 2 * picture) - picture), 0, 1)


def vignette(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Darker away from a point near the middle, as the square of the distance."""
    x, y = _grid(len(picture))
    left, top = random.uniform(0.35, 0.65), random.uniform(0.35, 0.65)
    return picture * (1 - _mild(random, 0.1, 1.0) * ((x - left) ** 2 + (y - top) ** 2))


def defocus(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Blurred by a Gaussian of 0.2 to 0.7 percent of the side."""
    return ndimage.gaussian_filter(picture, _mild(random, 0.002, 0.007) * len(picture), truncate=3.0)


def grain(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Clumps of up to 0.4 percent of the side, strongest in the middle tones."""
    clumps = ndimage.gaussian_filter(
        random.standard_normal(picture.shape, np.float32), random.uniform(0.001, 0.004) * len(picture), truncate=2.0
    )
    strength = _mild(random, 0.01, 0.05) / max(float(clumps.std()), 1e-6)
    return picture + strength * clumps * (0.3 + 2.8 * picture * (1 - picture))


def scratches(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """One to five thin, slightly bent lines, scratches or hairs, all white or all black."""
    lines = np.zeros_like(picture)
    for _ in range(random.integers(1, 6)):
        lines = np.maximum(lines, random.uniform(0.3, 0.9) * _line(len(picture), random))
    return _cover(picture, lines, random)


def dust(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Specks of 0.2 to 0.6 percent of the side, all white or all black."""
    specks = np.zeros_like(picture)
    count = int(_mild(random, 3, 60))
    specks.flat[random.integers(specks.size, size=count)] = random.uniform(0.2, 1, count)
    specks = ndimage.gaussian_filter(specks, random.uniform(0.002, 0.006) * len(picture), truncate=3.0)
    return _cover(picture, specks / max(float(specks.max()), 1e-6), random)


def stain(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A soft-edged patch or two, lighter or darker than the rest."""
    patch = np.clip(3 * _clouds(len(picture), 5, random) - 1, 0, 1)
    return _cover(picture, _mild(random, 0.05, 0.3) * patch, random)


def fade(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Blacks up to a third lighter, whites up to a quarter darker."""
    black, white = _mild(random, 0.02, 0.33), 1 - _mild(random, 0.02, 0.25)
    return black + (white - black) * picture


def paper(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Unevenly lit or curled: slow changes of brightness all over."""
    return picture * (1 + _mild(random, 0.05, 0.3) * _clouds(len(picture), 3, random))


def jpeg(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """There and back through a JPEG of quality 40 to 95."""
    file = io.BytesIO()
    Image.fromarray(to_pixels(picture)).save(file, "JPEG", quality=int(random.integers(40, 96)))
    with Image.open(file) as image:
        return to_unit(np.asarray(image, np.float32))


# (chance in the most worn pictures, half that in all of them; effect), in the order in which they befall a picture.
# float32 [S, S] 0..1 in and out, if a little past the ends at times: that is cut off last
EFFECTS: tuple[tuple[float, Effect], ...] = (
    (0.5, vignette),
    (0.6, defocus),
    (0.8, grain),
    (0.25, scratches),
    (0.4, dust),
    (0.2, stain),
    (0.6, fade),
    (0.4, paper),
    (0.6, jpeg),
)


def _mild(random: np.random.Generator, low: float, high: float) -> float:
    """Between `low` and `high`, half of the time in the lowest quarter."""
    return low + (high - low) * random.random() ** 2


@cache
def _grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Each pixel's place in shares 0..1 of the side: x float32 [1, size], y float32 [size, 1]."""
    places = (np.arange(size, dtype=np.float32) + 0.5) / size
    return places[None], places[:, None]


def _clouds(size: int, cells: int, random: np.random.Generator) -> np.ndarray:
    """A smooth field, float32 [size, size] of about -1..1, made tiny and enlarged."""
    tiny = Image.fromarray(random.uniform(-1, 1, (cells, cells)).astype(np.float32))
    return np.asarray(tiny.resize((size, size), Image.Resampling.BICUBIC))


def _line(size: int, random: np.random.Generator) -> np.ndarray:
    """How much of each pixel a bent line covers, float32 [size, size] 0..1: up to 0.6 percent of the side wide."""
    x, y = _grid(size)
    middle_x, middle_y = random.random(), random.random()
    angle = random.normal(math.pi / 2, 0.5)  # most run along the film
    cos, sin = np.float32(math.cos(angle)), np.float32(math.sin(angle))
    along = (x - middle_x) * cos + (y - middle_y) * sin
    across = (y - middle_y) * cos - (x - middle_x) * sin - np.float32(random.normal(0, 0.3)) * along**2
    width = random.uniform(0.002, 0.006)
    covered = np.clip(0.5 + (width / 2 - np.abs(across)) * size, 0, min(1.0, width * size))
    return covered * (np.abs(along) < random.uniform(0.05, 0.6))


def _cover(picture: np.ndarray, mask: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """White where the mask is 1, or black: dust on the negative prints white, a hole in it black."""
    tone = 0.95 if random.random() < 0.7 else 0.05
    return picture + mask * (np.float32(tone) - picture)
