"""The pens draw lines on clean paper, each time a little differently, and the same from the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from tests.conftest import draw_scene
from trainer.data.pens import PENS, draw, stroke

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
def test_ink_lies_on_the_borders_and_hardly_off_them(name: str) -> None:
    """Two discs of the test's own, so that it knows where their borders are."""
    picture = disc((190, 120, 100), (230, 220, 210))
    picture[:, :32] = disc((60, 70, 150), (250, 220, 90), 64).repeat(2, axis=0)[:, :32]
    borders = np.abs(np.diff(picture.astype(int), axis=1, prepend=picture[:, :1])).sum(axis=-1) > 0
    borders |= np.abs(np.diff(picture.astype(int), axis=0, prepend=picture[:1])).sum(axis=-1) > 0
    distance = ndimage.distance_transform_edt(~borders)
    ink = np.mean([1 - draw(picture, np.random.default_rng(seed), (name,))[..., 0] / 255 for seed in SEEDS], axis=0)
    assert ink[distance <= 1].mean() > 0.25  # a line a pixel wide on either side would be half or less of this band
    assert ink[distance > 4].mean() < 0.02
    assert np.median(ink) < 0.01  # mostly paper


@pytest.mark.parametrize("name", PENS)
@pytest.mark.parametrize("colour", [(250, 240, 200), (200, 90, 80), (110, 120, 130)])
def test_a_flat_picture_stays_blank(name: str, colour: tuple[int, int, int]) -> None:
    picture = np.full((64, 64, 3), colour, np.uint8)
    for seed in SEEDS:
        assert draw(picture, np.random.default_rng(seed), (name,)).min() == 255


def test_pencil_hatches_shadows_in_some_drawings_and_leaves_grain() -> None:
    picture = disc((25, 20, 30), (230, 220, 210))
    y, x = np.mgrid[:128, :128] - 64
    inside = [draw(picture, np.random.default_rng(seed), ("pencil",))[np.hypot(x, y) < 22] for seed in range(60)]
    hatched = np.array([(drawn < 250).mean() > 0.3 for drawn in inside])
    assert 0.2 < hatched.mean() < 0.8  # half of them, give or take four deviations of 60 throws
    assert np.mean([drawn.std() for drawn, is_so in zip(inside, hatched, strict=True) if is_so]) > 10  # no flat grey


def test_ink_draws_the_pictures_own_strokes_once_and_in_even_thickness() -> None:
    """A brush stroke two to four pixels wide has two borders; a person would draw it as one line."""
    picture = np.full((96, 96, 3), 235, np.uint8)
    picture[20:70, 47:49] = picture[20:70, 24:28] = 40
    widths = []
    for seed in range(40):
        drawn = 1 - draw(picture, np.random.default_rng(seed), ("ink",))[25:65, :, 0] / 255
        assert np.median(drawn[:, 40:56].sum(axis=1)) == pytest.approx(drawn[20, 40:56].sum(), abs=0.05)  # even
        rows = drawn[:, 40:56] > 0.5
        assert (np.diff(rows.astype(int), axis=1) == 1).sum(axis=1).max() == 1  # one line, not two
        widths.append(drawn[20, 40:56].sum())
    assert min(widths) < 1.6
    assert max(widths) > 2.5
    assert max(widths) < 3.5


@pytest.mark.parametrize("width", [1.0, 1.5, 2.0, 3.0])
def test_a_stroke_is_as_wide_as_asked(width: float) -> None:
    straight, oblique = np.zeros((64, 64), bool), np.eye(64, dtype=bool)
    straight[:, 30] = True
    # antialiased on whole pixels, a fifth of one is not to be had
    assert stroke(straight, width)[32].sum() == pytest.approx(width, abs=0.2)
    # measured along a row, a diagonal is 1.41 times as wide; it has a staircase's corners on either side
    assert stroke(oblique, width)[32].sum() / 2**0.5 == pytest.approx(width, abs=0.45)
    assert not stroke(np.zeros((8, 8), bool), width).any()


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
