"""Different believable colourings of one picture, as hints for the model to follow.

    spots = find_spots(probabilities[0], centres, lightness)
    for hints in draw_alternatives(spots, count=4, seed=0):
        coefficients = model.chroma(luminance, hint_map(hints))

A few spots where the model is unsure get a colour each, drawn from those that it finds likely there. The network
spreads them, so that what belongs together gets one colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from serving.colouring.confidence import confidence
from serving.colouring.hints import Hint
from serving.colouring.suggestions import Modes, find_modes, to_hex, visible

SPOTS = 6  # that get a colour
UNSURE = 0.25  # share of the cells, the least sure ones, that spots are taken from
APART = 4  # cells of 32 between spots, at least
BELIEVABLE = 0.05  # share of the probability below which a colour is not drawn
DRAWS = 64  # to choose each alternative from


class Spot(NamedTuple):
    """A place (shares of width and height), its L*, the model's own colour there [2], and the likely ones."""

    x: float
    y: float
    lightness: float
    mean: np.ndarray
    modes: Modes


def find_spots(probabilities: np.ndarray, centres: np.ndarray, lightness: np.ndarray) -> list[Spot]:
    """The least sure cell, then, again and again, the unsure one that is furthest from all spots so far.

    Args:
        probabilities: how likely each colour is in each cell, float32 [R, C, Q].
        centres: those colours, a* and b* in Lab units [Q, 2].
        lightness: the picture's L*, 0..100, [S, S], S a multiple of R and C.

    Returns:
        At most 6 spots, each with two or more believable colours; none where the model is sure of everything.
    """
    rows, columns = probabilities.shape[:2]
    light = lightness.reshape(rows, lightness.shape[0] // rows, columns, -1).mean(axis=(1, 3))
    order = np.argsort(confidence(probabilities, centres), axis=None, kind="stable")
    cells = [divmod(int(cell), columns) for cell in order[: int(UNSURE * order.size)]]
    modes = {cell: find_modes(probabilities[cell], visible(centres, float(light[cell])), BELIEVABLE) for cell in cells}
    unsure = [cell for cell in cells if len(modes[cell].shares) > 1]
    chosen: list[tuple[int, int]] = unsure[:1]
    while chosen and len(chosen) < SPOTS:
        distances = np.array([min(np.hypot(row - r, column - c) for r, c in chosen) for row, column in unsure])
        if distances.max() < APART:
            break
        chosen.append(unsure[int(distances.argmax())])
    return [
        Spot(
            (column + 0.5) / columns,
            (row + 0.5) / rows,
            float(light[row, column]),
            probabilities[row, column] @ centres,
            modes[row, column],
        )
        for row, column in chosen
    ]


def draw_alternatives(spots: Sequence[Spot], count: int, seed: int) -> Iterator[list[Hint]]:
    """Up to `count` colourings, each as hints; the same for the same seed, and fewer only if there are no more.

    Each is the one of 64 draws that is furthest, on the mean over the spots, from the model's own colours and from all
    colourings before it. A spot's colours are drawn as often as the model finds them likely.
    """
    random = np.random.default_rng(seed)
    chosen = [np.array([spot.mean for spot in spots])]
    while spots and len(chosen) <= count:
        drawn = np.stack([_draw(random, spot.modes) for spot in spots], axis=1)
        distances = np.linalg.norm(drawn[:, None] - np.array(chosen), axis=-1).mean(axis=-1).min(axis=-1)
        best = int(distances.argmax())
        if not distances[best]:
            return
        chosen.append(drawn[best])
        yield [Hint(spot.x, spot.y, to_hex(spot.lightness, ab)) for spot, ab in zip(spots, drawn[best], strict=True)]


def _draw(random: np.random.Generator, modes: Modes) -> np.ndarray:
    return random.choice(modes.ab, DRAWS, p=modes.shares / modes.shares.sum())
