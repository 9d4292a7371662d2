"""A view shows the same content of target and condition, whatever their sizes, and no black corners."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.conftest import draw_scene
from trainer.config import Config, make_config
from trainer.data.augment import View, add_noise, centre_view, random_view, whole_view

SIZES = [(240, 176), (176, 240), (128, 128), (301, 77), (97, 333)]
WILD = {"rotation": 30.0, "shear": 15.0, "zoom": 0.3, "shift": 0.2, "crop_scale": 0.5}


def views(config: Config, width: int, height: int, count: int = 20) -> list[View]:
    return [random_view(width, height, config, np.random.default_rng(seed)) for seed in range(count)]


@pytest.mark.parametrize("size", SIZES)
def test_plain_view_is_a_random_crop_mirrored_or_not(size: tuple[int, int]) -> None:
    """Worked out here from the same random numbers, in pixels."""
    image = draw_scene(*size, seed=1)
    config = make_config({"crop_scale": 0.6, "crop_largest": 0.9})
    for seed in range(20):
        random = np.random.default_rng(seed)
        side = min(size) * random.uniform(0.6, 0.9)
        left, top = random.uniform(0, image.width - side), random.uniform(0, image.height - side)
        expected = image.resize((64, 64), Image.Resampling.BILINEAR, (left, top, left + side, top + side))
        if random.random() < 0.5:
            expected = ImageOps.mirror(expected)
        view = random_view(*size, config, np.random.default_rng(seed))
        np.testing.assert_array_equal(view.apply(image, 64), np.asarray(expected))


def test_half_of_the_views_are_mirrored() -> None:
    mirrored = np.mean([view.mirrored for view in views(make_config({}), 100, 100, 400)])
    assert mirrored == pytest.approx(0.5, abs=0.1)  # four standard deviations of 400 throws


def test_mirrored_view_is_the_view_flipped() -> None:
    image = draw_scene(120, 90, seed=2)
    plain, mirrored = View(0.1, 0.2, 0.6, 0.8), View(0.1, 0.2, 0.6, 0.8, mirrored=True)
    np.testing.assert_array_equal(mirrored.apply(image, 48), plain.apply(image, 48)[:, ::-1])


@pytest.mark.parametrize("settings", [{}, WILD])
def test_target_and_condition_stay_aligned_to_the_pixel(settings: dict[str, float]) -> None:
    image = draw_scene(150, 110, seed=3)
    grey = image.convert("L")
    for view in views(make_config(settings), *image.size):
        condition = view.apply(grey, 64)
        assert condition.shape == (64, 64, 1)
        np.testing.assert_array_equal(view.apply(grey.convert("RGB"), 64), np.repeat(condition, 3, axis=-1))
        target = Image.fromarray(view.apply(image, 64)).convert("L")
        difference = np.asarray(target, float) - condition[..., 0]
        assert (
            np.abs(difference).max() <= 6
        )  # rounding at each step, and the cubic filter's overshoot, clipped in one channel


@pytest.mark.parametrize("settings", [{}, WILD])
def test_smaller_condition_shows_the_same_content(settings: dict[str, float]) -> None:
    x, y = np.meshgrid(np.arange(240), np.arange(180))
    ramp = np.stack([x, y, (x + y) // 2], axis=-1).astype(np.uint8)
    image = Image.fromarray(ramp)
    smaller = image.resize((120, 90), Image.Resampling.BOX)
    for view in views(make_config(settings), *image.size):
        # position is the pixel's value, so this is the misalignment: less than a pixel of the smaller copy,
        # but for its border, where half a pixel less is there to interpolate and to reflect
        difference = np.abs(view.apply(image, 32).astype(float) - view.apply(smaller, 32))
        assert difference.mean() < 1
        assert difference.max() < 10


def test_same_seed_same_view() -> None:
    config = make_config(WILD)
    assert views(config, 200, 150) == views(config, 200, 150)
    assert len(set(views(config, 200, 150))) == 20


def test_settings_bound_what_is_drawn() -> None:
    drawn = views(make_config(WILD), 200, 150, 300)
    for name, most in {"rotation": 30, "shear": 15, "zoom": 0.3, "shift_x": 0.2, "shift_y": 0.2}.items():
        values = [getattr(view, name) for view in drawn]
        assert -most <= min(values) < -0.9 * most
        assert 0.9 * most < max(values) <= most
    plain = views(make_config({}), 200, 150)
    assert all((view.rotation, view.shear, view.zoom, view.shift_x, view.shift_y) == (0,) * 5 for view in plain)


def test_no_black_corners() -> None:
    image = Image.new("RGB", (100, 80), (200, 150, 100))
    for view in views(make_config({**WILD, "rotation": 180.0, "zoom": 0.9, "shift": 0.9}), *image.size):
        np.testing.assert_array_equal(view.apply(image, 32), np.full((32, 32, 3), (200, 150, 100)))


def test_rotation_is_clockwise_in_degrees() -> None:
    image = draw_scene(64, 64, seed=4)
    turned = View(0, 0, 1, 1, rotation=90.0).apply(image, 64).astype(int)
    # 1: the cosine of 90 degrees is not quite zero, so a value may round the other way
    np.testing.assert_allclose(turned, np.rot90(np.asarray(image), -1), atol=1)


def test_shift_reflects_what_lies_beyond_the_border() -> None:
    image = draw_scene(64, 64, seed=5)
    pixels = np.asarray(image)
    expected = np.concatenate([pixels[:, 16:], pixels[:, 62:46:-1]], axis=1)
    np.testing.assert_array_equal(View(0, 0, 1, 1, shift_x=0.25).apply(image, 64), expected)
    expected = np.concatenate([pixels[16:], pixels[62:46:-1]])
    np.testing.assert_array_equal(View(0, 0, 1, 1, shift_y=0.25).apply(image, 64), expected)


def test_zoom_and_shear_keep_the_middle_and_move_the_rest() -> None:
    image = Image.new("L", (65, 65), 255)
    for x, y in ((32, 32), (48, 32), (32, 48)):
        image.putpixel((x, y), 0)
    zoomed = View(0, 0, 1, 1, zoom=-0.5).apply(image, 65)[..., 0]  # half of the side: all twice as far apart
    assert (zoomed[32, 32], zoomed[32, 64], zoomed[64, 32]) == (0, 0, 0)
    sheared = View(0, 0, 1, 1, shear=45.0).apply(image, 65)[..., 0]  # a row is moved by its distance from the middle
    assert (sheared[32, 32], sheared[32, 48], sheared[48, 16]) == (0, 0, 0)


@pytest.mark.parametrize("size", SIZES)
def test_centre_view_is_the_middle_square(size: tuple[int, int]) -> None:
    image = draw_scene(*size, seed=6)
    expected = ImageOps.fit(image, (64, 64), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(centre_view(*size).apply(image, 64), np.asarray(expected))


def test_whole_view_is_the_picture_stretched() -> None:
    image = draw_scene(120, 50, seed=7)
    expected = image.resize((64, 64), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(whole_view().apply(image, 64), np.asarray(expected))


def test_noise_has_the_sigma_asked_for() -> None:
    condition = np.full((100, 100, 1), 128, np.uint8)
    noisy = add_noise(condition, 0.05, np.random.default_rng(0))
    assert noisy.dtype == np.uint8
    assert noisy.shape == condition.shape
    # of 10,000 pixels: the standard errors are 0.0005 and 0.0004
    assert noisy.mean() / 255 == pytest.approx(128 / 255, abs=0.002)
    assert noisy.std() / 255 == pytest.approx(0.05, abs=0.002)
    np.testing.assert_array_equal(noisy, add_noise(condition, 0.05, np.random.default_rng(0)))


def test_noise_stays_in_range_and_off_means_untouched() -> None:
    extremes = np.array([0, 255] * 500, np.uint8).reshape(100, 10, 1)
    noisy = add_noise(extremes, 0.1, np.random.default_rng(0))
    assert noisy[extremes == 0].max() < 128 < noisy[extremes == 255].min()
    np.testing.assert_array_equal(add_noise(extremes, 0.0, np.random.default_rng(0)), extremes)
