"""How hints spread: to what looks alike and is near, and nowhere without hints."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.spread_hints import SpreadHints

GREY = np.zeros((1, 8, 8, 2), np.float32)


def spread(
    features: np.ndarray, hints: np.ndarray, colours: np.ndarray = GREY, layer: SpreadHints | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """(change, heard) of a single head."""
    layer = layer or SpreadHints(heads=1, width=4)
    heard = np.asarray(layer([features, hints, colours]))
    return heard[..., :-1], heard[..., -1]


@pytest.fixture
def two_halves() -> np.ndarray:
    """Features [1, 8, 8, 4]: the left half unlike the right one."""
    features = np.zeros((1, 8, 8, 4), np.float32)
    features[:, :, :4, 0] = features[:, :, 4:, 1] = 20.0
    return features


def one_hint(row: int, column: int) -> np.ndarray:
    hints = np.zeros((1, 8, 8, 3), np.float32)
    hints[0, row, column] = (0.5, -0.3, 1)
    return hints


def test_without_hints_nothing_is_heard(two_halves: np.ndarray) -> None:
    hints = np.ones((1, 8, 8, 3), np.float32) * (1, 1, 0)  # what lies under no mask doesn't count
    change, heard = spread(two_halves, hints.astype(np.float32), GREY + 0.2)
    assert not change.any()
    assert not heard.any()


def test_the_hints_own_place_hears_it(two_halves: np.ndarray) -> None:
    """exp(0) = 1 against 0.1 for none."""
    change, heard = spread(two_halves, one_hint(2, 1))
    assert heard[0, 2, 1] == pytest.approx(1 / 1.1, abs=1e-4)  # float32 squares of features of 20
    assert change[0, 2, 1] == pytest.approx([0.5 / 1.1, -0.3 / 1.1], abs=1e-4)


def test_only_what_a_hint_changes_is_spread(two_halves: np.ndarray) -> None:
    colours = GREY + np.array([0.4, -0.3], np.float32)
    change, _ = spread(two_halves, one_hint(2, 1), colours)
    assert change[0, 2, 1] == pytest.approx([0.1 / 1.1, 0], abs=1e-4)


def test_a_hint_stops_where_it_looks_otherwise(two_halves: np.ndarray) -> None:
    change, heard = spread(two_halves, one_hint(4, 3))
    assert heard[0, 4, 2] > 0.3 > 1e-3 > heard[0, 4, 4]
    assert np.abs(change[0, :, 4:]).max() < 1e-3


def test_a_hint_fades_with_distance() -> None:
    _, heard = spread(np.zeros((1, 8, 8, 4), np.float32), one_hint(0, 0))
    assert (np.diff(heard[0, 0]) <= 0).all()
    assert heard[0, 0, 0] > heard[0, 0, 2] > heard[0, 0, 4]


def test_many_hints_are_louder_than_one_and_are_averaged() -> None:
    features = np.zeros((1, 8, 8, 4), np.float32)
    hints = one_hint(3, 3)
    _, alone = spread(features, hints, layer=(layer := SpreadHints(heads=1, width=4)))
    hints[0, 3, 4] = (0.1, 0.1, 1)
    change, heard = spread(features, hints, layer=layer)
    assert heard[0, 3, 3] > alone[0, 3, 3]
    ratio = change[0, 3, 3] / heard[0, 3, 3]
    assert 0.1 < ratio[0] < 0.5
    assert -0.3 < ratio[1] < 0.1


def test_heads_differ_in_reach() -> None:
    layer = SpreadHints(heads=2, width=4)
    heard = np.asarray(layer([np.zeros((1, 8, 8, 4), np.float32), one_hint(0, 0), GREY]))
    near, far = heard[0, 0, 2, 2], heard[0, 0, 2, 5]
    assert far > near + 1e-3


def test_a_list_of_the_cells_that_have_hints_changes_nothing() -> None:
    """For each picture of a batch its own hints count, also if it has none."""
    random = np.random.default_rng(0)
    features, colours = (random.standard_normal((3, 8, 8, depth)).astype(np.float32) for depth in (4, 2))
    hints = random.uniform(-1, 1, (3, 8, 8, 3)).astype(np.float32)
    hints[..., 2] = 0
    hints[0, 0, 0, 2] = hints[0, 5, 2, 2] = hints[1, 7, 7, 2] = 1
    every, listed = (SpreadHints(heads=2, width=4, listed=listed) for listed in (False, True))
    expected = np.asarray(every([features, hints, colours]))
    listed.build([features.shape, hints.shape, colours.shape])
    listed.set_weights(every.get_weights())
    assert np.abs(expected[:2]).max(axis=(1, 2, 3)).min() > 0.1
    np.testing.assert_allclose(np.asarray(listed([features, hints, colours])), expected, atol=1e-6)
    assert not np.asarray(listed([features[2:], hints[2:], colours[2:]])).any()
