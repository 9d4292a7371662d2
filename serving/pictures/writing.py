"""Pixels -> a file: PNG, JPEG, WebP or TIFF, with the colour profile, EXIF, XMP and resolution that the picture has.

    data = encode_picture(picture, "jpeg", quality=85, keep_metadata=False)

PNG and TIFF keep 16 bits and alpha, WebP alpha; JPEG has neither and lays the picture on white. A picture that was
coloured says that its colours are a model's.
"""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from serving.errors import OptionError
from serving.pictures.deep_png import encode_deep_png
from serving.pictures.metadata import NO_METADATA, exif_to_write
from serving.pictures.picture import Picture, eight_bit, on_white
from serving.pictures.profile import srgb_profile, to_profile
from serving.pictures.synthetic import mark_synthetic
from serving.pictures.tiff import encode_tiff

FORMATS = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "tiff": "image/tiff"}  # and media types
ENDINGS = {"png": ".png", "jpeg": ".jpg", "webp": ".webp", "tiff": ".tif"}  # of file names
QUALITY = 92  # of JPEG, where the loss is hard to see
_WEBP_SIDE = 16_383


def encode_picture(
    picture: Picture, format: str = "png", quality: int = QUALITY, *, keep_metadata: bool = True
) -> bytes:
    """Pixels -> a file.

    Args:
        picture: sRGB, as `read_picture` and the client give it; it is turned back into its `profile` if it has one.
        format: png, jpeg, webp or tiff.
        quality: 1..100, of JPEG and WebP.
        keep_metadata: False leaves out EXIF, XMP and resolution, and so where and when a photograph was taken and
            with which camera. The colour profile stays: without it the colours would be others; so does the mark of
            `serving.pictures.synthetic`.

    Raises:
        OptionError: another format, a quality out of range, or a picture too large for WebP.
    """
    check_encoding(format, quality)
    if format == "webp" and max(picture.width, picture.height) > _WEBP_SIDE:
        raise OptionError(
            f"A WebP has at most {_WEBP_SIDE} pixels a side; the picture has {picture.width} x {picture.height}.",
            "Choose another format.",
        )
    if not keep_metadata:
        picture = replace(picture, metadata=NO_METADATA)
    if picture.task:
        said = picture.metadata
        picture = replace(picture, metadata=replace(said, xmp=mark_synthetic(said.xmp)))
    if format == "jpeg":
        picture = on_white(picture)
    if format in ("jpeg", "webp"):
        picture = _in_eight_bits(picture)
    rgb, profile = to_profile(picture.rgb, picture.profile)
    # the picture that came is not held while the file is made
    picture = replace(picture, rgb=rgb, profile=profile)
    if picture.alpha is not None and picture.alpha.dtype != rgb.dtype:
        picture = _in_eight_bits(picture)
    if format == "tiff":
        return encode_tiff(picture)
    if format == "png":
        return encode_deep_png(picture) if rgb.dtype == np.uint16 else _png(picture)
    return _lossy(picture, format, quality)


def check_encoding(format: str, quality: int) -> None:
    """Whether `encode_picture` knows the format and the quality.

    Raises:
        OptionError: it does not.
    """
    if format not in FORMATS:
        *first, last = FORMATS
        raise OptionError(
            f"The format must be {', '.join(first)} or {last}; received {format!r}.", "Leave it out for PNG."
        )
    if not 1 <= quality <= 100:
        raise OptionError(f"The quality must be from 1 to 100; received {quality}.", f"Leave it out for {QUALITY}.")


def _in_eight_bits(picture: Picture) -> Picture:
    alpha = None if picture.alpha is None else eight_bit(picture.alpha)
    return replace(picture, rgb=eight_bit(picture.rgb), alpha=alpha)


def _image(picture: Picture) -> Image.Image:
    image = Image.fromarray(picture.rgb)
    if picture.alpha is not None:
        image.putalpha(Image.fromarray(picture.alpha))
    return image


def _png(picture: Picture) -> bytes:
    info = PngImagePlugin.PngInfo()
    options: dict[str, Any] = {}
    if picture.profile:
        options["icc_profile"] = picture.profile
    else:
        info.add(b"sRGB", b"\0")  # perceptual
    if picture.metadata.xmp:
        info.add_itxt("XML:com.adobe.xmp", picture.metadata.xmp.decode(errors="replace"))
    if picture.metadata.dpi:
        options["dpi"] = picture.metadata.dpi
    exif = exif_to_write(picture.metadata, picture.profile is None)
    stream = BytesIO()
    # level 1: a third of the default's time, a tenth more bytes
    _image(picture).save(stream, "PNG", compress_level=1, pnginfo=info, exif=exif or None, **options)
    return stream.getvalue()


def _lossy(picture: Picture, format: str, quality: int) -> bytes:
    # no chroma subsampling: the colours are what was asked for
    options: dict[str, Any] = {"subsampling": 0} if format == "jpeg" else {"method": 2}
    options["icc_profile"] = picture.profile or srgb_profile()
    if exif := exif_to_write(picture.metadata, picture.profile is None, with_dpi=format == "webp"):
        options["exif"] = exif
    if picture.metadata.xmp:
        options["xmp"] = picture.metadata.xmp
    if picture.metadata.dpi and format == "jpeg":
        options["dpi"] = tuple(round(each) for each in picture.metadata.dpi)
    stream = BytesIO()
    _image(picture).save(stream, format.upper(), quality=quality, **options)
    return stream.getvalue()
