"""What a file says beside its pixels: EXIF, XMP and resolution, made fit for the coloured picture.

    metadata = read_metadata(image, size=(90, 60), turned=True)
    exif = exif_to_write(metadata, srgb=True)

The orientation becomes 1, since the pixels are turned; a thumbnail is left out, since it would show the grey picture;
of a TIFF only what describes the picture is taken, not how its pixels lie. GPS and maker notes stay. IPTC blocks,
comments and other text are not kept.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from PIL import ExifTags, Image, JpegImagePlugin, TiffImagePlugin

from serving.pictures.directories import check_directories
from serving.pictures.synthetic import LONGEST_MARK, is_packet
from serving.pictures.turning import ORIENTATION

MAX_EXIF = 65_527  # what fits into a JPEG, so that every format keeps the same
MAX_XMP = 65_502 - LONGEST_MARK
_MAX_DPI = 65_535

_X_RESOLUTION, _Y_RESOLUTION, _UNIT = 282, 283, 296
_COLOUR_SPACE, _WIDTH, _HEIGHT = 40961, 40962, 40963
# Tags below 700 say how a TIFF's pixels lie, but for name, description, camera, page, program, time, artist and host.
_DESCRIBING = {269, 270, 271, 272, 285, 305, 306, 315, 316}
# XMP, Photoshop's blocks (with a thumbnail), IPTC, ICC, Windows' padding, and the directories, which are copied apart.
_LEFT_OUT = {700, 33723, 34377, 34675, 59932, 34665, 34853, 40965}
_THUMBNAILS = (b"xmp:Thumbnails", b"xap:Thumbnails")
_XMP_TURN = re.compile(rb'(tiff:Orientation(?:\s*=\s*["\']|>)\s*)[0-9]')


@dataclass(frozen=True)
class Metadata:
    """`exif` as it stands in a file, with "Exif" before it; `xmp` as XML; `dpi` pixels per inch, across and down."""

    exif: bytes = b""
    xmp: bytes = b""
    dpi: tuple[float, float] | None = None


NO_METADATA = Metadata()


def guard_exif(image: Image.Image) -> None:
    """Takes EXIF away from an opened picture that is damaged, or made to fill the memory."""
    raw = image.info.get("exif")
    try:
        if raw is None and "Raw profile type exif" in image.info:  # how ImageMagick puts it into a PNG
            text = image.info.pop("Raw profile type exif")
            raw = image.info["exif"] = bytes.fromhex("".join(text.split("\n")[3:]))
        if raw is not None:
            check_directories(raw.removeprefix(b"Exif\0\0"))
    except (ValueError, TypeError, AttributeError):
        image.info.pop("exif", None)


def read_metadata(image: Image.Image, size: tuple[int, int], turned: bool) -> tuple[Metadata, tuple[str, ...]]:
    """What there is, and notes of what is too long, or too odd, to be kept.

    Args:
        image: opened, and guarded.
        size: width and height of the upright picture, which EXIF repeats.
        turned: width and height have changed places.
    """
    notes = []
    exif = _read_exif(image, size)
    if len(exif) > MAX_EXIF or len(image.info.get("exif", b"")) > 2**20:
        exif = b""
        notes.append("The EXIF is left out: it has more than 64 KB.")
    xmp = _read_xmp(image)
    if len(xmp) > MAX_XMP:
        xmp = b""
        notes.append("The XMP is left out: it has more than 64 KB.")
    elif xmp and not is_packet(xmp):
        xmp = b""
        notes.append("The XMP is left out: it is no RDF.")
    dpi = _read_dpi(image)
    return Metadata(exif, xmp, (dpi[1], dpi[0]) if dpi and turned else dpi), tuple(notes)


def exif_to_write(metadata: Metadata, srgb: bool, with_dpi: bool = False) -> bytes:
    """The EXIF for a file.

    Args:
        metadata: of the picture.
        srgb: the file's pixels are sRGB, whatever those were that it came from.
        with_dpi: say the resolution here, even if there is no other EXIF: the format has no better place.
    """
    exif = exif_of(metadata, srgb)
    if metadata.dpi and (len(exif) or with_dpi):
        exif[_X_RESOLUTION], exif[_Y_RESOLUTION] = metadata.dpi
        exif[_UNIT] = 2  # inches
    return exif.tobytes() if len(exif) else b""


def exif_of(metadata: Metadata, srgb: bool) -> Image.Exif:
    """The EXIF as tags."""
    exif = Image.Exif()
    if metadata.exif:
        exif.load(metadata.exif)
        for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
            if directory in exif:
                tags = exif.get_ifd(directory)
                if srgb and _COLOUR_SPACE in tags:
                    tags[_COLOUR_SPACE] = 1
                exif[directory] = tags
    return exif


def _read_exif(image: Image.Image, size: tuple[int, int]) -> bytes:
    try:
        return _clean(image.getexif(), size)
    except Exception:  # whatever Pillow trips over: damaged EXIF is no reason to refuse a picture
        return b""


def _clean(found: Image.Exif, size: tuple[int, int]) -> bytes:
    kept = Image.Exif()
    for tag, value in found.items():
        if tag in _DESCRIBING or (tag > 700 and tag not in _LEFT_OUT):
            kept[tag] = value
    for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        if tags := dict(found.get_ifd(directory)):
            if ExifTags.IFD.Interop in tags:
                tags[ExifTags.IFD.Interop] = dict(found.get_ifd(ExifTags.IFD.Interop))
            for tag, side in ((_WIDTH, size[0]), (_HEIGHT, size[1])):
                if tag in tags:
                    tags[tag] = side
            kept[directory] = tags
    if not len(kept):
        return b""
    kept[ORIENTATION] = 1
    return kept.tobytes()


def _read_xmp(image: Image.Image) -> bytes:
    found: Any = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    xmp = found.encode() if isinstance(found, str) else bytes(found)
    for name in _THUMBNAILS:
        xmp = _without(xmp, name)
    return _XMP_TURN.sub(rb"\g<1>1", xmp)


def _without(xmp: bytes, name: bytes) -> bytes:
    """The packet without the elements of a name. A lazy pattern would search to the end for each that is not closed."""
    opening, closing = b"<" + name, b"</" + name + b">"
    kept, rest = [], 0
    while (start := xmp.find(opening, rest)) >= 0 and (end := xmp.find(closing, start)) >= 0:
        kept.append(xmp[rest:start])
        rest = end + len(closing)
    return b"".join((*kept, xmp[rest:]))


def _read_dpi(image: Image.Image) -> tuple[float, float] | None:
    """Pixels per inch, of which Pillow makes up 72 for a JPEG with EXIF that has none, and 1 for a TIFF."""
    try:
        stated = image.info.get("dpi")
        exif = image.getexif()
        said = (exif[_X_RESOLUTION], exif[_Y_RESOLUTION]) if _X_RESOLUTION in exif and _Y_RESOLUTION in exif else None
        if isinstance(image, JpegImagePlugin.JpegImageFile) and image.info.get("jfif_unit", 0) == 0 and said is None:
            return None
        if isinstance(image, TiffImagePlugin.TiffImageFile) and said is None:
            return None
        if stated is None and said and exif.get(_UNIT, 2) in (2, 3):
            stated = [float(each) * (2.54 if exif.get(_UNIT) == 3 else 1) for each in said]
        across, down = (float(each) for each in stated or ())
    except Exception:  # as above
        return None
    return (across, down) if all(math.isfinite(each) and 1 <= each <= _MAX_DPI for each in (across, down)) else None
