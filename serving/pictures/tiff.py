"""TIFF of 8 or 16 bits, in deflated strips; directories are Pillow's, which nests EXIF, while tifffile does not.

data = encode_tiff(picture)
"""

from __future__ import annotations

import zlib
from io import BytesIO

import numpy as np
from PIL import ExifTags, TiffImagePlugin

from serving.pictures.metadata import exif_of
from serving.pictures.picture import Picture, bands, with_alpha
from serving.pictures.profile import srgb_profile
from serving.pictures.turning import ORIENTATION

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_PLACES, _CHANNELS, _ROWS, _STRIP_BYTES = 273, 277, 278, 279
_ACROSS, _DOWN, _UNIT, _PREDICTOR, _EXTRA, _XMP, _ICC = 282, 283, 296, 317, 338, 700, 34675
_DEFLATE, _RGB, _INCH, _DIFFERENCES, _ALPHA = 8, 2, 2, 2, 2


def encode_tiff(picture: Picture) -> bytes:
    """Pixels uint8 or uint16, with alpha if there is any -> a TIFF with all that belongs to the picture."""
    strips = [_strip(picture, rows) for rows in bands(picture.rgb)]
    sizes = [len(each) for each in strips]
    channels = 3 if picture.alpha is None else 4
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    exif = exif_of(picture.metadata, picture.profile is None)
    for tag in exif:
        directory[tag] = exif.get_ifd(tag) if tag in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo) else exif[tag]
    directory[ORIENTATION] = 1
    directory[_WIDTH], directory[_HEIGHT] = picture.width, picture.height
    directory[_BITS] = (8 * picture.rgb.itemsize,) * channels
    directory[_COMPRESSION], directory[_PHOTOMETRIC], directory[_PREDICTOR] = _DEFLATE, _RGB, _DIFFERENCES
    directory[_CHANNELS], directory[_ROWS] = channels, next(bands(picture.rgb)).stop
    if picture.alpha is not None:
        directory[_EXTRA] = _ALPHA
    if picture.metadata.dpi:
        directory[_ACROSS], directory[_DOWN] = picture.metadata.dpi
        directory[_UNIT] = _INCH
    if picture.metadata.xmp:
        directory.tagtype[_XMP] = 1  # bytes
        directory[_XMP] = picture.metadata.xmp
    directory.tagtype[_ICC] = 7  # undefined
    directory[_ICC] = picture.profile or srgb_profile()
    directory.tagtype[_STRIP_PLACES] = directory.tagtype[_STRIP_BYTES] = 4  # long
    directory[_STRIP_BYTES] = tuple(sizes)
    # counted from the end of the directory, which adds its own length
    directory[_STRIP_PLACES] = tuple(sum(sizes[:number]) for number in range(len(sizes)))
    stream = BytesIO()
    directory.save(stream)
    for strip in strips:
        stream.write(strip)
    return stream.getvalue()


def _strip(picture: Picture, rows: slice) -> bytes:
    samples = with_alpha(picture, rows)
    differences = samples.copy()
    differences[:, 1:] -= samples[:, :-1]
    return zlib.compress(np.ascontiguousarray(differences.astype(differences.dtype.newbyteorder("<"))).data, 1)
