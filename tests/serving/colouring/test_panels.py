"""The panels of a comic page are found where frames are, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from serving.client import Colouriser, Hint, Picture, encode_picture
from serving.colouring.panels import find_panels, hints_inside

BOXES = [(40, 40, 560, 380), (600, 40, 960, 380), (40, 420, 960, 760), (40, 800, 480, 1360), (520, 800, 960, 1360)]


def page(boxes: list[tuple[int, int, int, int]], paper: int = 255, width: int = 4) -> np.ndarray:
    """Panels with a figure in each, 1000 x 1400."""
    image = Image.new("RGB", (1000, 1400), (paper,) * 3)
    pen = ImageDraw.Draw(image)
    for left, top, right, bottom in boxes:
        pen.rectangle((left, top, right, bottom), outline="black", width=width)
        x, y = (left + right) // 2, (top + bottom) // 2
        pen.ellipse((x - 80, y - 60, x + 80, y + 60), outline="black", width=3)
        pen.line((left, bottom - 40, right, bottom - 60), fill="black", width=3)
    return np.asarray(image)


@pytest.mark.parametrize("scale", [1, 5])
@pytest.mark.parametrize("paper", [255, 190])
def test_framed_panels_in_reading_order(scale: int, paper: int) -> None:
    rgb = page(BOXES, paper)
    large = np.asarray(Image.fromarray(rgb).resize((1000 * scale, 1400 * scale)))
    found = [(columns.start, rows.start, columns.stop, rows.stop) for rows, columns in find_panels(large)]
    assert len(found) == len(BOXES)
    # looked for at a side of 512: to a pixel of that size
    np.testing.assert_allclose(np.array(found) / scale, BOXES, atol=4)


def test_a_panel_without_a_frame_is_found_beside_framed_ones() -> None:
    image = Image.fromarray(page(BOXES[:4]))
    ImageDraw.Draw(image).ellipse((540, 820, 940, 1340), outline="black", width=4)
    assert len(find_panels(np.asarray(image))) == len(BOXES)


def test_uneven_light_hides_no_gutter() -> None:
    shade = np.linspace(1, 0.65, 1000)[None, :, None]
    assert len(find_panels((page(BOXES) * shade).astype(np.uint8))) == len(BOXES)


def test_a_single_picture_has_no_panels() -> None:
    assert find_panels(page(BOXES[:1])) == []
    assert find_panels(page([(20, 20, 980, 1380)])) == []
    assert find_panels(np.full((50, 60, 3), 255, np.uint8)) == []


def test_figures_without_frames_are_one_picture() -> None:
    image = Image.new("RGB", (900, 900), "white")
    for x, y in ((200, 200), (650, 250), (250, 650), (700, 700)):
        ImageDraw.Draw(image).ellipse((x - 120, y - 90, x + 120, y + 90), outline="black", width=5)
    assert find_panels(np.asarray(image)) == []


def test_each_panel_is_coloured_as_a_picture_of_its_own(sketcher: Colouriser) -> None:
    original = page(BOXES)
    hints = [Hint(0.3, 0.15, "#c02020"), Hint(0.7, 0.4, "#2040c0")]  # in the first panel, and in the third
    coloured = sketcher.colourise(encode_picture(Picture(original)), hints, panels=True).rgb
    inside = np.zeros(original.shape[:2], bool)
    for number, panel in enumerate(find_panels(original)):
        own = hints_inside(hints, panel, original.shape)
        assert len(own) == (number in (0, 2))
        part = sketcher.colourise(encode_picture(Picture(original[panel])), own, task="sketch").rgb
        np.testing.assert_array_equal(coloured[panel], part)
        inside[panel] = True
    assert (coloured[~inside] == 255).all()  # the paper between the panels, although the model tints all paper


def test_hints_keep_their_places_in_a_panel() -> None:
    (hint,) = hints_inside([Hint(0.5, 0.25, "#c02020")], (slice(100, 300), slice(400, 600)), (1000, 1000, 3))
    assert (hint.x, hint.y) == pytest.approx((0.5, 0.75))
