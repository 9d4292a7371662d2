"""Hint points become squares of colour on the map; training's random hints show true colours only."""

from __future__ import annotations

import keras
import numpy as np

from trainer.colour import rgb_to_ab
from trainer.data.random_hints import LARGEST, MOST, fill_boxes, random_boxes
from trainer.hints import PATCH, draw_hints

NONE = [np.nan] * 5


def test_a_hint_is_a_square_of_its_colour() -> None:
    hints = np.array([[[0.5, 0.25, 1.0, 0.0, 0.0], NONE]], np.float32)
    drawn = draw_hints(hints, 32)
    assert drawn.shape == (1, 32, 32, 3)
    rows, columns = np.nonzero(drawn[0, :, :, 2])
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (6, 10, 14, 18)
    np.testing.assert_allclose(drawn[0, 8, 16], [*rgb_to_ab(np.array([1, 0, 0], np.float32)), 1], atol=1e-6)
    assert np.all(drawn[0, drawn[0, :, :, 2] == 0] == 0)


def test_hints_at_the_corners_stay_inside() -> None:
    drawn = draw_hints(np.array([[[0, 0, 0, 0, 1], [1, 1, 0, 1, 0]]], np.float32), 16)
    assert drawn[0, 0, 0, 2] == 1
    assert drawn[0, 15, 15, 2] == 1
    assert drawn[..., 2].sum() == 2 * (PATCH // 2 + 1) ** 2


def test_overlapping_hints_are_averaged() -> None:
    red, green = [0.5, 0.5, 1, 0, 0], [0.5, 0.5, 0, 1, 0]
    mean = rgb_to_ab(np.array([[1, 0, 0], [0, 1, 0]], np.float32)).mean(axis=0)
    drawn = draw_hints(np.array([[red, green]], np.float32), 16)
    np.testing.assert_allclose(drawn[0, 8, 8], [*mean, 1], atol=1e-6)


def test_no_hints_make_an_empty_map() -> None:
    assert not draw_hints(np.zeros((2, 0, 5), np.float32), 16).any()
    assert not draw_hints(np.full((2, 3, 5), np.nan, np.float32), 16).any()


def test_keras_draws_the_same() -> None:
    hints = np.random.default_rng(0).random((2, 4, 5), dtype=np.float32)
    hints[1, 2:] = np.nan
    drawn = draw_hints(keras.ops.convert_to_tensor(hints), 32, keras.ops)
    np.testing.assert_allclose(drawn, draw_hints(hints, 32), atol=1e-5)


def boxes(seed: int, count: int, share: float) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.stack([random_boxes(random, share, 32) for _ in range(count)])


def test_random_hints_show_the_true_colour() -> None:
    drawn = fill_boxes(np.full((64, 32, 32, 2), [0.3, -0.2], np.float32), boxes(7, 64, 0.5))
    masked = drawn[drawn[..., 2] > 0]
    np.testing.assert_allclose(masked, np.tile([0.3, -0.2, 1], (len(masked), 1)), atol=1e-5)
    hinted = (drawn[..., 2].sum(axis=(1, 2)) > 0).mean()
    assert 0.25 < hinted < 0.65  # half of 64 pictures, and the geometric count leaves an eighth of those without
    assert drawn[..., 2].sum(axis=(1, 2)).max() <= MOST * LARGEST**2


def test_a_box_holds_the_mean_of_what_is_below_it() -> None:
    ab = np.random.default_rng(0).random((1, 16, 16, 2), np.float32)
    drawn = fill_boxes(ab, np.array([[[2, 3, 7, 5], [0, 0, 0, 0]]], np.float32))
    expected = ab[0, 2:7, 3:5].mean(axis=(0, 1))
    np.testing.assert_allclose(drawn[0, 2:7, 3:5], np.broadcast_to([*expected, 1], (5, 2, 3)), atol=1e-5)
    assert drawn[..., 2].sum() == 10


def test_random_hints_depend_on_the_generator_alone() -> None:
    first, again, other = boxes(7, 4, 1.0), boxes(7, 4, 1.0), boxes(8, 4, 1.0)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_keras_fills_the_same() -> None:
    ab, places = np.random.default_rng(0).random((3, 32, 32, 2), np.float32), boxes(1, 3, 1.0)
    filled = fill_boxes(keras.ops.convert_to_tensor(ab), keras.ops.convert_to_tensor(places), keras.ops)
    np.testing.assert_allclose(filled, fill_boxes(ab, places), atol=1e-5)
