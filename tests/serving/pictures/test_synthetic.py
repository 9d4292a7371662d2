"""The mark that colours are a model's: in every file of a coloured picture, once, and in no other."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from serving.client import Colouriser
from serving.colouring.layers import take_apart
from serving.pictures import FORMATS, Picture, encode_picture, read_picture
from serving.pictures.metadata import MAX_XMP
from serving.pictures.synthetic import LONGEST_MARK, SOURCE, mark_synthetic
from tests.serving.rich_pictures import xmp_of
from tests.serving.sample_pictures import GOOD

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
OTHER = "http://cv.iptc.org/newscodes/digitalsourcetype/negativeFilm"
NAMES = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'


def packet(inside: str = "", attributes: str = "", about: str = "") -> bytes:
    description = f'<rdf:Description rdf:about="{about}" {NAMES} {attributes}>{inside}</rdf:Description>'
    rdf = f'<rdf:RDF xmlns:rdf="{RDF[1:-1]}">{description}</rdf:RDF>'
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{rdf}</x:xmpmeta>'.encode()


def as_image(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def png_with(xmp: bytes) -> bytes:
    info, stream = PngImagePlugin.PngInfo(), BytesIO()
    info.add_itxt("XML:com.adobe.xmp", xmp.decode(), zip=True)
    Image.new("L", (8, 8), 90).save(stream, "PNG", pnginfo=info)
    return stream.getvalue()


def sources(xmp: bytes) -> list[str]:
    """Every source type that a packet names, as an attribute, a text or a resource."""
    root = ET.fromstring(xmp)
    said = [element.attrib[TYPE] for element in root.iter() if TYPE in element.attrib]
    return said + [element.attrib.get(f"{RDF}resource", element.text or "") for element in root.iter(TYPE)]


@pytest.mark.parametrize("format", list(FORMATS))
@pytest.mark.parametrize("keep", [True, False])
def test_a_coloured_picture_says_so_in_every_format(in_process: Colouriser, format: str, keep: bool) -> None:
    coloured = in_process.colourise(GOOD["grey16.png"] if format in ("png", "tiff") else GOOD["grey.png"])
    with as_image(encode_picture(coloured, format, keep_metadata=keep)) as image:
        assert sources(xmp_of(image)) == [SOURCE.decode()]


@pytest.mark.parametrize("format", list(FORMATS))
def test_a_picture_that_nobody_coloured_does_not(format: str) -> None:
    assert SOURCE not in encode_picture(read_picture(GOOD["grey.png"]), format)


def test_so_do_layers() -> None:
    maps = np.zeros((256, 256, 5), np.float32)
    drawing = Picture(np.full((16, 16, 3), 255, np.uint8))
    layers = take_apart(drawing, maps)
    for picture in (layers.flat, layers.merged):
        with as_image(encode_picture(picture)) as image:
            assert sources(xmp_of(image)) == [SOURCE.decode()]


@pytest.mark.parametrize(
    "xmp",
    [
        packet(attributes=f"dc:format='x' Iptc4xmpExt:DigitalSourceType = '{OTHER}'"),
        packet(f'<Iptc4xmpExt:DigitalSourceType rdf:resource="{OTHER}"/>'),
        packet(f"<Iptc4xmpExt:DigitalSourceType>{OTHER}</Iptc4xmpExt:DigitalSourceType>"),
        mark_synthetic(b""),
    ],
    ids=["attribute", "resource", "text", "marked already"],
)
def test_it_takes_the_place_of_another(xmp: bytes) -> None:
    assert sources(mark_synthetic(xmp)) == [SOURCE.decode()]


def test_the_rest_of_a_packet_stays() -> None:
    said = ET.fromstring(mark_synthetic(packet("<dc:title>F&#252;&#223;e</dc:title>", about="uuid:1")))
    descriptions = said.findall(f".//{RDF}Description")
    # the standard wants them equal
    assert [each.attrib[f"{RDF}about"] for each in descriptions] == ["uuid:1", "uuid:1"]
    assert descriptions[0][0].text == "Füße"


def test_what_is_no_packet_gives_way_and_that_is_said() -> None:
    picture = read_picture(png_with(b"no XML at all"))
    assert picture.metadata.xmp == b""
    assert picture.notes == ("The XMP is left out: it is no RDF.",)
    assert mark_synthetic(b"no XML at all") == mark_synthetic(b"")


def test_the_longest_packet_that_is_read_can_be_written(in_process: Colouriser) -> None:
    """A JPEG's segment holds no more."""
    about = "u" * 128
    room = MAX_XMP - len(packet(about=about))
    long = packet("x" * room, about=about)
    assert len(mark_synthetic(long)) - len(long) <= LONGEST_MARK
    coloured = in_process.colourise(png_with(long))
    with as_image(encode_picture(coloured, "jpeg")) as image:
        assert xmp_of(image).count(b"x" * room) == 1
        assert coloured.notes == ()
    assert "64 KB" in read_picture(png_with(packet("x" * (room + 1), about=about))).notes[0]


@pytest.mark.parametrize(
    "piece",
    [b"<xmp:Thumbnails ", b"<a:DigitalSourceType ", b" a:DigitalSourceType ", b"tiff:Orientation = ", b"      "],
)
def test_a_packet_made_to_take_long_does_not(tmp_path: Path, piece: bytes) -> None:
    """A pattern that looks to the end from each of these places takes minutes; this takes under a second."""
    for length in (1_000_000, MAX_XMP - 1_000):  # what is read, and what is also written
        hostile = packet().replace(b"</rdf:Description>", piece * (length // len(piece)) + b"</rdf:Description>")
        stream = BytesIO()
        Image.new("L", (8, 8), 90).save(stream, "TIFF", tiffinfo={700: hostile})
        (tmp_path / "hostile.tif").write_bytes(stream.getvalue())
        code = (
            "import sys; from dataclasses import replace; from serving.pictures import *;"
            "encode_picture(replace(read_picture(open(sys.argv[1], 'rb').read()), task='photo'), 'jpeg')"
        )
        subprocess.run([sys.executable, "-c", code, tmp_path / "hostile.tif"], check=True, timeout=60)
