"""PNG of 16 bits a sample, which Pillow does not write of colours; zlib and numpy do, so no package is needed for it.

data = encode_deep_png(picture)       # of uint16
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np

from serving.pictures.metadata import exif_to_write
from serving.pictures.picture import Picture, bands, with_alpha

_INCH = 0.0254  # metres
_UP = 2  # the filter: what is left is the difference to the row above
_LEVEL = 1  # as of PNG of 8 bits


def encode_deep_png(picture: Picture) -> bytes:
    """Pixels uint16, with alpha if there is any -> a PNG with all that belongs to the picture."""
    colour_type = 2 if picture.alpha is None else 6
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 16, colour_type, 0, 0, 0)
    chunks = [b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", header)]
    if picture.profile:
        chunks.append(_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(picture.profile)))
    else:
        chunks.append(_chunk(b"sRGB", b"\0"))  # perceptual
    if picture.metadata.dpi:
        across, down = (round(each / _INCH) for each in picture.metadata.dpi)
        chunks.append(_chunk(b"pHYs", struct.pack(">IIB", across, down, 1)))
    if exif := exif_to_write(picture.metadata, picture.profile is None):
        chunks.append(_chunk(b"eXIf", exif.removeprefix(b"Exif\0\0")))
    if picture.metadata.xmp:
        chunks.append(_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + picture.metadata.xmp))
    chunks += (_chunk(b"IDAT", each) for each in _packed(picture))
    return b"".join([*chunks, _chunk(b"IEND", b"")])


def _packed(picture: Picture) -> Iterator[bytes]:
    packer = zlib.compressobj(_LEVEL)
    above: np.ndarray | None = None
    for rows in bands(picture.rgb):
        samples = with_alpha(picture, rows)
        row_bytes = samples.astype(">u2").reshape(len(samples), -1).view(np.uint8)
        before = np.zeros_like(row_bytes[:1]) if above is None else above
        filtered = np.empty((len(row_bytes), 1 + row_bytes.shape[1]), np.uint8)
        filtered[:, 0] = _UP
        np.subtract(row_bytes, np.concatenate([before, row_bytes[:-1]]), out=filtered[:, 1:])
        above = row_bytes[-1:]
        if piece := packer.compress(filtered.data):
            yield piece
    yield packer.flush()


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(kind)))
