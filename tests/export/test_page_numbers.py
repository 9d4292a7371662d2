"""The page has the formulas for drawings a second time, in TypeScript: numbers that both must reach.

python -m tests.export.test_page_numbers      # writes them anew, when a formula was changed on purpose
"""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from serving.colouring import task as tasks
from serving.colouring.sketch import SKETCH
from tests.conftest import ROOT
from trainer.line_art import inverted, is_drawing, paper_light

NUMBERS = ROOT / "web" / "tests" / "unit" / "line_art.json"
INK, BLUE = [40, 40, 40], [160, 190, 240]

Rectangle = list[Any]  # x, y, width, height, colour


def lines(seed: int, width: int, height: int, count: int, *colours: list[int]) -> list[Rectangle]:
    """Strokes across and down, 2 or 3 pixels thick."""
    random = np.random.default_rng(seed)
    strokes = []
    for number in range(count):
        x, y = int(random.integers(0, width)), int(random.integers(0, height))
        length, thickness = int(random.integers(20, min(width, height))), 2 + number % 2
        sides = [length, thickness] if number % 3 else [thickness, length]
        strokes.append([x, y, *sides, colours[number % len(colours)]])
    return strokes


def patches(seed: int, width: int, height: int, side: int, coloured: bool) -> list[Rectangle]:
    """No bare paper anywhere."""
    random = np.random.default_rng(seed)
    places = [(x, y) for y in range(0, height, side) for x in range(0, width, side)]
    levels = random.integers(0, 256, (len(places), 3)).tolist()
    return [
        [x, y, side, side, level if coloured else level[:1] * 3] for (x, y), level in zip(places, levels, strict=True)
    ]


def scenes() -> dict[str, dict[str, Any]]:
    """Pictures as their size, paper and rectangles, painted in this order."""
    shadow: Rectangle = [0, 0, 130, 260, [190, 190, 190]]
    return {
        "pen": {"size": [320, 240], "paper": [255] * 3, "marks": lines(1, 320, 240, 25, INK)},
        "pencil": {"size": [300, 260], "paper": [240, 230, 200], "marks": [shadow, *lines(2, 300, 260, 25, INK, BLUE)]},
        "chalk": {"size": [257, 300], "paper": [20, 60, 40], "marks": lines(3, 257, 300, 25, [250] * 3)},
        "blank": {"size": [9, 6], "paper": [255] * 3, "marks": []},
        "photo": {"size": [300, 200], "paper": [0] * 3, "marks": patches(4, 300, 200, 25, coloured=False)},
        "poster": {"size": [240, 240], "paper": [0] * 3, "marks": patches(5, 240, 240, 60, coloured=True)},
        "large": {"size": [1400, 1000], "paper": [250] * 3, "marks": lines(6, 1400, 1000, 60, INK, BLUE)},
    }


def draw(scene: dict[str, Any]) -> np.ndarray:
    width, height = scene["size"]
    rgb = np.full((height, width, 3), scene["paper"], np.uint8)
    for x, y, across, down, colour in scene["marks"]:
        rgb[y : y + down, x : x + across] = colour
    return rgb


def numbers(rgb: np.ndarray) -> dict[str, Any]:
    """What Python makes of a picture."""
    with patch.object(tasks, "is_drawing", wraps=is_drawing) as judge:
        chosen = tasks.choose_task(rgb).name
    tone, chroma = judge.call_args.args
    height, width = rgb.shape[:2]
    maps = np.random.default_rng(7).uniform(0, 1, (4, 4, 5)).round(3).astype(np.float32)
    painted = SKETCH.paint(rgb, maps)
    return {
        "task": chosen,
        "inverted": bool(inverted(tone)[0]),
        "chroma": round(float(chroma[0]), 6),
        "score": round(score(tone), 6),
        "tone": sampled(tone[0, ..., 0]),
        "paper": sampled(paper_light(tone)[0, ..., 0]),
        "maps": [round(value, 3) for value in maps.ravel().tolist()],
        "painted": [painted[y, x].tolist() for y in (0, height // 2, height - 1) for x in (0, width // 3, width - 1)],
    }


def sampled(values: np.ndarray) -> list[float]:
    """[256, 256] -> 16 of them."""
    return [round(float(value), 6) for value in values[5::64, 17::64].ravel()]


def score(tone: np.ndarray) -> float:
    """What chroma is added to before the sum is compared with 0.25: the chroma at which a drawing stops being one."""
    drawing, photograph = -20.0, 20.0
    for _ in range(40):
        middle = (drawing + photograph) / 2
        if is_drawing(tone, np.array([middle]))[0]:
            drawing = middle
        else:
            photograph = middle
    return 0.25 - drawing


@pytest.mark.parametrize("name", scenes())
def test_the_pages_tests_expect_what_python_gives(name: str) -> None:
    stored = json.loads(NUMBERS.read_text())[name]
    assert stored["scene"] == scenes()[name]
    now = numbers(draw(stored["scene"]))
    assert {key: stored["expected"][key] for key in ("task", "inverted")} == {k: now[k] for k in ("task", "inverted")}
    for key in ("chroma", "score", "tone", "paper", "maps"):
        # float32, summed in whatever order this machine's numpy likes
        np.testing.assert_allclose(now[key], stored["expected"][key], atol=1e-4, err_msg=key)
    difference = np.abs(np.subtract(now["painted"], stored["expected"]["painted"]))
    assert difference.max() <= 1  # a half that is rounded up here and down there


if __name__ == "__main__":
    both = {name: {"scene": scene, "expected": numbers(draw(scene))} for name, scene in scenes().items()}
    NUMBERS.write_text(json.dumps(both) + "\n")
