"""Drawings come out dark on white from any paper, light and size; photographs are told from them."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageDraw

from tests.conftest import draw_scene
from trainer.line_art import clean, drawing_luminance, ink_maps, inverted, is_drawing, paper_light

SIDE = 256
Y, X = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE


def drawn(side: int = SIDE, width: int = 3, colour: str | int = 0, mode: str = "L") -> Image.Image:
    """A house, a tree and a sun in lines, on white."""
    image = Image.new(mode, (side, side), "white")
    pen = ImageDraw.Draw(image)

    def at(*shares: float) -> list[float]:
        return [share * side for share in shares]

    pen.rectangle(at(0.15, 0.5, 0.5, 0.85), outline=colour, width=width)
    pen.line(at(0.15, 0.5, 0.33, 0.25, 0.5, 0.5), fill=colour, width=width)
    pen.ellipse(at(0.6, 0.4, 0.85, 0.65), outline=colour, width=width)
    pen.line(at(0.72, 0.65, 0.72, 0.85), fill=colour, width=width)
    pen.ellipse(at(0.75, 0.05, 0.92, 0.22), outline=colour, width=width)
    return image


def tone_of(image: Image.Image) -> np.ndarray:
    small = image.convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return (np.asarray(small, np.float32) / 255)[None, ..., None]


def noise(strength: float) -> np.ndarray:
    return np.random.default_rng(0).normal(0, strength, (1, SIDE, SIDE, 1)).astype(np.float32)


LIGHT = ((0.9 - 0.4 * X) * (1 - 0.3 / (1 + np.exp(-(Y - 0.5) / 0.04))))[None, ..., None]  # a lamp at the left, a shadow
INK = tone_of(drawn())
ON_LINES, ON_PAPER = INK < 0.1, INK > 0.99
PHONE = np.clip((0.2 + 0.8 * INK) * LIGHT + noise(0.01), 0, 1)
PENCIL = np.clip(0.85 * (1 - 0.25 * (1 - INK)) + noise(0.01), 0, 1)
GREY_PAPER = 0.55 * INK
CHALK = np.clip(0.2 + 0.6 * (1 - INK) + noise(0.01), 0, 1)
BLANK = np.clip(0.8 + noise(0.02), 0, 1)
DRAWINGS = {"ink": INK, "phone": PHONE, "pencil": PENCIL, "grey": GREY_PAPER, "white on black": 1 - INK, "chalk": CHALK}


def with_black_area() -> np.ndarray:
    tone = INK.copy()
    tone[:, 120:200, 60:140] = 0.1  # a tenth of the picture
    return tone


def inked(tone: np.ndarray) -> np.ndarray:
    maps = ink_maps(tone)
    return np.clip(maps[..., :1] * tone + maps[..., 1:], 0, 1)


def test_paper_light_follows_lamp_and_shadow_and_bridges_lines() -> None:
    found = paper_light(np.clip(INK * LIGHT, 0, 1))
    # a shadow's border is not followed sooner than a ball of NEAR rolls
    assert np.abs(found - LIGHT).mean() < 0.02
    assert np.abs(found - LIGHT)[:, :90].max() < 0.05


def test_a_black_area_is_no_dark_paper() -> None:
    tone = with_black_area()
    area = (slice(None), slice(125, 195), slice(65, 135))
    assert paper_light(tone)[area].min() > 0.5
    assert clean(tone)[area].max() < 0.25
    assert inked(tone)[area].max() < 0.25


@pytest.mark.parametrize("name", DRAWINGS)
def test_lines_become_dark_and_paper_white(name: str) -> None:
    drawing = clean(DRAWINGS[name])
    assert drawing.shape == INK.shape
    assert drawing.min() >= 0
    assert drawing.max() <= 1
    assert drawing[ON_PAPER].mean() > 0.98
    assert drawing[ON_LINES].mean() < 0.5
    assert inverted(DRAWINGS[name])[0] == (name in ("white on black", "chalk"))


def test_clean_ink_stays() -> None:
    assert np.abs(clean(INK) - INK).mean() < 0.005
    np.testing.assert_allclose(inked(INK)[ON_PAPER], 1, atol=1e-5)
    assert np.abs(inked(INK) - INK).mean() < 0.005


@pytest.mark.parametrize("name", DRAWINGS)
def test_ink_is_upright_on_white(name: str) -> None:
    ink = inked(DRAWINGS[name])
    assert ink[ON_PAPER].mean() > 0.985
    assert ink[ON_LINES].mean() < 0.76  # pencil, drawn at 0.75, may stay as pale as it was
    assert (ink_maps(DRAWINGS[name])[..., 0].max() < 0) == (name in ("white on black", "chalk"))


def test_a_blank_page_stays_blank() -> None:
    assert clean(BLANK).mean() > 0.98
    assert inked(BLANK).mean() > 0.98
    assert not inverted(BLANK)[0]
    for flat in (np.ones_like(BLANK), np.full_like(BLANK, 0.5)):
        assert clean(flat).min() > 0.99
        assert inked(flat).min() > 0.99


def test_a_black_page_stays_black() -> None:
    assert clean(np.zeros_like(BLANK)).max() == 0
    assert inked(np.zeros_like(BLANK)).max() == 0


def test_a_large_page_gets_its_lines_back_and_keeps_them_crisp() -> None:
    page = drawn(3000, width=4)
    small = tone_of(page)
    assert small.min() > 0.4  # what shrinking does to thin lines
    assert clean(small)[small < 0.75].mean() < 0.55
    maps = ink_maps(small)[0]
    gain, offset = (
        np.asarray(Image.fromarray(maps[..., i]).resize(page.size, Image.Resampling.BILINEAR)) for i in (0, 1)
    )
    tone = np.asarray(page, np.float32) / 255
    np.testing.assert_allclose(np.clip(gain * tone + offset, 0, 1), tone, atol=0.02)  # black and white stay so


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawings_are_drawings(name: str) -> None:
    assert is_drawing(DRAWINGS[name])[0]


def leaves(seed: int) -> np.ndarray:
    """What photographs are like: discs of every size and tone over each other, the dead leaves of Matheron (1968)."""
    random = np.random.default_rng(seed)
    image = Image.new("L", (SIDE, SIDE), 128)
    pen = ImageDraw.Draw(image)
    for _ in range(1500):
        radius = 4 / random.uniform(0.05, 1) ** 0.8
        x, y = random.uniform(0, SIDE, 2)
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=int(random.uniform(10, 245)))
    return tone_of(image)


@pytest.mark.parametrize("seed", range(4))
def test_photographs_are_not_drawings(seed: int) -> None:
    assert not is_drawing(leaves(seed))[0]


def test_strong_colour_speaks_against_a_drawing() -> None:
    both = np.concatenate([INK, INK])
    assert is_drawing(both, np.array([0.01, 0.6], np.float32)).tolist() == [True, False]
    assert is_drawing(tone_of(draw_scene(SIDE, SIDE, 0)), np.array([0.5], np.float32)).tolist() == [False]


def line_and_paper(rgb: tuple[int, int, int], paper: str = "white") -> tuple[float, float]:
    colours = np.array([rgb, (255, 255, 255) if paper == "white" else (250, 235, 190)], np.float32) / 255
    return tuple(drawing_luminance(colours)[:, 0].tolist())


def test_light_blue_pencil_vanishes() -> None:
    for pencil in ((164, 221, 237), (150, 200, 240), (190, 225, 250)):
        line, paper = line_and_paper(pencil)
        assert paper - line < 0.08


@pytest.mark.parametrize("ink", [(255, 0, 0), (200, 60, 60), (0, 0, 255), (30, 50, 150), (0, 120, 40), (0, 255, 255)])
def test_coloured_ink_stays(ink: tuple[int, int, int]) -> None:
    line, paper = line_and_paper(ink)
    assert paper - line > 0.25


def test_yellow_paper_is_white_in_the_end() -> None:
    rgb = np.asarray(drawn(mode="RGB", colour="black"), np.float32) / 255 * np.array([0.98, 0.92, 0.74], np.float32)
    drawing = clean(drawing_luminance(rgb)[None])
    assert drawing[ON_PAPER].min() > 0.98


def test_a_red_drawing_is_found() -> None:
    rgb = np.asarray(drawn(mode="RGB", colour="red"), np.float32) / 255
    assert clean(drawing_luminance(rgb)[None])[ON_LINES].max() < 0.4


def test_grey_stays_as_it_is() -> None:
    grey = np.linspace(0, 1, 11, dtype=np.float32)[:, None]
    np.testing.assert_allclose(drawing_luminance(np.repeat(grey, 3, axis=-1)), grey, atol=1e-6)


def test_keras_gives_the_same_in_a_traced_graph() -> None:
    batch = np.concatenate(list(DRAWINGS.values())).astype(np.float32)
    chroma = np.zeros(len(batch), np.float32)

    @tf.function(input_signature=[tf.TensorSpec([None, SIDE, SIDE, 1]), tf.TensorSpec([None])])
    def graph(tone: tf.Tensor, chroma: tf.Tensor) -> tuple[tf.Tensor, ...]:
        ops = keras.ops
        light, drawing, maps = paper_light(tone, ops), clean(tone, ops), ink_maps(tone, ops)
        grey = drawing_luminance(ops.repeat(tone, 3, axis=-1), ops)
        return light, drawing, maps, grey, inverted(tone, ops), is_drawing(tone, chroma, ops)

    light, drawing, maps, grey, turned, drawings = graph(batch, chroma)
    # both count in float32, whose rounding the gain of faint lines raises
    np.testing.assert_allclose(light, paper_light(batch), atol=1e-5)
    np.testing.assert_allclose(drawing, clean(batch), atol=1e-4)
    np.testing.assert_allclose(maps, ink_maps(batch), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(grey, batch, atol=1e-6)
    np.testing.assert_array_equal(turned, inverted(batch))
    np.testing.assert_array_equal(drawings, is_drawing(batch, chroma))
    assert light.shape == (len(batch), SIDE, SIDE, 1)


def test_a_picture_does_not_depend_on_its_batch() -> None:
    batch = np.concatenate([PHONE, 1 - INK])
    np.testing.assert_allclose(clean(batch)[:1], clean(PHONE), atol=1e-6)
    np.testing.assert_allclose(ink_maps(batch)[1:], ink_maps(1 - INK), atol=1e-5)


def test_512_gives_what_256_gives() -> None:
    large = PHONE.repeat(2, axis=1).repeat(2, axis=2)
    assert np.abs(clean(large)[:, ::2, ::2] - clean(PHONE)).mean() < 0.01
    assert is_drawing(large)[0]


@pytest.mark.parametrize("shape", [(SIDE, SIDE), (1, SIDE, 128, 1), (1, SIDE, SIDE, 3), (1, 100, 100, 1), (1, 0, 0, 1)])
@pytest.mark.parametrize("function", [clean, ink_maps, paper_light, inverted, is_drawing])
def test_other_shapes_are_refused(function: object, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\[N, S, S, 1\] with S a multiple of 128, received \("):
        function(np.zeros(shape, np.float32))  # type: ignore[operator]


def test_wrong_colours_and_chroma_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must have shape \[\.\.\., 3\], .* received \(4, 4, 1\)"):
        drawing_luminance(np.zeros((4, 4, 1), np.float32))
    with pytest.raises(ValueError, match=r"chroma must have shape \[N\], .* received \(1, 2\)"):
        is_drawing(INK, np.zeros((1, 2), np.float32))
