"""Where the colours of a palette go, by hand-made distributions, and what that does to real pictures."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PIL import Image

from serving.client import Colouriser, Hint
from serving.colouring.palette import Place, check_palette, draw_layouts, find_places, lay_out
from serving.colouring.suggestions import to_hex
from serving.errors import OptionError
from tests.conftest import SAMPLES
from trainer.colour import CHROMA_UNIT, rgb_to_ab, to_unit

CENTRES = np.array([[0, 0], [60, 40], [-40, -20], [0, 60]], np.float32)
RED, TEAL, YELLOW = "#c03020", "#208080", "#c0a020"
EVERYTHING = [RED, TEAL, YELLOW]


def place(*shares: float, lightness: float = 50.0, x: float = 0.5) -> Place:
    """Grey, red, teal and yellow in such shares."""
    return Place(x, 0.5, lightness, np.array(shares, np.float32), CENTRES)


WHITE = place(1, 0, 0, 0, lightness=99)


def colours_of(places: list[Place], palette: list[str], drawing: bool = True) -> list[str]:
    return [hint.colour for hint in lay_out(places, check_palette(palette), drawing)]


def distance(rgb: np.ndarray, palette: list[str]) -> float:
    """Mean distance of the pixels' a* and b* from the nearest of the palette's, in Lab units."""

    def ab(pixels: np.ndarray) -> np.ndarray:
        return rgb_to_ab(to_unit(pixels.astype(np.float32))).reshape(-1, 1, 2) * CHROMA_UNIT

    wanted = ab(np.array([list(bytes.fromhex(colour[1:])) for colour in palette], np.uint8))
    return float(np.linalg.norm(ab(rgb) - wanted[:, 0], axis=-1).min(axis=-1).mean())


def test_each_place_gets_its_likeliest_colour() -> None:
    places = [place(0.1, 0.8, 0.1, 0), place(0.1, 0, 0.8, 0.1), place(0, 0.1, 0, 0.9)]
    assert colours_of(places, EVERYTHING) == EVERYTHING
    assert colours_of(places, EVERYTHING[::-1]) == EVERYTHING


def test_lightness_decides_where_nothing_is_likely() -> None:
    places = [place(1, 0, 0, 0, lightness=lightness) for lightness in (85, 50, 20)]
    assert colours_of(places, ["#303050", "#8080a0", "#d0d0f0"]) == ["#d0d0f0", "#8080a0", "#303050"]


def test_each_colour_is_somewhere_if_there_are_places_enough() -> None:
    """All are likely red; teal and yellow go where they are least unlikely."""
    places = [place(0, 1, 0, 0), place(0, 0.9, 0.1, 0), place(0, 1, 0, 0), place(0, 0.9, 0, 0.1)]
    assert colours_of(places, EVERYTHING) == [RED, TEAL, RED, YELLOW]
    assert colours_of(places[1:2], EVERYTHING) == [RED]
    assert lay_out([], check_palette(EVERYTHING)) == []


def test_paper_stays_paper_unless_the_palette_has_a_near_white() -> None:
    places = [WHITE, place(0, 1, 0, 0), place(0, 0, 1, 0)]
    assert colours_of(places, [RED, TEAL]) == ["#ffffff", RED, TEAL]
    assert colours_of(places, [RED, TEAL, "#fdfcf5"]) == ["#fdfcf5", RED, TEAL]
    assert colours_of(places[1:], [RED, TEAL, "#fdfcf5"])[:2] != ["#fdfcf5"] * 2
    # all white: then something has to be coloured
    assert set(colours_of([WHITE] * 3, [RED, TEAL])) == {RED, TEAL}
    # in a photograph white is not paper
    assert "#ffffff" not in colours_of([place(1, 0, 0, 0, lightness=97), *places[1:]], [RED, TEAL], drawing=False)


def test_photographs_keep_their_lightness() -> None:
    (hint,) = lay_out([place(0, 1, 0, 0, lightness=30, x=0.25)], check_palette([RED]))
    ab = rgb_to_ab(to_unit(np.array([list(bytes.fromhex(RED[1:]))], np.float32)))[0] * CHROMA_UNIT
    assert hint == Hint(0.25, 0.5, to_hex(30.0, ab))


def test_places_stand_for_the_parts_and_leave_the_users_hints_room() -> None:
    probabilities = np.zeros((32, 32, 4), np.float32)
    probabilities[:, :16, 1] = probabilities[:, 16:, 2] = 1
    light = np.full((256, 256), 50.0, np.float32)
    light[:64, :64] = 90
    places = find_places(probabilities, CENTRES, light)
    assert 12 <= len(places) <= 24
    assert {(each.x < 0.5, each.probabilities.argmax()) for each in places} == {(True, 1), (False, 2)}
    assert {each.lightness for each in places} == {50, 90}
    hint = Hint(places[3].x, places[3].y, RED)
    others = find_places(probabilities, CENTRES, light, [hint])
    assert 0 < len(others) < len(places)
    assert min(np.hypot(each.x - hint.x, each.y - hint.y) for each in others) >= 4 / 32


def test_seeds_decide_and_counts_do_not() -> None:
    places = [place(0.4, 0.2, 0.2, 0.2, lightness=lightness) for lightness in range(20, 80, 10)]
    palette = check_palette(EVERYTHING)
    four = list(draw_layouts(places, palette, 4, 7))
    assert four == list(draw_layouts(places, palette, 4, 7))
    assert four[:2] == list(draw_layouts(places, palette, 2, 7))
    assert four != list(draw_layouts(places, palette, 4, 8))
    layouts = [lay_out(places, palette), *four]
    assert all(one != other for one, other in itertools.combinations(layouts, 2))
    for layout in draw_layouts(places, palette, 4, 7, drawing=True):
        assert {hint.colour for hint in layout} == set(palette)


def test_there_are_no_more_layouts_than_there_are() -> None:
    places = [place(0, 0.5, 0.5, 0, lightness=40), place(0, 0.5, 0.5, 0, lightness=60)]
    assert list(draw_layouts(places, check_palette([RED]), 4, 0)) == []
    assert len(list(draw_layouts(places, check_palette([RED, TEAL]), 4, 0))) == 1
    assert list(draw_layouts([], check_palette([RED]), 4, 0)) == []


def test_a_palette_is_a_set() -> None:
    assert check_palette([TEAL, RED, TEAL.upper()]) == check_palette([RED, TEAL])
    assert check_palette([]) == ()


@pytest.mark.parametrize(
    ("palette", "message"),
    [
        (["red"], "must look like #b03a2e; received 'red'. Write them as"),
        ([""], "must look like #b03a2e; received ''"),
        (["#12345g"], "received '#12345g'"),
        ([None], "received 'None'"),
        ("#264653", "must be a list of colours; received the text '#264653'"),
        ([f"#0000{blue:02x}" for blue in range(13)], "A palette has 1 to 12 colours; received 13. Leave out"),
    ],
)
def test_mistakes_are_told(in_process: Colouriser, palette: list[str], message: str) -> None:
    for call in (in_process.colourise, in_process.layers, in_process.alternatives):
        with pytest.raises(OptionError) as caught:
            call(b"never read", palette=palette)
        assert message in str(caught.value)


@pytest.fixture(scope="module")
def shipped() -> Colouriser:
    """With the photo model that ships."""
    return Colouriser(None, model="photo")


@pytest.mark.parametrize("name", ["windswept-totara-tree.jpg", "two-girls-in-a-mill.jpg"])
def test_a_photograph_moves_towards_the_palette(shipped: Colouriser, name: str) -> None:
    photograph = (SAMPLES / name).read_bytes()
    automatic = shipped.colourise(photograph).rgb
    for palette in (["#264653", "#2a9d8f", "#e9c46a"], ["#5a2a83", "#c9a0dc", "#d81b60"]):
        steered = shipped.colourise(photograph, palette=palette)
        # measured on five photographs: 0.2 to 0.8 of what it was
        assert distance(steered.rgb, palette) < 0.8 * distance(automatic, palette)
    backwards = shipped.colourise(photograph, palette=palette[::-1])
    np.testing.assert_array_equal(backwards.rgb, steered.rgb)


def test_seeds_give_other_layouts_of_a_photograph(shipped: Colouriser) -> None:
    photograph, palette = (SAMPLES / "windswept-totara-tree.jpg").read_bytes(), ["#264653", "#2a9d8f", "#e9c46a"]
    steered = shipped.colourise(photograph, palette=palette).rgb
    others = [next(shipped.alternatives(photograph, 1, seed, palette=palette)).rgb for seed in (0, 1)]
    for one, other in itertools.combinations([steered, *others], 2):
        assert np.abs(one.astype(int) - other).mean() > 1  # levels


def test_places_that_look_alike_change_their_colour_together() -> None:
    places = [place(0.4, 0.2, 0.2, 0.2, lightness=lightness) for lightness in (20, 20, 50, 50, 80, 80)]
    for layout in draw_layouts(places, check_palette(EVERYTHING), 4, 0, drawing=True):
        assert [hint.colour for hint in layout[::2]] == [hint.colour for hint in layout[1::2]]


def test_a_drawing_gets_the_palettes_own_colours(sketcher: Colouriser, drawing: object) -> None:
    """The model shows a hint where it is, so the flat colours there are the palette's to the pixel."""
    hint = Hint(0.9, 0.9, "#ff0000")
    colours = sketcher.layers(drawing, [hint], palette=EVERYTHING).colours
    opaque = {tuple(colour) for colour in colours[colours[..., 3] == 255][:, :3].tolist()}
    near = [
        min(np.abs(np.array(colour) - list(bytes.fromhex(wanted[1:]))).max() for colour in opaque)
        for wanted in (*EVERYTHING, hint.colour)
    ]
    assert max(near) <= 1  # rounding on the way through Lab
    assert not colours[:, :70, 3].any()  # paper


def test_drawings_have_alternatives_with_and_without_a_palette(sketcher: Colouriser, drawing: object) -> None:
    ink = np.asarray(Image.open(drawing))
    plain = sketcher.colourise(drawing).rgb
    for palette in ((), EVERYTHING):
        pictures = [picture.rgb for picture in sketcher.alternatives(drawing, 2, seed=3, palette=palette)]
        assert len(pictures) == 2
        for one, other in itertools.combinations([plain, *pictures], 2):
            assert np.abs(one.astype(int) - other).max() > 20
        for picture in pictures:
            assert not picture[ink == 0].any()  # lines stay
            assert (picture[:, :15] == 255).all()  # and so does paper
