"""The pens draw lines on clean paper, each time a little differently, and the same from the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests.conftest import draw_scene
from trainer.data.pens import PENS, draw

SEEDS = range(20)


def disc(inside: tuple[int, int, int], outside: tuple[int, int, int], side: int = 128) -> np.ndarray:
    y, x = np.mgrid[:side, :side] - side / 2
    return np.where((x**2 + y**2 < (side / 4) ** 2)[..., None], inside, outside).astype(np.uint8)


@pytest.mark.parametrize("name", PENS)
@pytest.mark.parametrize("seed", SEEDS)
def test_white_stays_white(name: str, seed: int) -> None:
    drawing = draw(np.full((64, 48, 3), 255, np.uint8), np.random.default_rng(seed), (name,))
    assert drawing.shape == (64, 48, 1)
    assert drawing.dtype == np.uint8
    assert (drawing == 255).all()


@pytest.mark.parametrize("name", PENS)
@pytest.mark.parametrize("seed", SEEDS)
def test_an_edge_becomes_a_dark_line_and_flat_colours_become_paper(name: str, seed: int) -> None:
    drawing = draw(disc((190, 120, 100), (230, 220, 210)), np.random.default_rng(seed), (name,))[..., 0]
    y, x = np.mgrid[:128, :128] - 64
    distance = np.abs(np.hypot(x, y) - 32)
    assert (drawing[distance > 8] == 255).all()
    angle = (np.arctan2(y, x) // (np.pi / 4)).astype(int)
    for eighth in range(-4, 4):  # all around
        assert drawing[(distance < 4) & (angle == eighth)].min() < 128


@pytest.mark.parametrize("name", PENS)
def test_a_scene_is_neither_blank_nor_blackened(name: str) -> None:
    picture = np.asarray(draw_scene(160, 128, 3))
    drawings = np.stack([draw(picture, np.random.default_rng(seed), (name,)) for seed in SEEDS])
    ink = (drawings < 128).mean(axis=(1, 2, 3))
    assert ink.min() > 0.002  # the disc's outline alone, one pixel wide, is 0.8 percent
    assert ink.max() < 0.3
    assert ink.max() > 1.5 * ink.min()  # pens of different strength


@pytest.mark.parametrize("name", PENS)
def test_thin_lines_are_lighter_than_strong_ones(name: str) -> None:
    """A drawing has lines of differing weight: the contrast of an edge shows in the darkness of its line."""
    picture = np.full((96, 96, 3), 240, np.uint8)
    picture[:, 24:48] = 225
    picture[:, 60:84] = 20
    drawings = np.mean([draw(picture, np.random.default_rng(seed), (name,))[..., 0] for seed in SEEDS], axis=0)
    assert drawings[48, 52:68].min() < drawings[48, 16:32].min() - 50


def test_colours_of_equal_lightness_meet_in_a_line() -> None:
    """In some of the drawings, at least: a fixed grey would lose this edge in all of them."""
    picture = disc((200, 80, 90), (60, 138, 60))
    luma = np.asarray(Image.fromarray(picture).convert("L"), int)
    assert np.ptp(luma) <= 12  # the fixed grey sees nearly nothing
    darkest = [draw(picture, np.random.default_rng(seed)).min() for seed in SEEDS]
    assert np.mean(np.array(darkest) < 128) > 0.5


def test_same_seed_same_drawing() -> None:
    picture = np.asarray(draw_scene(96, 96, 1))
    first, again, other = (draw(picture, np.random.default_rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_only_the_named_pens_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PENS, "black", lambda lightness, random: np.zeros_like(lightness))
    picture = np.full((8, 8, 3), 255, np.uint8)
    means = {draw(picture, np.random.default_rng(seed), ("xdog", "black")).mean() for seed in SEEDS}
    assert means == {0, 255}
    assert {draw(picture, np.random.default_rng(seed)).mean() for seed in SEEDS} == {255}


@pytest.mark.parametrize(("pens", "named"), [(("xdog", "crayon"), "'crayon'"), ((), "No pen")])
def test_unknown_pen_is_named(pens: tuple[str, ...], named: str) -> None:
    with pytest.raises(ValueError, match=f"{named}.*Expected one or more of xdog, outline"):
        draw(np.zeros((8, 8, 3), np.uint8), np.random.default_rng(0), pens)
