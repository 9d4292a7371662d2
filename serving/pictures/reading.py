"""Bytes, or a PIL image, -> pixels; what is refused is refused by its header, before anything is decoded.

    picture = read_picture(read_file("old.jpg"))

CMYK, palettes and 1-bit samples become RGB; 16 bits stay 16 bits; an alpha channel is kept beside the colours.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import (
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from serving.errors import (
    BrokenPicture,
    EmptyPicture,
    PictureTooLarge,
    UnreadablePicture,
    UnsupportedPicture,
)
from serving.pictures.depth import Opener, is_deep, read_colours, read_grey
from serving.pictures.directories import check_directories
from serving.pictures.metadata import Metadata, guard_exif, read_metadata
from serving.pictures.picture import Picture, eight_bit
from serving.pictures.profile import cmyk_to_srgb, to_srgb
from serving.pictures.turning import is_sideways, orientation, turn

MAX_PIXELS = 100_000_000
MAX_SIDE = 65_535  # what JPEG can hold; also keeps a picture one pixel wide and a hundred million high out
MAX_FILE_BYTES = 2**30  # 100 megapixels of uncompressed 16-bit RGB take 600 MB

# The plugins themselves and not Image.open: its guard against giant pictures is a process-wide setting and a
# warning, neither of which a library should touch. `check_size` below guards instead.
_READERS: list[tuple[str, bytes, type[ImageFile.ImageFile]]] = [
    ("JPEG", b"\xff\xd8\xff", JpegImagePlugin.JpegImageFile),
    ("PNG", b"\x89PNG\r\n\x1a\n", PngImagePlugin.PngImageFile),
    ("WebP", b"RIFF", WebPImagePlugin.WebPImageFile),
    ("TIFF", b"II*\0", TiffImagePlugin.TiffImageFile),
    ("TIFF", b"MM\0*", TiffImagePlugin.TiffImageFile),
    ("GIF", b"GIF8", GifImagePlugin.GifImageFile),
]
# What people send by mistake, by a piece of its first bytes.
_STRANGERS = [
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<svg", "an SVG drawing"),
    (b"ftyphei", "a HEIC picture"),
    (b"ftypavif", "an AVIF picture"),
    (b"%pdf", "a PDF document"),
]

_GREYS = ("1", "L", "LA", "La", "I;16", "I;16B", "I;16L", "I;16N")


def read_file(path: str | Path) -> bytes:
    """The bytes of a file.

    Raises:
        UnreadablePicture: there is no such file, it is a folder, or reading is not allowed.
        PictureTooLarge: it has more than 1 GiB.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadablePicture(f"The file cannot be read: {reason}.", "Give the path of a picture file.") from error
    if len(data) > MAX_FILE_BYTES:
        raise PictureTooLarge("The file has more than 1 GiB; expected a picture of at most that.", "Scale it down.")
    return data


def read_picture(data: bytes, max_pixels: int = MAX_PIXELS) -> Picture:
    """Compressed bytes -> pixels, sRGB.

    A picture of 16 bits a sample counts double: one of more than half of `max_pixels` becomes 8 bits, with a note.

    Raises:
        EmptyPicture: no bytes.
        UnsupportedPicture: none of the formats above, or 32-bit or floating-point samples.
        PictureTooLarge: more than `max_pixels`, or a side of more than 65535; known before decoding. Or text and
            profiles that unpack to more than a picture needs.
        BrokenPicture: cut short or damaged.
    """
    name, reader = _find_reader(data)
    with _explained(name), _open(reader, data) as image:
        check_size(name, image.size, max_pixels)
        return _decode(name, image, _notes(name, image), max_pixels, partial(_open, reader, data))


def read_image(image: Image.Image, max_pixels: int = MAX_PIXELS) -> Picture:
    """A PIL image, loaded or not, of which nothing is changed -> pixels; of an animation the frame it stands at.

    Pillow holds 16 bits of grey only: a file of colours with 16 bits keeps them if it is read by `read_picture`.

    Raises as `read_picture` does.
    """
    name = f"{image.format or 'PIL'} image"
    with _explained(name):
        check_size(name, image.size, max_pixels)
        return _decode(name, image, (), max_pixels, None)


def check_header(data: bytes, max_pixels: int = MAX_PIXELS) -> None:
    """Returns if the format and the size, as the header claims them, are such that `read_picture` would go on.

    Raises as `read_picture` does.
    """
    name, reader = _find_reader(data)
    with _explained(name), _open(reader, data) as image:
        check_size(name, image.size, max_pixels)


def _open(reader: type[ImageFile.ImageFile], data: bytes) -> ImageFile.ImageFile:
    if reader is TiffImagePlugin.TiffImageFile:
        check_directories(data)
    image = reader(BytesIO(data))
    guard_exif(image)
    return image


@contextlib.contextmanager
def _explained(name: str) -> Iterator[None]:
    """What Pillow raises becomes an error of ours."""
    try:
        yield
    except (PictureTooLarge, UnsupportedPicture, MemoryError):
        raise
    except ValueError as error:
        if "Decompressed data too large" not in str(error) and "Too much memory used" not in str(error):
            raise _broken(name) from error
        raise PictureTooLarge(
            f"The {name}'s text or colour profile unpacks to more than 1 MB.", "Save it without metadata."
        ) from None
    except Image.DecompressionBombError:
        raise PictureTooLarge(
            f"The {name}'s header claims a giant picture.", "Scale it down before sending it."
        ) from None
    except Exception as error:  # on damaged data Pillow's decoders raise whatever they trip over
        raise _broken(name) from error


def _broken(name: str) -> BrokenPicture:
    return BrokenPicture(
        f"The {name} is cut short or damaged; expected a whole picture.",
        "Copy or download it again, or open it in a picture editor and save it anew.",
    )


def _decode(name: str, image: Image.Image, notes: tuple[str, ...], max_pixels: int, opener: Opener | None) -> Picture:
    deep, grey = is_deep(image), image.mode in _GREYS
    if deep and 2 * image.width * image.height > max_pixels:
        deep, notes = (
            False,
            (*notes, f"It has more than {max_pixels / 2e6:g} megapixels, so 8 of its 16 bits are used."),
        )
    # a TIFF's directories are read from its file, which is closed once it is decoded
    known = _about(image) if isinstance(image, TiffImagePlugin.TiffImageFile) else None
    samples, said = _samples(name, image, deep, opener)
    if opener:
        guard_exif(image)  # a PNG may have it behind the pixels
    turned, metadata, left_out = known or _about(image)
    samples = turn(samples, turned)
    alpha = np.ascontiguousarray(samples[..., -1]) if samples.shape[-1] in (2, 4) else None
    rgb = _three(samples)
    del samples
    profile = None if image.mode == "CMYK" else image.info.get("icc_profile")
    rgb, kept, warned = to_srgb(rgb, profile, grey)
    if alpha is not None and alpha.dtype != rgb.dtype:
        alpha = eight_bit(alpha)
    return Picture(rgb, alpha, (*notes, *said, *left_out, *warned), "", kept, metadata)


def _about(image: Image.Image) -> tuple[int, Metadata, tuple[str, ...]]:
    """How it has to be turned, what is said of it, and notes."""
    turned = orientation(image)
    sideways = is_sideways(turned)
    if isinstance(image, TiffImagePlugin.TiffImageFile):  # Pillow turns it while it decodes, but not its resolution
        return 1, *read_metadata(image, image.size, sideways)
    size = (image.height, image.width) if sideways else image.size
    return turned, *read_metadata(image, size, sideways)


def _three(samples: np.ndarray) -> np.ndarray:
    """Samples [H, W, 1 to 4] -> the colours among them [H, W, 3]."""
    if samples.shape[-1] < 3:
        return np.repeat(samples[..., :1], 3, axis=-1)
    return np.ascontiguousarray(samples[..., :3])


def _samples(name: str, image: Image.Image, deep: bool, opener: Opener | None) -> tuple[np.ndarray, tuple[str, ...]]:
    """Decodes into uint8 or uint16 [H, W, 1 to 4], alpha last, and notes."""
    if image.mode in ("I", "F"):
        raise UnsupportedPicture(
            f"The {name} has 32-bit or floating-point samples; expected 8 or 16 bits.",
            "Save it with 8 or 16 bits.",
        )
    if image.mode.startswith("I;16"):
        # the upper 8 of 16 bits, as TensorFlow's decoder takes them; Pillow's own conversion clips at 255
        samples = read_grey(image)
        return (samples if deep else (samples >> 8).astype(np.uint8)), ()
    if deep and opener:
        return read_colours(opener), ()
    image.load()
    if image.mode == "CMYK":
        converted, notes = cmyk_to_srgb(image)
        return np.asarray(converted), notes
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode == "La":  # premultiplied grey has no direct way to RGBA
        return np.asarray(image.convert("LA").convert(mode)), ()
    return np.asarray(image if image.mode == mode else image.convert(mode)), ()


def _find_reader(data: bytes) -> tuple[str, type[ImageFile.ImageFile]]:
    if not data:
        raise EmptyPicture("The picture has no bytes.", "Send the content of a picture file.")
    for name, magic, reader in _READERS:
        if data.startswith(magic) and (name != "WebP" or data[8:12] == b"WEBP"):
            return name, reader
    head = data[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    received = next((what for piece, what in _STRANGERS if piece in head[:100]), f"bytes that begin with {data[:8]!r}")
    raise UnsupportedPicture(
        f"Expected a JPEG, PNG, WebP, TIFF or GIF; received {received}.",
        "The name of a file does not count, only its content: save the picture in one of these formats.",
    )


def check_size(name: str, size: tuple[int, int], max_pixels: int) -> None:
    """Returns if width and height are such that a picture may have. Raises PictureTooLarge if not."""
    width, height = size
    if width * height > max_pixels or max(size) > MAX_SIDE:
        raise PictureTooLarge(
            f"The {name} has {width} x {height} pixels ({width * height / 1e6:.1f} megapixels); expected at "
            f"most {max_pixels / 1e6:g} megapixels and {MAX_SIDE} pixels a side.",
            "Scale it down before sending it.",
        )


def _notes(name: str, image: ImageFile.ImageFile) -> tuple[str, ...]:
    if not getattr(image, "is_animated", False):
        return ()
    return (f"Only the first {'page' if name == 'TIFF' else 'frame'} of the {name} is coloured.",)
