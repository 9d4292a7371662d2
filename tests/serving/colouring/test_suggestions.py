"""Colours of a spot and confidence of a place, in numbers that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import ImageColor

from serving.colouring.confidence import confidence, draw_confidence
from serving.colouring.suggestions import Suggestion, find_modes, suggest, to_hex, visible
from serving.errors import OptionError
from trainer.colour import rgb_to_ab, rgb_to_lightness, to_unit

CENTRES = np.array([[0, 0], [10, 0], [40, 0], [0, 50]], np.float32)
GREY_AND_PINK = np.array([0.3, 0.2, 0.4, 0.1], np.float32)  # two greys that are one, a pink, a yellow
LIGHT = np.full((8, 8), 60.0, np.float32)


def grid(*distributions: np.ndarray) -> np.ndarray:
    """Distributions [Q] -> probabilities [1, n, Q]: one row of cells."""
    return np.stack(distributions)[None]


def lab(colour: str) -> list[float]:
    rgb = to_unit(np.array(ImageColor.getrgb(colour), np.float32))
    return [*rgb_to_lightness(rgb), *(rgb_to_ab(rgb) * 110)]


def test_near_colours_are_one_and_shares_are_added() -> None:
    modes = find_modes(GREY_AND_PINK, CENTRES)
    # (0.3 * 0 + 0.2 * 10) / 0.5 = 4
    np.testing.assert_allclose(modes.ab, [[4, 0], [40, 0], [0, 50]], atol=1e-5)
    np.testing.assert_allclose(modes.shares, [0.5, 0.4, 0.1], atol=1e-6)  # float32


def test_a_broad_hill_is_more_than_one_colour() -> None:
    centres = np.array([[a, 0] for a in range(-30, 40, 10)], np.float32)
    modes = find_modes(np.array([0.1, 0.1, 0.2, 0.25, 0.2, 0.1, 0.05], np.float32), centres)
    np.testing.assert_allclose(modes.ab, [[0, 0], [-25, 0], [20 + 10 / 3, 0]], atol=1e-4)
    np.testing.assert_allclose(modes.shares, [0.65, 0.2, 0.15], atol=1e-6)


def test_unlikely_colours_are_left_out() -> None:
    probabilities = np.array([0.97, 0.0, 0.02, 0.01], np.float64)
    assert find_modes(probabilities, CENTRES).shares.tolist() == [0.97, 0.02]
    assert find_modes(probabilities, CENTRES, least=0.05).shares.tolist() == [0.97]


def test_suggestions_are_ordered_and_at_the_spots_own_lightness() -> None:
    light = LIGHT.copy()
    light[:, 6:] = 75  # the right quarter
    probabilities = grid(GREY_AND_PINK, GREY_AND_PINK[::-1])
    left = suggest(probabilities, CENTRES, light, 0.49, 0.5)
    assert [suggestion.share for suggestion in left] == pytest.approx([0.5, 0.4, 0.1])
    # hex digits hold Lab to half a unit or so
    assert lab(left[0].colour) == pytest.approx([60, 4, 0], abs=0.6)
    assert lab(left[1].colour) == pytest.approx([60, 40, 0], abs=0.6)
    right = suggest(probabilities, CENTRES, light, 1.0, 0.0)
    assert [suggestion.share for suggestion in right] == pytest.approx([0.5, 0.3, 0.2])
    assert [lab(suggestion.colour)[0] for suggestion in right] == pytest.approx([75] * 3, abs=0.3)
    assert suggest(probabilities, CENTRES, light, 0.49, 0.5, count=2) == left[:2]


@pytest.mark.parametrize(("lightness", "colour"), [(0.0, "#000000"), (100.0, "#ffffff")])
def test_black_and_white_have_one_colour(lightness: float, colour: str) -> None:
    (only,) = suggest(grid(GREY_AND_PINK), CENTRES, np.full((4, 4), lightness, np.float32), 0.5, 0.5)
    assert only == Suggestion(colour, pytest.approx(1.0))


def test_what_a_screen_cannot_show_is_merged_as_it_is_shown() -> None:
    """At L* 96 these two are the same yellow, though they are 40 units apart."""
    yellows = np.array([[0, 70], [0, 110]], np.float32)
    assert np.abs(np.diff(visible(yellows, 96.0), axis=0)).max() < 15
    (only,) = suggest(grid(np.array([0.5, 0.5], np.float32)), yellows, LIGHT * 0 + 96, 0, 0)
    assert only.share == 1
    assert to_hex(60.0, np.zeros(2, np.float32)) == "#919191"


@pytest.mark.parametrize(
    ("x", "y", "count", "message"),
    [
        (1.1, 0.5, 5, "A spot's x must be a number from 0 to 1; received 1.1."),
        (0.5, -0.1, 5, "A spot's y must be a number from 0 to 1; received -0.1."),
        (float("nan"), 0.5, 5, "A spot's x must be a number from 0 to 1; received nan."),
        (0.5, 0.5, 0, "The count must be 1 or more; received 0."),
    ],
)
def test_spots_have_their_range(x: float, y: float, count: int, message: str) -> None:
    with pytest.raises(OptionError) as caught:
        suggest(grid(GREY_AND_PINK), CENTRES, LIGHT, x, y, count)
    assert caught.value.detail == message


def test_confidence_is_the_probability_near_the_drawn_colour() -> None:
    certain, torn = np.array([0, 1, 0, 0]), np.array([0.5, 0, 0.5, 0])
    mostly = np.array([0.7, 0.2, 0, 0.1])  # mean (2, 5)
    sure = confidence(grid(certain, torn, mostly).astype(np.float32), CENTRES)
    np.testing.assert_allclose(sure, [[1, 0, 0.9]], atol=1e-6)  # torn: the mean is 20 from either


def test_the_map_has_the_photographs_size_and_gets_brighter_evenly() -> None:
    drawn = draw_confidence(np.linspace(0, 1, 5, dtype=np.float32)[:, None].repeat(5, axis=1), 50, 500)
    assert (drawn.width, drawn.height) == (50, 500)
    rows = rgb_to_lightness(to_unit(drawn.rgb.astype(np.float32)))[[50, 150, 250, 350, 450], 25, 0]
    np.testing.assert_allclose(rows, np.linspace(15, 92, 5), atol=1)  # bicubic between cells, 8 bits
    assert drawn.rgb[0, 0].argmax() == 2  # blue
    assert drawn.rgb[-1, 0].argmin() == 2  # yellow
