"""Colour maths: known values, round trips, and the same from numpy and from Keras tensors."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from trainer import colour

# sRGB -> CIE Lab under D65, as published tables have them (Lindbloom's calculator)
KNOWN = {
    (255, 0, 0): (53.24, 80.09, 67.20),
    (0, 255, 0): (87.73, -86.18, 83.18),
    (0, 0, 255): (32.30, 79.19, -107.86),
    (255, 255, 255): (100.0, 0.0, 0.0),
    (119, 119, 119): (50.03, 0.0, 0.0),
    (0, 0, 0): (0.0, 0.0, 0.0),
}


@pytest.mark.parametrize(("rgb", "lab"), KNOWN.items())
def test_known_colours(rgb: tuple[int, int, int], lab: tuple[float, float, float]) -> None:
    unit = colour.to_unit(np.array(rgb, np.float32))
    lightness = colour.rgb_to_lightness(unit)[0]
    a, b = colour.rgb_to_ab(unit) * colour.CHROMA_UNIT
    assert (lightness, a, b) == pytest.approx(lab, abs=0.03)  # the tables' matrices have four decimals


def every_colour() -> np.ndarray:
    levels = np.arange(0, 256, 15, dtype=np.float32)
    return colour.to_unit(np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(-1, 3))


def test_round_trip_returns_every_colour_exactly() -> None:
    rgb = every_colour()
    back = colour.ab_to_rgb(colour.rgb_to_luminance(rgb), colour.rgb_to_ab(rgb))
    np.testing.assert_array_equal(colour.to_pixels(back), colour.to_pixels(rgb))


def test_ranges() -> None:
    rgb = every_colour()
    luminance, ab = colour.rgb_to_luminance(rgb), colour.rgb_to_ab(rgb)
    assert luminance.min() == -1
    assert luminance.max() == pytest.approx(1, abs=1e-5)
    assert np.abs(ab).max() < 1


def test_impossible_colours_keep_the_lightness() -> None:
    """A colour outside sRGB is made greyer, not brighter or darker: float error only, 0.001 of 100."""
    random = np.random.default_rng(0)
    lightness = random.uniform(0, 100, (2000, 1)).astype(np.float32)
    ab = random.uniform(-128, 128, (2000, 2)).astype(np.float32)
    rgb = colour.lab_to_rgb(lightness, ab)
    assert rgb.min() >= 0
    assert rgb.max() <= 1
    np.testing.assert_allclose(colour.rgb_to_lightness(rgb), lightness, atol=1e-3)


def test_possible_colours_are_not_touched_by_the_gamut_fit() -> None:
    rgb = np.array([[1, 0.5, 0], [0.1, 0.9, 0.3]], np.float32)
    again = colour.lab_to_rgb(colour.rgb_to_lightness(rgb), colour.rgb_to_ab(rgb) * colour.CHROMA_UNIT)
    np.testing.assert_allclose(again, rgb, atol=1e-4)


def test_keras_and_numpy_agree() -> None:
    rgb = every_colour()
    tensor = keras.ops.convert_to_tensor(rgb)
    luminance, ab = colour.rgb_to_luminance(rgb), colour.rgb_to_ab(rgb)
    np.testing.assert_allclose(colour.rgb_to_luminance(tensor, keras.ops), luminance, atol=1e-5)
    np.testing.assert_allclose(colour.rgb_to_ab(tensor, keras.ops), ab, atol=1e-5)
    out = colour.ab_to_rgb(keras.ops.convert_to_tensor(luminance), keras.ops.convert_to_tensor(ab * 2), keras.ops)
    np.testing.assert_allclose(out, colour.ab_to_rgb(luminance, ab * 2), atol=1e-4)


def test_coefficients_are_a_line_over_lightness() -> None:
    out = colour.apply_coefficients(np.array([50.0]), np.array([0.1, -0.2, 3.0, 4.0]))
    np.testing.assert_allclose(out, [8.0, -6.0])
