"""How colours lie among a drawing's lines: do they end at lines, and does white paper stay white?

lines = DrawnLines()
lines.add(batch, {"lines only": drawings, "shipped": results, TRUTH: truths})
lines.measures()["shipped"]["borders_on_lines"]
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from scipy import ndimage
from skimage.morphology import disk

from export.quality.candidates import TRUTH
from export.quality.pictures import Batch
from trainer.colour import CHROMA_UNIT, rgb_to_ab, rgb_to_lightness, to_unit
from trainer.line_art import clean, tone_of

INK = 0.5  # most tone of the cleaned drawing that is a line
RIM = 0.9  # most tone that a line still darkens
REACH = 3  # pixels from a line that count as on it
STRONG = 4.0  # Lab units a pixel, least gradient of a border: at sigma 1 that of a step of 10 units
SIGMA = 1.0  # pixels, of the gradient's Gaussian
WHITE_LIGHTNESS, WHITE_CHROMA = 95.0, 3.0  # white is lighter and less coloured than this, in Lab units
CHANCE = "another's truth"


def cleaned(drawings: np.ndarray) -> np.ndarray:
    """Drawings uint8 [N, S, S, 1 or 3], S a multiple of 128 -> tone 0..1 [N, S, S], as a sketch model sees them."""
    return clean(tone_of(to_unit(drawings.astype(np.float32))))[..., 0]


def borders(picture: np.ndarray, tone: np.ndarray) -> np.ndarray:
    """A picture uint8 [S, S, 3] and its cleaned drawing [S, S] -> where colour changes sharply, bool [S, S].

    sqrt(|grad a*|^2 + |grad b*|^2) >= 4 Lab units a pixel, with derivatives of a Gaussian of sigma 1. First every pixel
    that a line covers or darkens, tone <= 0.9, and every pixel beside one takes the colours of the nearest other: else
    each line over one colour would be two borders.
    """
    ab = rgb_to_ab(to_unit(picture.astype(np.float32))) * CHROMA_UNIT
    covered = ndimage.binary_dilation(tone <= RIM, disk(1))
    if not covered.all():
        rows, columns = ndimage.distance_transform_edt(covered, return_distances=False, return_indices=True)
        ab = ab[rows, columns]
    slopes = [ndimage.gaussian_gradient_magnitude(ab[..., axis], SIGMA, mode="nearest") for axis in (0, 1)]
    return np.hypot(*slopes) >= STRONG


def on_lines(tone: np.ndarray) -> np.ndarray:
    """A cleaned drawing [S, S] -> what lies within 3 pixels of a line, tone <= 0.5: bool [S, S]."""
    return ndimage.binary_dilation(tone <= INK, disk(REACH))


class DrawnLines:
    """Shares and means over the pixels of all pictures; a `Gauge`."""

    def __init__(self) -> None:
        self._pixels = 0
        self._borders: Counter[str] = Counter()
        self._met: Counter[str] = Counter()
        self._white = 0
        self._from_white: dict[str, float] = {}
        # packed to bits: pictures meet the lines of others when all are known
        self._true_borders: list[np.ndarray] = []
        self._lines: list[np.ndarray] = []

    def add(self, batch: Batch, results: dict[str, np.ndarray]) -> None:
        """Pictures uint8 [N, S, S, 3] by candidate, the truth among them; S a multiple of 128."""
        tones = cleaned(batch.conditions)
        near = [on_lines(tone) for tone in tones]
        self._lines += [np.packbits(each) for each in near]
        self._pixels += tones.size
        white = _white(batch.targets)
        self._white += int(white.sum())
        for name, pictures in results.items():
            found = [borders(*each) for each in zip(pictures, tones, strict=True)]
            self._borders[name] += sum(int(each.sum()) for each in found)
            self._met[name] += sum(int((one & lines).sum()) for one, lines in zip(found, near, strict=True))
            away = float(_from_white(pictures)[white].sum(dtype=np.float64))
            self._from_white[name] = self._from_white.get(name, 0.0) + away
            if name == TRUTH:
                self._true_borders += [np.packbits(each) for each in found]

    def measures(self) -> dict[str, dict[str, float | None]]:
        """By candidate: `borders_on_lines` and `borders`, shares 0..1, and `paper`, in Lab units.

        - borders_on_lines: of the pixels of `borders`, those `on_lines`; None without any.
        - borders: of all pixels.
        - paper: mean distance from white (CIE76, "Colorimetry" (1976)) where the truth is white; None if it is nowhere.

        Under "another's truth" is what chance would have: each truth's borders on the lines of the picture half of all
        pictures further on, since neighbours by name may be of one hand.
        """
        found: dict[str, dict[str, float | None]] = {
            name: {
                "borders_on_lines": _share(self._met[name], self._borders[name], 4),
                "borders": _share(self._borders[name], self._pixels, 4),
                "paper": _share(away, self._white, 2),
            }
            for name, away in self._from_white.items()
        }
        return {**found, CHANCE: {"borders_on_lines": self._chance()}}

    def _chance(self) -> float | None:
        half = len(self._lines) // 2
        others = [*self._lines[half:], *self._lines[:half]]
        met = sum(int(np.unpackbits(one & lines).sum()) for one, lines in zip(self._true_borders, others, strict=True))
        return _share(met, self._borders[TRUTH], 4) if half else None


def _white(pictures: np.ndarray) -> np.ndarray:
    unit = to_unit(pictures.astype(np.float32))
    chroma = np.linalg.norm(rgb_to_ab(unit), axis=-1) * CHROMA_UNIT
    return (rgb_to_lightness(unit)[..., 0] > WHITE_LIGHTNESS) & (chroma < WHITE_CHROMA)


def _from_white(pictures: np.ndarray) -> np.ndarray:
    unit = to_unit(pictures.astype(np.float32))
    lab = np.concatenate([rgb_to_lightness(unit) - rgb_to_lightness(np.ones(3)), rgb_to_ab(unit) * CHROMA_UNIT], -1)
    return np.linalg.norm(lab, axis=-1)


def _share(part: float, whole: float, decimals: int) -> float | None:
    return round(part / whole, decimals) if whole else None
