"""The likely natural colours of a spot, out of what the model's `colours` signature says.

    probabilities, centres = model.colours(luminance, hints)
    for suggestion in suggest(probabilities[0], centres, lightness, x=0.4, y=0.6):
        print(suggestion.colour, suggestion.share)

Each is a peak of the distribution with what lies around it. Needs no TensorFlow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from serving.errors import OptionError
from trainer.colour import CHROMA_UNIT, lab_to_rgb, rgb_to_ab, to_pixels

NEAR = 15.0  # Lab units: people call colours that are no further apart by one name
LEAST = 0.02  # share of the probability below which a colour is not worth suggesting


@dataclass(frozen=True)
class Suggestion:
    """A colour, like #b03a2e, and its share of the probability at that spot, 0..1."""

    colour: str
    share: float


class Modes(NamedTuple):
    """Peaks of a distribution, the likeliest first: `ab` float32 [M, 2] in Lab units, `shares` [M], 0..1."""

    ab: np.ndarray
    shares: np.ndarray


def suggest(
    probabilities: np.ndarray, centres: np.ndarray, lightness: np.ndarray, x: float, y: float, count: int = 5
) -> list[Suggestion]:
    """The likely colours of a spot at its own lightness, the likeliest first.

    Args:
        probabilities: how likely each colour is in each cell, float32 [R, C, Q].
        centres: those colours, a* and b* in Lab units [Q, 2].
        lightness: the picture's L*, 0..100, [S, S].
        x: where the spot is, as a share 0..1 of the width from the left.
        y: as a share 0..1 of the height from the top.
        count: how many colours at most; there are fewer where the model is sure.

    Raises:
        OptionError: `x` or `y` is not from 0 to 1, or `count` is below 1.
    """
    for name, value in (("x", x), ("y", y)):
        if not 0 <= value <= 1:  # also refuses NaN
            raise OptionError(
                f"A spot's {name} must be a number from 0 to 1; received {value!r}.",
                "Give it as a share of the picture's width or height, from the top left.",
            )
    if count < 1:
        raise OptionError(f"The count must be 1 or more; received {count}.", "Leave it out for 5.")
    light = float(lightness[place(x, y, lightness)])
    modes = find_modes(probabilities[place(x, y, probabilities)], visible(centres, light))
    return [Suggestion(to_hex(light, ab), float(share)) for ab, share in zip(*modes, strict=True)][:count]


def find_modes(probabilities: np.ndarray, ab: np.ndarray, least: float = LEAST) -> Modes:
    """The colours that a distribution [Q] over `ab` [Q, 2] in Lab units speaks of, down to a share of `least`.

    Again and again the highest peak of what is left takes all within 15 Lab units of it (non-maximum suppression):
    their mean is its colour, their sum its share. So a broad hill, as of a wall that may be beige to brown, is more
    than one colour, and no share says more than the colour covers: they sum to 1 or less.
    """
    left = probabilities.astype(np.float64)
    colours, shares = [], []
    while left.max() > 0:
        top = left.argmax()
        taken = np.where(np.linalg.norm(ab - ab[top], axis=-1) <= NEAR, left, 0.0)
        colours.append(taken @ ab / taken.sum())
        shares.append(taken.sum())
        left -= taken
    order = [mode for mode in np.argsort(shares, kind="stable")[::-1] if shares[mode] >= least]
    return Modes(np.array(colours, np.float32)[order], np.array(shares)[order])


def visible(ab: np.ndarray, lightness: float) -> np.ndarray:
    """Colours [Q, 2] in Lab units as a screen can show them at that lightness: near black and white all are grey."""
    return rgb_to_ab(lab_to_rgb(np.full((len(ab), 1), lightness, np.float32), ab)) * np.float32(CHROMA_UNIT)


def to_hex(lightness: float, ab: np.ndarray) -> str:
    """L* 0..100 and a*, b* [2] in Lab units -> a colour like #b03a2e."""
    return f"#{to_pixels(lab_to_rgb(np.array([lightness], np.float32), ab)).tobytes().hex()}"


def place(x: float, y: float, grid: np.ndarray) -> tuple[int, int]:
    """Shares of the width and height -> the (row, column) of a grid [R, C, ...] that they fall into."""
    rows, columns = grid.shape[:2]
    return min(int(y * rows), rows - 1), min(int(x * columns), columns - 1)
