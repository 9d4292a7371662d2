"""Colour profiles: pixels to sRGB, which the model and the tasks know, and back.

    rgb, profile, notes = to_srgb(rgb, icc)
    rgb, icc = to_profile(rgb, profile)

Curves and matrices are computed in `icc`; tables (printers', scanners', CMYK) are LittleCMS's, in 8 bits. A damaged
profile is ignored, with a warning in the log and a note: the pixels are then taken for sRGB, as without any.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

from serving.pictures import icc
from serving.pictures.picture import bands, eight_bit

MAX_PROFILE = 4 * 2**20  # bytes: printers' have 2 MB
_LOG = logging.getLogger(__name__)
_DAMAGED = "The colour profile is damaged or fits no such picture, and is ignored."


class _Unusable(Exception):
    """There is no way from the profile to sRGB."""


@lru_cache(maxsize=1)
def srgb_profile() -> bytes:
    """An ICC profile of sRGB, the same bytes each time."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[24:36] = bytes([7, 207, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0])  # LittleCMS writes today's date: 1 January 1999
    made[84:100] = bytes(16)  # and a checksum of it
    return bytes(made)


def to_srgb(rgb: np.ndarray, profile: bytes | None, grey: bool) -> tuple[np.ndarray, bytes | None, tuple[str, ...]]:
    """Pixels [H, W, 3] that a file's profile explains -> those of sRGB, the profile to write again, and notes.

    Args:
        rgb: uint8 or uint16.
        profile: the file's; None if it has none.
        grey: the file has one channel, of which the pixels are copies.
    """
    if not profile:
        return rgb, None, ()
    try:
        kind, space, is_srgb = _space(profile)
        if kind == "GRAY" and grey and space:
            return icc.convert(rgb, space, icc.SRGB), None, ()
        if kind != "RGB":
            raise _Unusable
        if space is None:
            notes = ("Its colour profile has tables, so 8 of its 16 bits are used.",) if rgb.dtype != np.uint8 else ()
            converted = _littlecms(Image.fromarray(eight_bit(rgb)), profile, srgb_profile())
            return converted, profile if _has_way_back(profile) else None, notes
        return rgb if is_srgb else icc.convert(rgb, space, icc.SRGB), profile, ()
    except (_Unusable, ValueError):
        return rgb, None, (_warn(),)


def cmyk_to_srgb(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """A picture of mode CMYK -> one of mode RGB, by its profile if it has a good one, and notes."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image.convert("RGB"), ()
    try:
        if len(profile) > MAX_PROFILE or icc.kind_of(profile) != "CMYK":
            raise _Unusable
        return Image.fromarray(_littlecms(image, profile, srgb_profile())), ()
    except (_Unusable, ValueError):
        return image.convert("RGB"), (_warn(),)


def to_profile(rgb: np.ndarray, profile: bytes | None) -> tuple[np.ndarray, bytes | None]:
    """SRGB pixels uint8 or uint16 [H, W, 3] and what `to_srgb` gave -> the profile's pixels and itself.

    Without one, or if it fails after all, sRGB and None.
    """
    if not profile:
        return rgb, None
    try:
        _, space, is_srgb = _space(profile)
        if space is None:
            return _littlecms(Image.fromarray(eight_bit(rgb)), srgb_profile(), profile), profile
        return rgb if is_srgb else icc.convert(rgb, icc.SRGB, space), profile
    except (_Unusable, ValueError):
        _warn()
        return rgb, None


def _warn() -> str:
    _LOG.warning(_DAMAGED)
    return _DAMAGED


@lru_cache(maxsize=8)  # a folder of scans has the same profile again and again
def _parsed(profile: bytes) -> tuple[str, icc.Space | None, bool]:
    space = icc.parse(profile)
    return icc.kind_of(profile), space, space is not None and icc.is_same(space, icc.SRGB)


def _space(profile: bytes) -> tuple[str, icc.Space | None, bool]:
    """Its kind, its numbers, and whether it is sRGB."""
    if len(profile) > MAX_PROFILE:
        raise _Unusable
    return _parsed(profile)


def _littlecms(image: Image.Image, source: bytes, target: bytes) -> np.ndarray:
    """In strips: a profile's way is the same for every pixel, and the whole would be held twice."""
    try:
        way = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(BytesIO(source)),
            ImageCms.ImageCmsProfile(BytesIO(target)),
            image.mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        converted = np.empty((image.height, image.width, 3), np.uint8)
        for rows in bands(converted):
            strip = image.crop((0, rows.start, image.width, rows.stop))
            converted[rows] = np.asarray(way.apply(strip))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        raise _Unusable from error
    return converted


def _has_way_back(profile: bytes) -> bool:
    try:
        _littlecms(Image.new("RGB", (1, 1)), srgb_profile(), profile)
    except _Unusable:
        return False
    return True
