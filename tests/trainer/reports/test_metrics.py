"""The measures of a colouring, against values worked out by hand or by a slower way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import sqrtm

from tests.conftest import draw_scene
from trainer.colourfulness import colourfulness, colourfulness_absolute
from trainer.reports.metrics import frechet_distance, mae, psnr, ssim


def scene(seed: int = 0) -> np.ndarray:
    return np.asarray(draw_scene(48, 32, seed))


def test_psnr_by_hand() -> None:
    assert psnr(np.zeros((2, 2, 3)), np.full((2, 2, 3), 255.0)) == 0
    assert psnr(np.zeros((2, 2, 3)), np.full((2, 2, 3), 25.5)) == pytest.approx(20)
    assert psnr(np.ones((2, 2, 3)), np.ones((2, 2, 3))) == float("inf")


def test_mae_by_hand() -> None:
    result = np.full((2, 2, 3), 10, np.uint8)
    truth = result.copy()
    truth[0, 0, 0] = 250
    assert mae(result, truth) == 240 / 12
    assert mae(truth, result) == 240 / 12  # 8-bit values must not wrap round


def test_ssim_by_hand() -> None:
    assert ssim(scene(), scene()) == 1
    # flat pictures have no structure: what is left is the paper's luminance term, (2 a b + C1) / (a^2 + b^2 + C1)
    c1 = (0.01 * 255) ** 2
    flat = ssim(np.full((16, 16, 3), 100, np.uint8), np.full((16, 16, 3), 50, np.uint8))
    assert flat == pytest.approx((2 * 100 * 50 + c1) / (100**2 + 50**2 + c1))


def test_ssim_is_wang_2004_over_every_pixel() -> None:
    """The window's sums by plain convolution, in place of the library's filters."""
    a, b = scene(0)[..., 0].astype(float), scene(1)[..., 0].astype(float)
    offset = np.arange(-5, 6)
    window = np.exp(-(offset[:, None] ** 2 + offset**2) / (2 * 1.5**2))
    window /= window.sum()

    def windowed(x: np.ndarray) -> np.ndarray:
        return (np.lib.stride_tricks.sliding_window_view(x, (11, 11)) * window).sum(axis=(2, 3))

    mean_a, mean_b = windowed(a), windowed(b)
    var_a, var_b = windowed(a * a) - mean_a**2, windowed(b * b) - mean_b**2
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    numerator = (2 * mean_a * mean_b + c1) * (2 * (windowed(a * b) - mean_a * mean_b) + c2)
    expected = (numerator / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))).mean()
    # the same sums in another order: rounding of doubles
    assert ssim(np.stack([a] * 3, -1), np.stack([b] * 3, -1)) == pytest.approx(expected, abs=1e-9)


def test_colourfulness_by_hand() -> None:
    grey = np.asarray(draw_scene(32, 32, 0).convert("L").convert("RGB"))
    assert colourfulness(grey) == colourfulness_absolute(grey) == 0
    # all red: no spread; rg = 255, yb = 127.5
    assert colourfulness(np.full((4, 4, 3), [255.0, 0, 0])) == pytest.approx(0.3 * np.hypot(255, 127.5))


def test_colourfulness_signed_and_absolute() -> None:
    """Half red, half green: the signed opponents spread and cancel, the absolute ones are all alike."""
    picture = np.zeros((2, 2, 3), np.uint8)
    picture[0], picture[1] = [200, 0, 0], [0, 200, 0]  # rg = 200, -200; yb = 100, 100
    assert colourfulness(picture) == pytest.approx(200 + 0.3 * 100)
    assert colourfulness_absolute(picture) == pytest.approx(0.3 * np.hypot(200, 100))


def gaussian(rows: int, seed: int, features: int = 8) -> np.ndarray:
    random = np.random.default_rng(seed)
    return (random.normal(size=(rows, features)) @ random.normal(size=(features, features)) + seed).astype(np.float32)


def test_frechet_distance_is_the_formula() -> None:
    a, b = gaussian(50, 1), gaussian(60, 2)
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    means = ((a.mean(axis=0, dtype=float) - b.mean(axis=0, dtype=float)) ** 2).sum()
    expected = means + np.trace(cov_a + cov_b - 2 * sqrtm(cov_a @ cov_b).real)
    # SciPy's matrix root is the less exact of the two, and np.cov works in float64 on float32 rows as ours does
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(b, a) == pytest.approx(frechet_distance(a, b))


@pytest.mark.parametrize("rows", [4, 8, 9, 100], ids=lambda rows: f"{rows} rows of 8 features")
def test_frechet_distance_is_exact_with_few_rows(rows: int) -> None:
    """Features twice as far apart and moved by one: |shift|^2 + trace((2 - 1)^2 C), for singular C too."""
    a = gaussian(rows, 3).astype(float)
    centre = a.mean(axis=0)
    b = (a - centre) * 2 + centre + 1
    expected = 8 + np.trace(np.cov(a, rowvar=False))
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)  # rounding of doubles
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("a", "b", "shapes"),
    [
        (np.zeros((1, 4)), np.zeros((5, 4)), r"\[1, 4\] and \[5, 4\]"),
        (np.zeros((5, 4)), np.zeros((5, 3)), r"\[5, 4\] and \[5, 3\]"),
        (np.zeros(4), np.zeros((5, 4)), r"\[4\] and \[5, 4\]"),
        (np.zeros((5, 4)), np.full((5, 4), np.nan), "of finite numbers"),
    ],
    ids=["one row", "other features", "no rows", "nan"],
)
def test_frechet_distance_says_what_it_needs(a: np.ndarray, b: np.ndarray, shapes: str) -> None:
    with pytest.raises(ValueError, match=shapes):
        frechet_distance(a, b)
