"""Pictures with all that belongs to a photograph beside its pixels, made in code; and profiles, made by hand.

data = rich("jpeg", grey(), icc=wide_gamut())
"""

from __future__ import annotations

import struct
import warnings
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import tifffile
from PIL import ExifTags, Image

from tests.serving.sample_pictures import HEIGHT, WIDTH, encode, png_chunk, scene

CAMERA, GPS_LATITUDE, MAKER_NOTE = "Box Brownie", (48.0, 51.0, 29.6), b"secret of the maker"
DPI = 300
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description tiff:Orientation="6" dc:title="Attic">'
    b"<xmp:Thumbnails><rdf:li>GREYTHUMB</rdf:li></xmp:Thumbnails></rdf:Description></rdf:RDF></x:xmpmeta>"
)

# The primaries of Adobe RGB (1998), at D50, by Bradford; a space far wider than sRGB. Its gamma.
WIDE_MATRIX = np.array(
    [[0.6097559, 0.2052401, 0.1492240], [0.3111242, 0.6256560, 0.0632197], [0.0194811, 0.0608902, 0.7448387]]
)
WIDE_LUMINANCE = np.array([0.2973769, 0.6273491, 0.0752741])  # before it was moved: its own white is D65
WIDE_GAMMA, GREY_GAMMA = 563 / 256, 1.75


def _tagged(kind: bytes, connection: bytes, tags: dict[bytes, bytes], device: bytes = b"mntr") -> bytes:
    place, listed, content = 132 + 12 * len(tags), b"", b""
    for name, value in tags.items():
        value += bytes(-len(value) % 4)
        listed += struct.pack(">4sLL", name, place + len(content), len(value))
        content += value
    size = place + len(content)
    white = struct.pack(">lll", *(round(each * 65536) for each in (0.9642, 1.0, 0.8249)))
    head = struct.pack(">L4sL4s4s4s12s4s", size, b"\0\0\0\0", 0x02400000, device, kind, connection, bytes(12), b"acsp")
    head = head.ljust(68, b"\0") + white
    return head.ljust(128, b"\0") + struct.pack(">L", len(tags)) + listed + content


def _text(words: str) -> bytes:
    raw = words.encode() + b"\0"
    return b"desc" + bytes(4) + struct.pack(">L", len(raw)) + raw + bytes(78)


def _gamma(value: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">LH", 1, round(value * 256))


def _xyz(values: Any) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">lll", *(round(float(each) * 65536) for each in values))


def wide_gamut() -> bytes:
    """An RGB profile like Adobe RGB's."""
    names = (b"rXYZ", b"gXYZ", b"bXYZ")
    tags = {b"desc": _text("Wide"), b"wtpt": _xyz((0.9642, 1.0, 0.8249))}
    tags |= {name: _xyz(column) for name, column in zip(names, WIDE_MATRIX.T, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _gamma(WIDE_GAMMA))
    return _tagged(b"RGB ", b"XYZ ", tags)


def grey_profile() -> bytes:
    """A profile of greys."""
    tags = {b"desc": _text("Grey"), b"wtpt": _xyz((0.9642, 1.0, 0.8249)), b"kTRC": _gamma(GREY_GAMMA)}
    return _tagged(b"GRAY", b"XYZ ", tags)


def cmyk_profile(kind: bytes = b"CMYK") -> bytes:
    """A printer's, coarse: a table of the corners. Or an RGB scanner's, which has no way back."""
    inks = {b"CMYK": 4, b"RGB ": 3}[kind]
    ramp = bytes(range(256))
    corners = []
    for corner in np.ndindex(*(2,) * inks):
        light = np.prod([1 - 0.9 * ink for ink in corner]) if kind == b"CMYK" else np.mean(corner)
        corners.append(bytes([round(255 * float(light) ** 0.5), 128, 128]))
    identity = struct.pack(">9l", *(65536 if number % 4 == 0 else 0 for number in range(9)))
    table = b"mft1" + bytes(4) + bytes([inks, 3, 2, 0]) + identity + ramp * inks + b"".join(corners) + ramp * 3
    tags = {b"desc": _text("Table"), b"wtpt": _xyz((0.9642, 1.0, 0.8249)), b"A2B0": table}
    return _tagged(kind, b"Lab ", tags, b"scnr" if kind == b"RGB " else b"prtr")


def damaged_profile() -> bytes:
    """One that ends in the middle of a curve."""
    return wide_gamut()[:-20]


def exif(orientation: int = 6) -> Image.Exif:
    """What a camera says: itself, when, where, and what only its maker understands."""
    made = Image.Exif()
    made[ExifTags.Base.Model] = CAMERA
    made[ExifTags.Base.Orientation] = orientation
    made[ExifTags.IFD.Exif] = {
        ExifTags.Base.DateTimeOriginal: "1907:05:04 12:00:00",
        ExifTags.Base.ColorSpace: 0xFFFF,
        ExifTags.Base.MakerNote: MAKER_NOTE,
        ExifTags.Base.ExifImageWidth: HEIGHT,
        ExifTags.Base.ExifImageHeight: WIDTH,
    }
    made[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: GPS_LATITUDE}
    return made


def rich(format: str, image: Image.Image, icc: bytes | None = None, orientation: int = 6) -> bytes:
    """The picture with EXIF, XMP, resolution and, if one is given, a profile; stored as the orientation says."""
    said = exif(orientation)
    options: dict[str, Any] = {"exif": said.tobytes(), "dpi": (DPI, DPI)} | ({"icc_profile": icc} if icc else {})
    match format:
        case "jpeg":
            options |= {"quality": 100, "subsampling": 0, "xmp": XMP}
        case "webp":
            said[282], said[283], said[296] = float(DPI), float(DPI), 2
            options |= {"lossless": True, "xmp": XMP, "exif": said.tobytes()}
        case "tiff":
            said[700] = XMP
            options["exif"] = said.tobytes()
        case "png":
            from PIL.PngImagePlugin import PngInfo

            options["pnginfo"] = PngInfo()
            options["pnginfo"].add_itxt("XML:com.adobe.xmp", XMP.decode())
    return encode(image, format.upper(), **options)


def stored(samples: np.ndarray) -> np.ndarray:
    """The scene as a camera held upright stores it: EXIF's orientation 6 turns it back."""
    return np.ascontiguousarray(np.rot90(samples))


def deep_scene() -> np.ndarray:
    """Grey uint16 [HEIGHT, WIDTH] of which the lower 8 bits matter: a slope of some 40,000 levels."""
    slope = np.linspace(3000, 43000, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)
    return slope.astype(np.uint16)


def deep_tiff(samples: np.ndarray, icc: bytes | None = None, **options: Any) -> bytes:
    """Samples uint16 [H, W], [H, W, 3] or [H, W, 4] -> a TIFF, by another library than ours."""
    stream = BytesIO()
    kind = "minisblack" if samples.ndim == 2 else "rgb"
    extra = ["unassalpha"] if samples.shape[-1] == 4 and samples.ndim == 3 else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tifffile.imwrite(stream, samples, photometric=kind, extrasamples=extra, iccprofile=icc, **options)
    return stream.getvalue()


def deep_png(samples: np.ndarray, icc: bytes | None = None) -> bytes:
    """Samples uint16 [H, W] or [H, W, 2 to 4] -> a PNG by hand."""
    height, width = samples.shape[:2]
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    rows = np.pad(samples.reshape(height, -1).astype(">u2").view(np.uint8), ((0, 0), (1, 0))).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    profile = png_chunk(b"iCCP", b"p\0\0" + zlib.compress(icc)) if icc else b""
    chunks = [png_chunk(b"IHDR", header), profile, png_chunk(b"IDAT", zlib.compress(rows)), png_chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def read_deep_png(data: bytes) -> np.ndarray:
    """A PNG of 16 bits, filtered by row differences or not at all -> uint16 [H, W, C], by hand: no code of ours."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    place, packed, header = 8, b"", b""
    while place < len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        content = data[place + 8 : place + 8 + length]
        assert struct.unpack_from(">I", data, place + 8 + length)[0] == zlib.crc32(kind + content)
        header, packed = (content if kind == b"IHDR" else header), packed + (content if kind == b"IDAT" else b"")
        place += 12 + length
    width, height, bits, colour_type = struct.unpack_from(">IIBB", header)
    assert bits == 16
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, -1)
    samples = rows[:, 1:].copy()
    for row in range(height):
        assert rows[row, 0] in (0, 2)
        if rows[row, 0] == 2 and row:
            samples[row] += samples[row - 1]
    return samples.view(">u2").astype(np.uint16).reshape(height, width, {0: 1, 2: 3, 4: 2, 6: 4}[colour_type])


def wide_lightness(pixels: np.ndarray, top: int = 255) -> np.ndarray:
    """L* of pixels [..., 3] of the wide profile, in floats, by the textbook."""
    y = ((pixels / top) ** WIDE_GAMMA) @ WIDE_LUMINANCE
    return 116 * np.where(y > (6 / 29) ** 3, np.cbrt(y), y / (3 * (6 / 29) ** 2) + 4 / 29) - 16


def sepia(seed: int = 0) -> np.ndarray:
    """The scene as an old print, and colours at its border that only a wide space has; uint8 [H, W, 3]."""
    toned = np.dstack([scene(), scene() * 0.85, scene() * 0.7]).astype(np.uint8)
    toned[:5] = np.random.default_rng(seed).integers(0, 256, (5, WIDTH, 3))
    toned[0, :4] = [[0, 255, 0], [255, 0, 0], [0, 255, 255], [0, 0, 255]]
    return toned


def xmp_of(image: Image.Image) -> bytes:
    """The packet of an opened picture; empty if it has none."""
    found = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    return found.encode() if isinstance(found, str) else found
