"""Shrinking and recombining in bands: the same as in one piece, the same as TensorFlow, and bounded in memory."""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pytest
import tensorflow as tf

from serving.colouring.photo import PHOTO
from tests.serving.sample_pictures import scene
from trainer.colour import apply_coefficients, lab_to_rgb, rgb_to_lightness, to_luminance, to_pixels, to_unit

RANDOM = np.random.default_rng(1)
# (height, width): larger, smaller and narrower than the model's 256, of one pixel, and of many bands
SIZES = [(300, 500), (40, 60), (1, 1), (1500, 90), (90, 1500), (700, 1100), (3, 5000)]


def picture(height: int, width: int) -> np.ndarray:
    return np.dstack([scene(height, width)] * 3) + RANDOM.integers(0, 30, (height, width, 3), np.uint8)


def coefficients(size: int = 256) -> np.ndarray:
    smooth = RANDOM.normal(0, 1, (1, 16, 16, 4)) * [0.3, 0.3, 15, 15]
    return tf.image.resize(smooth, (size, size), "bicubic").numpy()[0]


def lightness_of(rgb: np.ndarray) -> np.ndarray:
    return rgb_to_lightness(to_unit(rgb.astype(np.float32)))


@pytest.mark.parametrize("size", SIZES)
def test_shrink_is_tensorflows_antialiased_resize(size: tuple[int, int]) -> None:
    rgb = picture(*size)
    expected = to_luminance(tf.image.resize(lightness_of(rgb)[None], (256, 256), antialias=True).numpy())
    shrunk = PHOTO.see(rgb)
    assert shrunk.dtype == np.float32
    np.testing.assert_allclose(shrunk, expected, atol=2e-4)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("saturation", [1.0, 0.4])
def test_bands_give_what_one_piece_gives_in_tensorflow(size: tuple[int, int], saturation: float) -> None:
    rgb, maps = picture(*size), coefficients()
    lightness = lightness_of(rgb)
    full = tf.image.resize(maps, size, antialias=True).numpy()
    expected = to_pixels(lab_to_rgb(lightness, apply_coefficients(lightness, full) * np.float32(saturation)))
    difference = np.abs(PHOTO.paint(rgb, maps, saturation).astype(int) - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-3


def test_no_saturation_is_grey_of_the_same_lightness() -> None:
    rgb = picture(120, 80)
    grey = PHOTO.paint(rgb, coefficients(), 0.0)
    assert (grey.max(-1) - grey.min(-1)).max() <= 1
    np.testing.assert_allclose(lightness_of(grey), lightness_of(rgb), atol=0.3)


def test_lightness_stays_the_pictures_own() -> None:
    rgb = picture(120, 80)
    coloured = PHOTO.paint(rgb, coefficients())
    assert np.abs(coloured.astype(int) - rgb).max() > 20
    assert np.abs(lightness_of(coloured) - lightness_of(rgb)).mean() < 0.2


def test_twelve_megapixels_take_seconds_and_little_memory() -> None:
    rgb, maps = np.tile(picture(600, 800), (5, 5, 1)), coefficients()
    tracemalloc.start()
    started = time.monotonic()
    PHOTO.see(rgb)
    coloured = PHOTO.paint(rgb, maps)
    seconds, (_, peak) = time.monotonic() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert coloured.shape == (3000, 4000, 3)
    # what it takes beside the result, which has 36 MB
    assert peak - coloured.nbytes < 20e6
    assert seconds < 30  # a few on a free core; a busy machine gets its time
