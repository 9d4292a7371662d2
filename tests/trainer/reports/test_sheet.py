"""A sheet's pictures are where they belong."""

from __future__ import annotations

import numpy as np

from trainer.reports.sheet import sheet


def pictures(count: int, channels: int = 3, first: int = 0) -> np.ndarray:
    """Each of one value of its own: first, first + 1, ..."""
    return np.broadcast_to(
        np.arange(first, first + count, dtype=np.uint8)[:, None, None, None], (count, 4, 6, channels)
    )


def test_three_rows_of_all_pictures() -> None:
    drawn = np.asarray(sheet(pictures(5, 1, 0), pictures(5, 3, 10), pictures(5, 3, 20)))
    assert drawn.shape == (12, 30, 3)
    np.testing.assert_array_equal(drawn[::4, ::6, 0], [[0, 1, 2, 3, 4], [10, 11, 12, 13, 14], [20, 21, 22, 23, 24]])


def test_many_go_into_bands_and_the_last_is_filled_with_white() -> None:
    drawn = np.asarray(sheet(pictures(5, 1, 0), pictures(5, 3, 10), pictures(5, 3, 20), columns=3))
    assert drawn.shape == (12 + 8 + 12, 18, 3)
    np.testing.assert_array_equal(drawn[:12:4, ::6, 0], [[0, 1, 2], [10, 11, 12], [20, 21, 22]])
    np.testing.assert_array_equal(drawn[12:20], 255)
    np.testing.assert_array_equal(drawn[20::4, ::6, 0], [[3, 4, 255], [13, 14, 255], [23, 24, 255]])
