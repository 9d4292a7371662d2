"""A scanned drawing is random but repeatable, looks like paper, and still shows every line."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from trainer.data import scanning
from trainer.data.scanning import EFFECTS, INVERTED, Effect, scan

SEEDS = range(200)
NAMES = [effect.__name__ for _, effect in EFFECTS]
LINE, BESIDE = slice(46, 49), slice(36, 40)  # columns: the thick line, and paper near it


def drawing(height: int = 96, width: int = 128) -> np.ndarray:
    """A thick line from top to bottom, a thin one below the middle."""
    made = np.full((height, width, 1), 255, np.uint8)
    made[:, LINE] = 0
    made[height // 2, width // 2 :] = 0
    return made


def unit() -> np.ndarray:
    return drawing()[..., 0].astype(np.float32) / 255


def effect_named(name: str) -> Effect:
    return next(effect for _, effect in EFFECTS if effect.__name__ == name)


def contrasts() -> np.ndarray:
    """Of each seed's scan: how much lighter the paper beside the thick line is than the line, in levels."""
    scans = [scan(drawing(), np.random.default_rng(seed))[..., 0].astype(float) for seed in SEEDS]
    return np.array([np.median(made[:, BESIDE]) - np.median(made[:, LINE]) for made in scans])


@pytest.mark.parametrize(("height", "width"), [(96, 128), (128, 128), (33, 20), (1, 1)])
def test_same_seed_same_scan_of_any_shape(height: int, width: int) -> None:
    picture = drawing(height, width)
    for seed in range(60):
        made = scan(picture, np.random.default_rng(seed))
        assert (made.shape, made.dtype) == (picture.shape, np.uint8)
        np.testing.assert_array_equal(made, scan(picture, np.random.default_rng(seed)))
    np.testing.assert_array_equal(picture, drawing(height, width))  # left alone


def test_scans_differ_but_for_few_clean_ones() -> None:
    made = [scan(drawing(), np.random.default_rng(seed)).tobytes() for seed in SEEDS]
    assert len(set(made)) > 0.9 * len(SEEDS)
    assert np.mean([each == drawing().tobytes() for each in made]) < 0.1


def test_lines_stay_darker_than_the_paper_beside_them_or_lighter_where_inverted() -> None:
    found = contrasts()
    assert np.abs(found).min() > 25  # a tenth of white: to be seen, if the faintest
    assert np.abs(found).max() > 200  # some are as good as new
    inverted = (found < 0).mean()
    assert inverted == pytest.approx(INVERTED, abs=0.077)  # four standard deviations of 200 throws


def test_paper_is_changed_in_tone_light_and_grain() -> None:
    scans = [scan(drawing(), np.random.default_rng(seed))[..., 0].astype(float) for seed in SEEDS]
    papers = [made[:40, 60:] for made, contrast in zip(scans, contrasts(), strict=True) if contrast > 0]
    tones = np.array([np.median(paper) for paper in papers])
    assert np.mean(tones < 250) > 0.5
    assert tones.min() < 150
    assert tones.max() == 255  # clean ones stay among them
    uneven = np.array([np.ptp(ndimage.uniform_filter(paper, 9)) for paper in papers])
    assert np.mean(uneven > 20) > 0.2
    rough = np.array([np.abs(paper - ndimage.uniform_filter(paper, 3)).mean() for paper in papers])
    assert np.mean(rough > 1) > 0.3


@pytest.mark.parametrize("name", NAMES)
def test_effect_is_pure_gives_float32_and_keeps_the_line(name: str) -> None:
    picture, changed = unit(), []
    for seed in range(60):
        made = effect_named(name)(picture, np.random.default_rng(seed))
        assert (made.shape, made.dtype) == (picture.shape, np.float32)
        changed.append((made != picture).any())
        assert np.median(made[:, BESIDE]) - np.median(made[:, LINE]) > 0.3
    assert np.mean(changed) > 0.8  # the best of the JPEGs keep lines as straight as these
    np.testing.assert_array_equal(picture, unit())


@pytest.mark.parametrize("name", ["thickness", "breaks", "faint", "rubbed"])
def test_what_wears_lines_leaves_bare_paper_alone(name: str) -> None:
    white = np.ones((64, 48), np.float32)
    for seed in range(30):
        np.testing.assert_allclose(effect_named(name)(white, np.random.default_rng(seed)), 1, atol=1e-6)  # float32


def test_thickness_goes_both_ways() -> None:
    ink = np.array([(1 - scanning.thickness(unit(), np.random.default_rng(seed))).sum() for seed in range(60)])
    plain = (1 - unit()).sum()
    assert ink.min() < 0.9 * plain
    assert ink.max() > 1.3 * plain


def test_breaks_are_gaps_in_few_places() -> None:
    """On all ink, so that every gap shows."""
    black = np.zeros((128, 128), np.float32)
    shares = [(scanning.breaks(black, np.random.default_rng(seed)) > 0.4).mean() for seed in SEEDS]
    assert 0.01 < np.median(shares) < 0.15
    assert max(shares) < 0.25


def test_light_and_shadow_dim_a_part_and_never_all() -> None:
    white = np.ones((96, 128), np.float32)
    for effect in (scanning.light, scanning.shadow):
        made = [effect(white, np.random.default_rng(seed)) for seed in range(60)]
        assert max(each.max() for each in made) <= 1
        assert min(each.min() for each in made) > 0.45
        assert np.median([np.ptp(each) for each in made]) > 0.05
        assert max(np.abs(np.diff(each, axis=axis)).max() for each in made for axis in (0, 1)) < 0.15  # soft
