"""What a picture keeps through the client: EXIF, XMP, resolution, colour profile, 16 bits; and what is made to harm."""

from __future__ import annotations

import logging
import struct
import tracemalloc
import zlib
from io import BytesIO

import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image, ImageCms

from serving.client import Colouriser
from serving.errors import BrokenPicture, OptionError, PictureError, PictureTooLarge
from serving.pictures import FORMATS, Picture, eight_bit, encode_picture, on_white, read_picture
from serving.pictures.synthetic import mark_synthetic
from tests.serving import rich_pictures as rich
from tests.serving.sample_pictures import ALPHA, GOOD, GREY, HEIGHT, RGBA, WIDTH, encode, png_chunk

READ = ["jpeg", "png", "webp", "tiff"]
STORED = Image.fromarray(rich.stored(GREY))


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def dpi_of(image: Image.Image) -> tuple[float, float] | None:
    if image.format == "WEBP":
        said = image.getexif()
        return (float(said[282]), float(said[283])) if 282 in said else None
    return image.info.get("dpi")


def icc_of(data: bytes) -> bytes | None:
    return opened(data).info.get("icc_profile")


@pytest.mark.parametrize("format", list(FORMATS))
@pytest.mark.parametrize("source", READ)
def test_metadata_goes_from_every_format_to_every_format(in_process: Colouriser, source: str, format: str) -> None:
    image = STORED.convert("RGB") if source == "webp" else STORED
    coloured = in_process.colourise(rich.rich(source, image))
    assert coloured.notes == ()
    with opened(encode_picture(coloured, format)) as result:
        assert result.size == (WIDTH, HEIGHT)
        said = result.getexif()
        details, place = said.get_ifd(ExifTags.IFD.Exif), said.get_ifd(ExifTags.IFD.GPSInfo)
        assert said[ExifTags.Base.Model] == rich.CAMERA
        assert said[ExifTags.Base.Orientation] == 1
        assert details[ExifTags.Base.DateTimeOriginal] == "1907:05:04 12:00:00"
        assert details[ExifTags.Base.MakerNote] == rich.MAKER_NOTE
        assert details[ExifTags.Base.ColorSpace] == 1  # sRGB is what was written
        assert (details[ExifTags.Base.ExifImageWidth], details[ExifTags.Base.ExifImageHeight]) == (WIDTH, HEIGHT)
        assert tuple(map(float, place[ExifTags.GPS.GPSLatitude])) == pytest.approx(rich.GPS_LATITUDE)
        assert dpi_of(result) == pytest.approx((rich.DPI, rich.DPI), abs=0.02)  # a PNG counts by the metre
        xmp = rich.xmp_of(result)
        assert b'dc:title="Attic"' in xmp
        assert b'tiff:Orientation="1"' in xmp
        assert b"GREYTHUMB" not in xmp


@pytest.mark.parametrize("format", list(FORMATS))
def test_metadata_can_be_left_out_and_the_profile_stays(in_process: Colouriser, format: str) -> None:
    data = rich.rich("jpeg", STORED.convert("RGB"), rich.wide_gamut())
    bare = encode_picture(in_process.colourise(data), format, keep_metadata=False)
    with opened(bare) as result:
        assert set(result.getexif()) & {271, 272, 306, 34665, 34853, 282} == set()
        assert rich.xmp_of(result) == mark_synthetic(b"")  # what the picture said is gone
        assert dpi_of(result) is None or dpi_of(result) == (1, 1)
        assert result.info["icc_profile"] == rich.wide_gamut()
    for secret in (rich.CAMERA.encode(), rich.MAKER_NOTE, b"1907", b"Attic"):
        assert secret not in bare


@pytest.mark.parametrize("format", list(FORMATS))
def test_a_thumbnail_is_left_out(format: str) -> None:
    # a directory of the camera's with one behind it, as EXIF has its thumbnails
    thumbnail = encode(Image.new("L", (8, 8), 90), "JPEG")
    first = struct.pack("<H", 1) + struct.pack("<HHLL", 272, 2, 4, 0x00444142) + struct.pack("<L", 26)
    second = struct.pack("<HHHLLHHLL", 2, 513, 4, 1, 56, 514, 4, 1, len(thumbnail)) + bytes(4)
    raw = b"Exif\0\0II*\0" + struct.pack("<L", 8) + first + second + thumbnail
    raw = raw[:6] + raw[6:].replace(struct.pack("<L", 56), struct.pack("<L", 56), 1)
    data = encode(Image.fromarray(GREY), "JPEG", exif=raw)
    result = encode_picture(read_picture(data), format)
    assert thumbnail in data
    assert thumbnail not in result
    assert opened(result).getexif()[272] == "BAD"


def test_the_resolution_is_turned_with_the_picture() -> None:
    data = encode(STORED, "JPEG", dpi=(300, 150), exif=rich.exif())
    assert read_picture(data).metadata.dpi == (150, 300)


@pytest.mark.parametrize("name", ["grey.jpg", "rgb.png", "lossless.webp", "rgb.tif", "still.gif"])
def test_what_a_file_does_not_say_is_not_made_up(name: str) -> None:
    picture = read_picture(GOOD[name])
    assert (picture.metadata.exif, picture.metadata.xmp, picture.metadata.dpi) == (b"", b"", None)
    assert picture.profile is None


# ---- colour profiles


@pytest.mark.parametrize("format", list(FORMATS))
def test_without_a_profile_the_file_says_srgb(format: str) -> None:
    data = encode_picture(read_picture(GOOD["grey.png"]), format)
    if format == "png":
        assert b"sRGB\0" in data
        assert icc_of(data) is None
    else:
        profile = ImageCms.ImageCmsProfile(BytesIO(icc_of(data) or b""))
        assert "sRGB" in ImageCms.getProfileDescription(profile)
        assert read_picture(data).rgb.shape == (HEIGHT, WIDTH, 3)
    assert data == encode_picture(read_picture(GOOD["grey.png"]), format)  # no clock in it


def test_srgb_pixels_are_not_touched() -> None:
    srgb = icc_of(encode_picture(read_picture(GOOD["rgb.png"]), "tiff"))
    picture = read_picture(encode(Image.fromarray(rich.sepia()), "PNG", icc_profile=srgb))
    np.testing.assert_array_equal(picture.rgb, rich.sepia())
    assert picture.profile == srgb


@pytest.mark.parametrize("source", READ)
def test_a_wide_profile_is_read_as_littlecms_reads_it(source: str) -> None:
    toned = rich.sepia()[5:]  # what sRGB can show
    data = rich.rich(source, Image.fromarray(toned), rich.wide_gamut(), orientation=1)
    profiles = [ImageCms.ImageCmsProfile(BytesIO(rich.wide_gamut())), ImageCms.createProfile("sRGB")]
    image = opened(data)
    expected = ImageCms.profileToProfile(image, *profiles, ImageCms.Intent.RELATIVE_COLORIMETRIC)
    difference = np.abs(read_picture(data).rgb.astype(int) - np.asarray(expected))
    assert difference.max() <= 1  # of 255: rounded at other places
    assert np.abs(np.asarray(expected).astype(int) - np.asarray(image)).max() > 5


@pytest.mark.parametrize("format", list(FORMATS))
def test_a_wide_profile_goes_out_again(in_process: Colouriser, format: str) -> None:
    toned = rich.sepia()
    coloured = in_process.colourise(rich.rich("png", Image.fromarray(toned), rich.wide_gamut(), orientation=1))
    data = encode_picture(coloured, format)
    assert icc_of(data) == rich.wide_gamut()
    if format in ("png", "tiff"):
        # the photograph's lightness in its own space: twice rounded to 8 bits, of sRGB and of its own
        change = np.abs(rich.wide_lightness(np.asarray(opened(data))) - rich.wide_lightness(toned))
        assert change.mean() < 0.25
        assert change.max() < 1.5


def test_the_lightness_of_16_bits_stays_in_the_profile_s_own_space(in_process: Colouriser) -> None:
    toned = rich.sepia().astype(np.uint16) * 257
    data = encode_picture(in_process.colourise(rich.deep_tiff(toned, rich.wide_gamut())), "tiff")
    change = np.abs(rich.wide_lightness(tifffile.imread(BytesIO(data)), 65535) - rich.wide_lightness(toned, 65535))
    assert change.max() < 0.1  # 16 bits of light are coarse near black
    assert icc_of(data) == rich.wide_gamut()


@pytest.mark.parametrize("source", ["jpeg", "png", "tiff"])
def test_a_grey_profile_becomes_srgb(source: str) -> None:
    data = rich.rich(source, Image.fromarray(GREY), rich.grey_profile(), orientation=1)
    light = (np.asarray(opened(data)) / 255.0) ** rich.GREY_GAMMA
    expected = 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    picture = read_picture(data)
    assert np.abs(picture.rgb[..., 0] - expected).max() <= 0.51
    assert picture.profile is None
    assert np.ptp(picture.rgb, axis=-1).max() == 0


@pytest.mark.parametrize("source", ["jpeg", "tiff"])
def test_a_cmyk_profile_becomes_srgb(source: str) -> None:
    image = Image.fromarray(GREY).convert("RGB").convert("CMYK")
    picture = read_picture(rich.rich(source, image, rich.cmyk_profile(), orientation=1))
    plain = read_picture(rich.rich(source, image, orientation=1))
    assert picture.profile is None
    assert picture.notes == ()
    assert np.abs(picture.rgb.astype(int) - plain.rgb).max() > 10
    assert np.ptp(picture.rgb, axis=-1).max() <= 2  # the printer's table has greys only


def test_a_table_without_a_way_back_becomes_srgb() -> None:
    image = Image.fromarray(rich.sepia())
    picture = read_picture(encode(image, "PNG", icc_profile=rich.cmyk_profile(b"RGB ")))
    assert (picture.profile, picture.notes) == (None, ())
    assert np.ptp(picture.rgb, axis=-1).max() <= 2
    deep = read_picture(rich.deep_png(rich.sepia().astype(np.uint16) * 257, rich.cmyk_profile(b"RGB ")))
    assert deep.rgb.dtype == np.uint8
    assert deep.notes == ("Its colour profile has tables, so 8 of its 16 bits are used.",)


@pytest.mark.parametrize("source", READ)
@pytest.mark.parametrize("kind", ["cut short", "noise", "of greys", "too long"])
def test_a_damaged_profile_is_ignored_with_a_warning(source: str, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    icc = {
        "cut short": rich.damaged_profile(),
        "noise": np.random.default_rng(0).bytes(500),
        "of greys": rich.grey_profile(),
        "too long": rich.wide_gamut() + bytes(5_000_000 if source != "png" else 1),
    }[kind]
    if kind == "too long" and source == "png":
        icc = rich.damaged_profile() + bytes(5)
    image = Image.fromarray(rich.sepia())
    with caplog.at_level(logging.WARNING, "serving.pictures"):
        picture = read_picture(rich.rich(source, image, icc, orientation=1))
    plain = read_picture(rich.rich(source, image, orientation=1))
    np.testing.assert_array_equal(picture.rgb, plain.rgb)
    assert picture.profile is None
    assert [record.message for record in caplog.records] == list(picture.notes)
    assert picture.notes == ("The colour profile is damaged or fits no such picture, and is ignored.",)


def test_profiles_with_flipped_bytes_raise_nothing() -> None:
    for seed in range(300):
        random = np.random.default_rng(seed)
        whole = (rich.wide_gamut(), rich.grey_profile(), rich.cmyk_profile(b"RGB "), rich.cmyk_profile())[seed % 4]
        icc = np.frombuffer(whole, np.uint8).copy()
        icc[random.integers(0, len(icc), 4)] = random.integers(0, 256, 4)
        mode = ("RGB", "L", "RGB", "CMYK")[seed % 4]
        data = encode(Image.fromarray(rich.sepia()[:8, :8]).convert(mode), "TIFF", icc_profile=icc.tobytes())
        picture = read_picture(data)
        encoded = encode_picture(picture)
        assert opened(encoded).size == (8, 8)


# ---- sixteen bits


def deep_files() -> dict[str, tuple[bytes, np.ndarray]]:
    grey = rich.deep_scene()
    colours = np.dstack([grey, grey[::-1], grey[:, ::-1]])
    alpha = np.linspace(0, 65535, grey.size).reshape(grey.shape).astype(np.uint16)
    both = np.dstack([colours, alpha])
    return {
        "grey.png": (rich.deep_png(grey), grey[..., None]),
        "greyalpha.png": (rich.deep_png(np.dstack([grey, alpha])), np.dstack([grey, alpha])),
        "rgb.png": (rich.deep_png(colours), colours),
        "rgba.png": (rich.deep_png(both), both),
        "grey.tif": (rich.deep_tiff(grey), grey[..., None]),
        "rgb.tif": (rich.deep_tiff(colours), colours),
        "rgba.tif": (rich.deep_tiff(both), both),
        "big.tif": (rich.deep_tiff(both, byteorder=">"), both),
        "packed.tif": (rich.deep_tiff(colours, compression="zlib", predictor=True), colours),
        "bigpacked.tif": (rich.deep_tiff(colours, compression="zlib", byteorder=">"), colours),
    }


DEEP = deep_files()


@pytest.mark.parametrize("name", DEEP)
def test_16_bits_are_read_whole(name: str) -> None:
    data, samples = DEEP[name]
    picture = read_picture(data)
    assert picture.rgb.dtype == np.uint16
    colours = samples[..., : 3 if samples.shape[-1] > 2 else 1]
    np.testing.assert_array_equal(picture.rgb, np.broadcast_to(colours, (HEIGHT, WIDTH, 3)))
    if samples.shape[-1] % 2 == 0:
        np.testing.assert_array_equal(picture.alpha, samples[..., -1])
    else:
        assert picture.alpha is None


@pytest.mark.parametrize("name", DEEP)
def test_16_bits_come_out_coloured(in_process: Colouriser, name: str) -> None:
    data, samples = DEEP[name]
    coloured = in_process.colourise(data, task="photo")
    has_alpha = samples.shape[-1] % 2 == 0
    assert (coloured.rgb.max(-1).astype(int) - coloured.rgb.min(-1)).max() > 20 * 257
    expected = np.dstack([coloured.rgb, coloured.alpha]) if has_alpha else coloured.rgb
    np.testing.assert_array_equal(rich.read_deep_png(encode_picture(coloured, "png")), expected)
    np.testing.assert_array_equal(tifffile.imread(BytesIO(encode_picture(coloured, "tiff"))), expected)
    for format in FORMATS:
        with opened(encode_picture(coloured, format, quality=100)) as image:
            found = np.asarray(image).astype(int)
            assert image.mode == ("RGBA" if has_alpha and format != "jpeg" else "RGB")
            if not has_alpha:
                # a WebP has half the chroma
                assert np.abs(found - eight_bit(coloured.rgb)).mean() < (4 if format == "webp" else 1.2)


def test_levels_that_8_bits_have_not_stay(in_process: Colouriser) -> None:
    grey = in_process.colourise(DEEP["grey.png"][0], saturation=0, task="photo").rgb
    assert len(np.unique(grey[..., 1])) > 5000
    # grey of the same lightness: floats of 24 bits carry 16
    assert np.abs(grey.astype(int) - DEEP["grey.png"][1]).max() < 30


def test_8_and_16_bits_of_one_picture_look_alike(in_process: Colouriser) -> None:
    deep = in_process.colourise(GOOD["rgb16.png"]).rgb
    assert np.abs(eight_bit(deep).astype(int) - in_process.colourise(GOOD["rgb.png"]).rgb).max() <= 1


def test_12_bits_in_a_tiff_are_stretched_to_16() -> None:
    image = Image.new("I;16", (2, 1))
    plain = bytearray(encode(image, "TIFF"))
    directory = tifffile.TiffFile(BytesIO(plain)).pages[0]
    tag, strip = directory.tags[258], directory.tags[273].value[0]
    plain[tag.valueoffset : tag.valueoffset + 2] = struct.pack("<H", 12)
    plain[strip : strip + 3] = bytes([0x80, 0x0F, 0xFF])  # 0x800 and 0xfff
    assert read_picture(bytes(plain)).rgb[0, :, 0].tolist() == [0x8008, 0xFFFF]


def test_16_bits_count_double() -> None:
    data = DEEP["rgb.png"][0]
    assert read_picture(data, max_pixels=2 * WIDTH * HEIGHT).rgb.dtype == np.uint16
    small = read_picture(data, max_pixels=2 * WIDTH * HEIGHT - 1)
    assert small.rgb.dtype == np.uint8
    assert small.notes == ("It has more than 0.0053995 megapixels, so 8 of its 16 bits are used.",)
    np.testing.assert_array_equal(small.rgb, read_picture(data).rgb >> 8)


def test_16_bits_on_white() -> None:
    colours, alpha = np.full((1, 3, 3), 1000, np.uint16), np.array([[0, 32768, 65535]], np.uint16)
    laid = on_white(Picture(colours, alpha))
    assert laid.alpha is None
    assert laid.rgb[0, :, 0].tolist() == [65535, 33267, 1000]


@pytest.mark.parametrize("format", ["png", "tiff", "webp"])
def test_alpha_of_8_bits_is_written(format: str) -> None:
    with opened(encode_picture(Picture(np.ascontiguousarray(RGBA[..., :3]), ALPHA), format, quality=100)) as image:
        np.testing.assert_array_equal(np.asarray(image)[..., 3], ALPHA)


def test_a_picture_too_long_for_webp_is_refused() -> None:
    with pytest.raises(OptionError, match="at most 16383 pixels a side"):
        encode_picture(Picture(np.zeros((1, 16384, 3), np.uint8)), "webp")


# ---- what is made to harm


def test_exif_of_ten_megabytes_is_left_out_with_a_note() -> None:
    said = Image.Exif()
    said[ExifTags.Base.ImageDescription] = "x" * 10_000_000
    said[ExifTags.Base.Orientation] = 6
    data = encode(STORED, "PNG", exif=said)
    picture = read_picture(data)
    assert (picture.width, picture.height) == (WIDTH, HEIGHT)  # it is turned all the same
    assert picture.metadata.exif == b""
    assert picture.notes == ("The EXIF is left out: it has more than 64 KB.",)


def test_xmp_of_many_bytes_is_left_out_with_a_note() -> None:
    data = encode(Image.fromarray(RGBA), "WEBP", lossless=True, xmp=b"<x>" + b"y" * 3_000_000)
    picture = read_picture(data)
    assert picture.metadata.xmp == b""
    assert picture.notes == ("The XMP is left out: it has more than 64 KB.",)


def overlapping(entries: int, size: int) -> bytes:
    """A TIFF structure of entries that all name the same bytes."""
    place = 8 + 2 + 12 * entries + 4
    listed = b"".join(struct.pack("<HHLL", 700 + number, 7, size, place) for number in range(entries))
    return b"II*\0" + struct.pack("<LH", 8, entries) + listed + bytes(4 + size)


def test_exif_that_grows_in_memory_is_ignored() -> None:
    raw = overlapping(1000, 1_000_000)  # a gigabyte, if each were copied
    chunk = png_chunk(b"eXIf", raw)
    data = GOOD["grey.png"][:33] + chunk + GOOD["grey.png"][33:]
    tracemalloc.start()
    picture = read_picture(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000
    assert picture.metadata.exif == b""
    np.testing.assert_array_equal(picture.rgb[..., 0], GREY)


def test_a_tiff_that_grows_in_memory_is_refused() -> None:
    tracemalloc.start()
    with pytest.raises(BrokenPicture):
        read_picture(overlapping(1000, 1_000_000))
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("kind", ["zTXt", "iTXt", "iCCP"])
def test_compressed_text_that_grows_is_refused(kind: str) -> None:
    bomb = zlib.compress(bytes(200_000_000), 9)
    head = {"zTXt": b"Comment\0\0", "iTXt": b"XML:com.adobe.xmp\0\1\0\0\0", "iCCP": b"p\0\0"}[kind]
    data = GOOD["grey.png"][:33] + png_chunk(kind.encode(), head + bomb) + GOOD["grey.png"][33:]
    tracemalloc.start()
    with pytest.raises(PictureTooLarge, match="unpacks to more than 1 MB"):
        read_picture(data)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_damaged_metadata_raises_nothing_else() -> None:
    whole = [rich.rich(format, Image.fromarray(rich.sepia()), rich.wide_gamut(), orientation=3) for format in READ]
    whole += [data for data, _ in DEEP.values()]
    read = 0
    for seed in range(400):
        random = np.random.default_rng(seed)
        data = np.frombuffer(whole[seed % len(whole)], np.uint8).copy()
        data[random.integers(0, min(len(data), 1500), 3)] = random.integers(0, 256, 3)
        try:
            picture = read_picture(data.tobytes(), max_pixels=1_000_000)
        except PictureError:
            continue
        read += 1
        with opened(encode_picture(picture, list(FORMATS)[seed % 4])) as image:
            assert image.size == (picture.width, picture.height)
    assert read > 50
