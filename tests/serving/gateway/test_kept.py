"""What a picture keeps on its way through the gateway: EXIF, XMP, resolution, profile, 16 bits; one and many."""

from __future__ import annotations

import io
import zipfile
import zlib

import httpx
import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image

from serving.client import Colouriser
from serving.pictures import FORMATS, eight_bit, read_picture
from serving.pictures.synthetic import mark_synthetic
from tests.serving import rich_pictures as rich
from tests.serving.conftest import StartGateway
from tests.serving.gateway.answers import problem
from tests.serving.sample_pictures import GOOD, GREY, HEIGHT, WIDTH, png_chunk

COLOURED = Image.fromarray(rich.stored(GREY)).convert("RGB")
DEEP = np.dstack([rich.deep_scene()] * 3)


def send(gateway: httpx.Client, data: bytes, **options: str) -> httpx.Response:
    response = gateway.post("/v1/colourise", content=data, params=options)
    assert response.status_code == 200, response.text
    return response


def camera_of(data: bytes) -> str | None:
    with Image.open(io.BytesIO(data)) as image:
        return image.getexif().get(ExifTags.Base.Model)


@pytest.mark.parametrize("format", list(FORMATS))
@pytest.mark.parametrize("source", ["jpeg", "png", "webp", "tiff"])
def test_metadata_and_profile_are_kept(gateway: httpx.Client, source: str, format: str) -> None:
    response = send(gateway, rich.rich(source, COLOURED, rich.wide_gamut()), format=format)
    assert response.headers["content-type"] == FORMATS[format]
    assert "handtint-note" not in response.headers
    with Image.open(io.BytesIO(response.content)) as image:
        assert image.format == format.upper()
        assert image.size == (WIDTH, HEIGHT)
        assert image.info["icc_profile"] == rich.wide_gamut()
        assert image.getexif()[ExifTags.Base.Model] == rich.CAMERA
        assert image.getexif()[ExifTags.Base.Orientation] == 1
        assert ExifTags.GPS.GPSLatitude in image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    assert b"Attic" in response.content
    assert read_picture(response.content).metadata.dpi == pytest.approx((rich.DPI, rich.DPI), abs=0.02)


@pytest.mark.parametrize("format", list(FORMATS))
def test_metadata_none(gateway: httpx.Client, format: str) -> None:
    response = send(gateway, rich.rich("jpeg", COLOURED, rich.wide_gamut()), format=format, metadata="none")
    for secret in (rich.CAMERA.encode(), rich.MAKER_NOTE, b"1907", b"Attic"):
        assert secret not in response.content
    assert read_picture(response.content).profile == rich.wide_gamut()


def test_another_word_for_metadata_is_refused(gateway: httpx.Client) -> None:
    response = gateway.post("/v1/colourise?metadata=some", content=GOOD["grey.png"])
    assert problem(response, 400, "option")["detail"] == "The metadata must be keep or none; received 'some'."


@pytest.mark.parametrize(
    ("mode", "icc"), [("L", rich.grey_profile()), ("CMYK", rich.cmyk_profile()), ("RGB", rich.damaged_profile())]
)
def test_what_has_no_profile_to_go_back_to_is_srgb(gateway: httpx.Client, mode: str, icc: bytes) -> None:
    response = send(gateway, rich.rich("jpeg", COLOURED.convert(mode), icc))
    assert b"sRGB\0" in response.content
    assert ("damaged" in response.headers.get("handtint-note", "")) == (mode == "RGB")


@pytest.mark.parametrize("source", ["png", "tiff"])
def test_16_bits_stay(gateway: httpx.Client, in_process: Colouriser, source: str) -> None:
    data = rich.deep_png(DEEP) if source == "png" else rich.deep_tiff(DEEP)
    expected = in_process.colourise(data).rgb
    np.testing.assert_array_equal(rich.read_deep_png(send(gateway, data).content), expected)
    tiff = send(gateway, data, format="tiff").content
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(tiff)), expected)
    with Image.open(io.BytesIO(send(gateway, data, format="jpeg", quality="100").content)) as image:
        assert np.abs(np.asarray(image).astype(int) - eight_bit(expected)).mean() < 1.2


def test_the_client_of_a_gateway_gets_it_all(gateway: httpx.Client, in_process: Colouriser) -> None:
    profiled = rich.rich("tiff", COLOURED, rich.wide_gamut())
    with Colouriser(f"gateway+{gateway.base_url}".rstrip("/")) as colouriser:
        picture, deep = colouriser.colourise(profiled), colouriser.colourise(rich.deep_tiff(DEEP))
    expected = in_process.colourise(profiled)
    assert (picture.profile, picture.metadata.xmp) == (expected.profile, mark_synthetic(expected.metadata.xmp))
    assert picture.metadata.exif == expected.metadata.exif
    # to the profile and back: rounded twice
    assert np.abs(picture.rgb.astype(int) - expected.rgb).max() <= 2
    np.testing.assert_array_equal(deep.rgb, in_process.colourise(rich.deep_tiff(DEEP)).rgb)


@pytest.mark.parametrize(("metadata", "camera"), [("keep", rich.CAMERA), ("none", None)])
def test_a_batch_keeps_them_or_not(gateway: httpx.Client, metadata: str, camera: str | None) -> None:
    files = [("image", ("a.jpg", rich.rich("jpeg", COLOURED))), ("image", ("b.png", rich.rich("png", COLOURED)))]
    files.append(("image", ("c.png", rich.deep_png(DEEP))))
    response = gateway.post("/v1/colourise/batch", files=files, data={"metadata": metadata, "format": "tiff"})
    with zipfile.ZipFile(io.BytesIO(response.content)) as packed:
        assert packed.namelist() == ["001-a.tif", "002-b.tif", "003-c.tif"]
        found = [packed.read(name) for name in packed.namelist()]
    assert [camera_of(data) for data in found] == [camera, camera, None]
    assert tifffile.imread(io.BytesIO(found[2])).dtype == np.uint16


def test_16_bits_count_double(start_gateway: StartGateway, model_server: dict[str, str]) -> None:
    gateway = start_gateway(model_server["grpc"], max_pixels=WIDTH * HEIGHT)
    response = send(gateway, rich.deep_png(DEEP))
    assert response.headers["handtint-note"] == "It has more than 0.0027 megapixels, so 8 of its 16 bits are used."
    with pytest.raises(AssertionError):
        rich.read_deep_png(response.content)


def test_bombs_in_metadata(gateway: httpx.Client) -> None:
    plain = GOOD["grey.png"]
    text = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100_000_000), 9))
    refused = gateway.post("/v1/colourise", content=plain[:33] + text + plain[33:])
    assert "unpacks to more than 1 MB" in problem(refused, 413, "too-large")["detail"]
    exif = png_chunk(b"eXIf", b"II*\0" + bytes(10_000_000))
    said = send(gateway, plain[:33] + exif + plain[33:])
    assert said.headers["handtint-note"] == "The EXIF is left out: it has more than 64 KB."
    assert len(said.content) < 100_000


def test_a_webp_counts_double(start_gateway: StartGateway, model_server: dict[str, str]) -> None:
    data = GOOD["grey.png"]
    large = start_gateway(model_server["grpc"], max_pixels=2 * WIDTH * HEIGHT)
    send(large, data, format="webp")
    small = start_gateway(model_server["grpc"], max_pixels=2 * WIDTH * HEIGHT - 1)
    refused = small.post("/v1/colourise?format=webp", content=data)
    assert "A WebP may have at most 0.0053995 megapixels" in problem(refused, 400, "option")["detail"]
    send(small, data, format="tiff")
