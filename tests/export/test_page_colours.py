"""The page chooses colours a second time, in TypeScript: suggestions, alternatives, hint maps, looks of a drawing.

python -m tests.export.test_page_colours      # writes the numbers anew, when a formula was changed on purpose
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from serving.colouring.alternatives import find_spots
from serving.colouring.hints import Hint, hint_map
from serving.colouring.sketch import SKETCH
from serving.colouring.suggestions import suggest
from tests.conftest import ROOT

NUMBERS = ROOT / "web" / "tests" / "unit" / "colours.json"
CELLS, COLOURS, SIZE = 32, 40, 64  # a side; in all; pixels a side of the lightness
PLACES = [(0.0, 0.0), (0.31, 0.62), (0.5, 0.5), (0.77, 0.13), (1.0, 1.0)]
HINTS = [Hint(0.4, 0.6, "#b03a2e"), Hint(0.401, 0.61, "#2e3ab0"), Hint(0.0, 0.0, "#10f040"), Hint(1.0, 1.0, "#ffffff")]
SATURATION = 1.7


def probabilities() -> np.ndarray:
    """[32, 32, 40] of a formula that the page's test writes down, too: a few peaks, which wander from cell to cell."""
    row, column, colour = np.meshgrid(np.arange(CELLS), np.arange(CELLS), np.arange(COLOURS), indexing="ij")
    logits = 3 * np.sin(1.3 * colour + 0.07 * row * column) + 3 * np.cos(0.9 * colour + 0.4 * column)
    weights = np.exp(logits * (0.6 + row / CELLS))
    return (weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32)


def centres() -> np.ndarray:
    """[40, 2], a sunflower of 75 Lab units."""
    colour = np.arange(COLOURS)
    radius = 75 * np.sqrt(colour / COLOURS)
    return np.stack([radius * np.cos(2.4 * colour), radius * np.sin(2.4 * colour)], axis=-1).astype(np.float32)


def lightness() -> np.ndarray:
    """[64, 64], 10..90."""
    row, column = np.meshgrid(np.arange(SIZE), np.arange(SIZE), indexing="ij")
    return (50 + 40 * np.sin(row / 9) * np.cos(column / 7)).astype(np.float32)


def numbers() -> dict[str, Any]:
    """What Python makes of them."""
    spots = find_spots(probabilities(), centres(), lightness())
    suggested = [suggest(probabilities(), centres(), lightness(), x, y) for x, y in PLACES]
    return {
        "suggested": [[suggestion.colour for suggestion in suggestions] for suggestions in suggested],
        "spots": [
            [round(float(value), 4) for value in (spot.x, spot.y, spot.lightness, *spot.mean, *spot.modes.ab.ravel())]
            for spot in spots
        ],
        "maps": [sampled(hint_map(HINTS, channels)) for channels in (3, 4)],
        "drawing": sampled_drawing(),
    }


def sampled(hints: np.ndarray) -> list[list[float]]:
    """Those of a hint map's pixels that are not zero, after their numbers."""
    flat = hints.reshape(-1, hints.shape[-1])
    return [[float(i), *(round(float(v), 5) for v in flat[i])] for i in np.flatnonzero(flat.any(axis=-1))]


def sampled_drawing() -> list[list[int]]:
    """A drawing of 4 x 4 white pixels under 16 flat colours, more saturated."""
    flat = (np.arange(48).reshape(4, 4, 3) * 37 % 101 / 100).astype(np.float32)
    maps = np.concatenate([flat, np.broadcast_to(np.float32([0, 1]), (4, 4, 2))], axis=-1)
    return SKETCH.paint(np.full((4, 4, 3), 255, np.uint8), maps, SATURATION).reshape(-1, 3).tolist()


@pytest.mark.parametrize("name", ["suggested", "spots", "maps", "drawing"])
def test_the_pages_tests_expect_what_python_gives(name: str) -> None:
    stored, now = json.loads(NUMBERS.read_text())[name], numbers()[name]
    if name == "suggested":
        assert now == stored
        return
    assert len(now) == len(stored)
    for received, expected in zip(now, stored, strict=True):
        np.testing.assert_allclose(received, expected, atol=1 if name == "drawing" else 1e-3, err_msg=name)


if __name__ == "__main__":
    NUMBERS.write_text(json.dumps(numbers()) + "\n")
