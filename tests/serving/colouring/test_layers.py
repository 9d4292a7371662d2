"""A drawing taken apart: what lies over what gives which pixels, and whether painting programs can open it."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from pyora import Project

from serving.client import Colouriser, Hint, encode_picture
from serving.colouring.layers import Layers, encode_layers, lift
from serving.errors import OptionError
from serving.pictures import read_picture
from tests.serving.sample_pictures import GOOD


def over(layer: np.ndarray, below: np.ndarray) -> np.ndarray:
    """RGBA uint8 over RGB 0..255, as every painting program lays it."""
    alpha = layer[..., 3:] / 255.0
    return alpha * layer[..., :3] + (1 - alpha) * below


def on_paper(layer: np.ndarray) -> np.ndarray:
    return over(layer, np.full((*layer.shape[:2], 3), 255.0))


@pytest.fixture(scope="module")
def layers(sketcher: Colouriser, drawing: Path) -> Layers:
    return sketcher.layers(drawing)


def test_every_colour_comes_back_on_white() -> None:
    levels = np.unique(np.append(np.arange(0, 256, 15), np.arange(230, 256)))
    flat = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(len(levels), -1, 3).astype(np.uint8)
    np.testing.assert_array_equal(np.rint(on_paper(lift(flat))), flat)


@pytest.mark.parametrize(
    ("colour", "alpha"),
    [
        ((255, 255, 255), 0),
        ((250, 250, 250), 5),  # no darker than black can make white paper that grey
        ((253, 253, 248), 7),
        ((255, 255, 0), 255),
        ((225, 235, 250), 255),
        ((0, 0, 0), 255),
    ],
)
def test_paper_is_clear_and_colours_are_opaque(colour: tuple[int, int, int], alpha: int) -> None:
    assert lift(np.full((1, 1, 3), colour, np.uint8))[0, 0, 3] == alpha


def test_alpha_rises_in_between() -> None:
    greys = np.arange(225, 256)[None, ::-1, None].repeat(3, axis=-1).astype(np.uint8)
    alpha = lift(greys)[0, :, 3].astype(int)
    assert (np.diff(alpha) >= 0).all()
    assert set(alpha[[0, -1]]) == {0, 255}
    assert ((alpha > 20) & (alpha < 235)).sum() >= 5


def test_lines_over_colours_over_white_are_the_picture(layers: Layers, sketcher: Colouriser, drawing: Path) -> None:
    np.testing.assert_array_equal(layers.merged.rgb, sketcher.colourise(drawing).rgb)
    stacked = over(layers.lines, on_paper(layers.colours))
    # half a level each from rounding ink, colours and picture
    assert np.abs(stacked - layers.merged.rgb).max() <= 1.51


def test_lines_are_black_and_colours_have_none(layers: Layers, drawing: Path) -> None:
    ink = np.asarray(Image.open(drawing))
    assert layers.lines.shape == layers.colours.shape == (200, 300, 4)
    assert not layers.lines[..., :3].any()
    assert (layers.lines[ink == 0, 3] == 255).all()
    assert (layers.lines[ink == 255, 3] == 0).all()
    assert not layers.colours[:, :70, 3].any()  # the model leaves the left quarter white, lines or not
    orange = layers.colours[:, 80:140].reshape(-1, 4).astype(int)
    assert np.abs(orange - [230, 153, 77, 255]).max() <= 1  # rounding on the way through Lab


def test_saturation_and_hints_reach_the_colours(sketcher: Colouriser, drawing: Path) -> None:
    layers = sketcher.layers(drawing, [Hint(0.1, 0.2, "#d02020")], saturation=0)
    assert np.ptp(layers.colours[..., :3].astype(int), axis=-1).max() <= 1
    assert layers.colours[40, 30, 3] == 255  # red without saturation, where there was white


def test_openraster_is_as_its_specification_says(layers: Layers) -> None:
    content = encode_layers(layers)
    # readers know the file by these bytes at this place
    assert content[30:54] == b"mimetypeimage/openraster"
    with zipfile.ZipFile(BytesIO(content)) as file:
        assert file.testzip() is None
        assert file.infolist()[0].compress_type == zipfile.ZIP_STORED
        assert {"stack.xml", "mergedimage.png", "Thumbnails/thumbnail.png"} < set(file.namelist())
        image = ElementTree.fromstring(file.read("stack.xml"))
        assert (image.tag, image.get("w"), image.get("h")) == ("image", "300", "200")
        stack = image.findall("stack/layer")
        assert [layer.get("name") for layer in stack] == ["lines", "colours", "paper"]  # the topmost first
        for layer in stack:
            with Image.open(BytesIO(file.read(layer.attrib["src"]))) as png:
                assert (png.format, png.mode, png.size) == ("PNG", "RGBA", (300, 200))
        np.testing.assert_array_equal(np.asarray(Image.open(file.open("mergedimage.png"))), layers.merged.rgb)
        assert max(Image.open(file.open("Thumbnails/thumbnail.png")).size) == 256


def test_openraster_reads_back(layers: Layers, tmp_path: Path) -> None:
    path = tmp_path / "drawing.ora"
    path.write_bytes(encode_layers(layers))
    project = Project.load(str(path))
    np.testing.assert_array_equal(np.asarray(project["lines"].get_image_data()), layers.lines)
    np.testing.assert_array_equal(np.asarray(project["colours"].get_image_data()), layers.colours)
    assert (np.asarray(project["paper"].get_image_data()) == 255).all()
    for name in ("lines", "colours", "paper"):
        assert project[name].visible
        assert project[name].opacity == 1
    rendered = np.asarray(project.get_image_data(use_original=False).convert("RGB")).astype(int)
    # a level more than unrounded layers differ: the program rounds after each
    assert np.abs(rendered - layers.merged.rgb).max() <= 2


def test_flat_is_a_picture_with_alpha(layers: Layers) -> None:
    written = read_picture(encode_picture(layers.flat))
    np.testing.assert_array_equal(np.dstack([written.rgb, written.alpha]), layers.colours)


def test_photographs_have_no_layers(in_process: Colouriser) -> None:
    with pytest.raises(OptionError, match=r"Only drawings have layers; expected one, received .* as a photo"):
        in_process.layers(GOOD["grey.jpg"])
