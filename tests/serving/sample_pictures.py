"""Pictures made in code: `GOOD` ones that show one scene in every format, and `BAD` ones with the error each deserves.

python -m pytest tests/serving
"""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 60, 90


def scene(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Grey uint8 [height, width]: a slope with a few edges and some grain, all levels below 226."""
    rows, columns = np.mgrid[:height, :width]
    slope = 40 + 120 * rows / height + 40 * (columns > width // 2)
    return (slope + np.random.default_rng(0).normal(0, 4, slope.shape)).clip(0, 225).astype(np.uint8)


def encode(image: Image.Image, format: str, **options: Any) -> bytes:
    stream = BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def png_chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def png(width: int, height: int, bits: int, colour_type: int, rows: bytes) -> bytes:
    """A PNG by hand, for what Pillow does not write; `rows` as in the file, each led by its filter byte."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    return b"".join([
        b"\x89PNG\r\n\x1a\n",
        png_chunk(b"IHDR", header),
        png_chunk(b"IDAT", zlib.compress(rows)),
        png_chunk(b"IEND", b""),
    ])  # fmt: skip


def png_16_bit(samples: np.ndarray) -> bytes:
    """uint16 [H, W] or [H, W, 3] -> a 16-bit PNG."""
    height, width = samples.shape[:2]
    rows = samples.reshape(height, -1).astype(">u2").view(np.uint8)
    return png(width, height, 16, 0 if samples.ndim == 2 else 2, np.pad(rows, ((0, 0), (1, 0))).tobytes())


def as_pillow_reads(samples: np.ndarray) -> np.ndarray:
    """The upper 8 of 16 bits, which is what Pillow shows of a file of colours; 8 bits as they are."""
    return (samples >> 8).astype(np.uint8) if samples.dtype == np.uint16 else samples


def with_orientation(image: Image.Image, orientation: int, format: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encode(image, format, exif=exif, quality=100)


GREY = scene()
IMAGE = Image.fromarray(GREY)
RGB = IMAGE.convert("RGB")
ALPHA = np.tile(np.linspace(0, 255, WIDTH).astype(np.uint8), (HEIGHT, 1))
RGBA = np.dstack([GREY, GREY, GREY, ALPHA])

# Usable pictures: name -> bytes. All show the scene, upright, 90x60, but for `pixel`.
GOOD = {
    "grey.jpg": encode(IMAGE, "JPEG", quality=100),
    "cmyk.jpg": encode(RGB.convert("CMYK"), "JPEG", quality=100),
    "turned.jpg": with_orientation(IMAGE.transpose(Image.Transpose.ROTATE_90), 6, "JPEG"),
    "grey.png": encode(IMAGE, "PNG"),
    "rgb.png": encode(RGB, "PNG"),
    "rgba.png": encode(Image.fromarray(RGBA), "PNG"),
    "la.png": encode(Image.fromarray(RGBA).convert("LA"), "PNG"),
    "palette.png": encode(IMAGE.convert("P"), "PNG"),
    "grey16.png": png_16_bit(GREY.astype(np.uint16) * 257),
    "rgb16.png": png_16_bit(np.dstack([GREY] * 3).astype(np.uint16) * 257),
    "turned.png": with_orientation(IMAGE.transpose(Image.Transpose.ROTATE_180), 3, "PNG"),
    "grey16.tif": encode(Image.fromarray(GREY.astype(np.uint16) * 257), "TIFF"),
    "negative16.tif": encode(Image.fromarray((255 - GREY).astype(np.uint16) * 257), "TIFF", tiffinfo={262: 0}),
    "rgb.tif": encode(RGB, "TIFF", compression="tiff_lzw"),
    "turned.tif": encode(IMAGE.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "TIFF", tiffinfo={274: 2}),
    "pages.tif": encode(IMAGE, "TIFF", save_all=True, append_images=[Image.new("L", (5, 5))]),
    "lossless.webp": encode(RGB, "WEBP", lossless=True),
    "still.gif": encode(IMAGE, "GIF"),
    "animated.gif": encode(IMAGE, "GIF", save_all=True, append_images=[IMAGE.point(lambda v: 255 - v)]),
    "animated.webp": encode(RGB, "WEBP", lossless=True, save_all=True, append_images=[Image.new("RGB", IMAGE.size)]),
    "pixel.png": encode(Image.new("L", (1, 1), 100), "PNG"),
}
JPEG = GOOD["grey.jpg"]
# Unusable ones: name -> (bytes, the error's code, the gateway's status).
BAD = {
    "empty.jpg": (b"", "empty", 400),
    "truncated.jpg": (JPEG[: len(JPEG) // 2], "broken", 400),
    "header_only.jpg": (JPEG[:4], "broken", 400),
    "truncated.png": (GOOD["rgb.png"][:-300], "broken", 400),
    "truncated.webp": (GOOD["lossless.webp"][:-100], "broken", 400),
    "truncated.tif": (GOOD["rgb.tif"][:200], "broken", 400),
    "truncated.gif": (GOOD["still.gif"][:200], "broken", 400),
    "no_width.png": (png(0, 10, 8, 0, bytes(10)), "broken", 400),
    "page.jpg": (b"\n<!DOCTYPE html><html><body>404</body></html>", "unsupported", 415),
    "drawing.png": (b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', "unsupported", 415),
    "windows.bmp": (encode(IMAGE, "BMP"), "unsupported", 415),
    "phone.jpg": (b"\0\0\0\x24ftypheic" + bytes(40), "unsupported", 415),
    "float.tif": (encode(Image.fromarray(GREY / np.float32(255)), "TIFF"), "unsupported", 415),
    "giant.png": (png(20_000, 20_000, 8, 0, bytes(10_000)), "too-large", 413),
    "tall.png": (png(1, 70_000, 8, 0, bytes(140_000)), "too-large", 413),
    "giant.webp": (encode(Image.new("L", (16_000, 1)), "WEBP", lossless=True), "too-large", 413),
}
# Pillow cannot write it without holding it: the height in a lossless WebP's header, 14 bits from bit 14 on.
_webp = bytearray(BAD["giant.webp"][0])
_sides = int.from_bytes(_webp[21:25], "little") | (15_999 << 14)
_webp[21:25] = _sides.to_bytes(4, "little")
BAD["giant.webp"] = (bytes(_webp), "too-large", 413)
