"""Picture bytes from strangers -> upright 8-bit RGB, and back to PNG or JPEG.

    picture = read_picture(read_file("old.jpg"))
    Path("copy.png").write_bytes(encode_picture(picture, "png"))

Read: JPEG, PNG, WebP, TIFF and GIF; of an animation or a TIFF of several pages the first picture, with a
note. The format and the size come from the header, before anything is decoded. EXIF orientation is applied;
CMYK, palettes, 1-bit and 16-bit samples become 8-bit RGB (the upper 8 of 16 bits, as TensorFlow's decoder
takes them). An alpha channel is kept beside the colours: PNG carries it on, JPEG, which cannot, lays the
picture on white. Metadata is not copied.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
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
    OptionError,
    PictureTooLarge,
    UnreadablePicture,
    UnsupportedPicture,
)

MAX_PIXELS = 100_000_000
MAX_SIDE = 65_535  # what JPEG can hold; also keeps a picture one pixel wide and a hundred million high out
MAX_FILE_BYTES = 2**30  # 100 megapixels of uncompressed 16-bit RGB take 600 MB

FORMATS = {"png": "image/png", "jpeg": "image/jpeg"}  # what comes out, and its media type
QUALITY = 92  # of JPEG, where the loss is hard to see

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

_ORIENTATION = 0x0112  # EXIF: how the camera was held, 1 is upright
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BITS_PER_SAMPLE, _PHOTOMETRIC = 258, 262  # TIFF tags


@dataclass(frozen=True)
class Picture:
    """Upright pixels.

    `rgb` is uint8 [H, W, 3], `alpha` uint8 [H, W] or None; `notes` says what was left out on reading, `task` what the
    picture was coloured as, photo or sketch.
    """

    rgb: np.ndarray
    alpha: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    task: str = ""

    @property
    def width(self) -> int:
        """Pixels in a row."""
        return self.rgb.shape[1]

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.rgb.shape[0]


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
    """Compressed bytes -> pixels.

    Raises:
        EmptyPicture: no bytes.
        UnsupportedPicture: none of the formats above, or 32-bit or floating-point samples.
        PictureTooLarge: more than `max_pixels`, or a side of more than 65535; known before decoding.
        BrokenPicture: cut short or damaged.
    """
    name, reader = _find_reader(data)
    with _explained(name), reader(BytesIO(data)) as image:
        check_size(name, image.size, max_pixels)
        return _decode(name, image, _notes(name, image))


def read_image(image: Image.Image, max_pixels: int = MAX_PIXELS) -> Picture:
    """A PIL image, loaded or not, of which nothing is changed -> pixels; of an animation the frame it stands at.

    Raises as `read_picture` does.
    """
    name = f"{image.format or 'PIL'} image"
    with _explained(name):
        check_size(name, image.size, max_pixels)
        return _decode(name, image, ())


def check_header(data: bytes, max_pixels: int = MAX_PIXELS) -> None:
    """Returns if the format and the size, as the header claims them, are such that `read_picture` would go on.

    Raises as `read_picture` does.
    """
    name, reader = _find_reader(data)
    with _explained(name), reader(BytesIO(data)) as image:
        check_size(name, image.size, max_pixels)


@contextlib.contextmanager
def _explained(name: str) -> Iterator[None]:
    """What Pillow raises becomes an error of ours."""
    try:
        yield
    except (PictureTooLarge, UnsupportedPicture, MemoryError):
        raise
    except Image.DecompressionBombError:
        raise PictureTooLarge(
            f"The {name}'s header claims a giant picture.", "Scale it down before sending it."
        ) from None
    except Exception as error:  # on damaged data Pillow's decoders raise whatever they trip over
        raise BrokenPicture(
            f"The {name} is cut short or damaged; expected a whole picture.",
            "Copy or download it again, or open it in a picture editor and save it anew.",
        ) from error


def _decode(name: str, image: Image.Image, notes: tuple[str, ...]) -> Picture:
    upright = _turn(_to_eight_bit(name, image), image)
    pixels = np.asarray(upright)
    if upright.mode == "RGBA":
        return Picture(np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3]), notes)
    return Picture(pixels, None, notes)


def on_white(picture: Picture) -> Picture:
    """As it looks on white paper: no alpha."""
    if picture.alpha is None:
        return picture
    white = Image.new("RGB", (picture.width, picture.height), "white")
    white.paste(Image.fromarray(picture.rgb), mask=Image.fromarray(picture.alpha))
    return Picture(np.asarray(white), None, picture.notes)


def encode_picture(picture: Picture, format: str = "png", quality: int = QUALITY) -> bytes:
    """Pixels -> PNG, with alpha if there is any, or JPEG of `quality` 1..100, then laid on white.

    Raises:
        OptionError: another format, or a quality out of range.
    """
    check_encoding(format, quality)
    stream = BytesIO()
    if format == "png":
        image = Image.fromarray(picture.rgb)
        if picture.alpha is not None:
            image.putalpha(Image.fromarray(picture.alpha))
        # level 1: a third of the default's time, a tenth more bytes
        image.save(stream, "PNG", compress_level=1)
    else:
        # no chroma subsampling: the colours are what was asked for
        Image.fromarray(on_white(picture).rgb).save(stream, "JPEG", quality=quality, subsampling=0)
    return stream.getvalue()


def check_encoding(format: str, quality: int) -> None:
    """Whether `encode_picture` knows the format and the quality.

    Raises:
        OptionError: it does not.
    """
    if format not in FORMATS:
        raise OptionError(f"The format must be png or jpeg; received {format!r}.", "Leave it out for PNG.")
    if not 1 <= quality <= 100:
        raise OptionError(f"The quality must be from 1 to 100; received {quality}.", f"Leave it out for {QUALITY}.")


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


def _to_eight_bit(name: str, image: Image.Image) -> Image.Image:
    """Decodes into mode RGB or RGBA."""
    if image.mode in ("I", "F"):
        raise UnsupportedPicture(
            f"The {name} has 32-bit or floating-point samples; expected 8 or 16 bits.",
            "Save it with 8 or 16 bits.",
        )
    if image.mode.startswith("I;16"):
        # Pillow's own conversion clips at 255 instead of scaling, and does not turn negatives of 16 bits
        # around.
        tags = image.tag_v2 if isinstance(image, TiffImagePlugin.TiffImageFile) else {}
        samples = (np.asarray(image) >> (tags.get(_BITS_PER_SAMPLE, (16,))[0] - 8)).astype(np.uint8)
        return Image.fromarray(255 - samples if tags.get(_PHOTOMETRIC) == 0 else samples).convert("RGB")
    image.load()
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode == "La":  # premultiplied grey has no direct way to RGBA
        return image.convert("LA").convert(mode)
    return image if image.mode == mode else image.convert(mode)


def _turn(pixels: Image.Image, source: Image.Image) -> Image.Image:
    try:
        orientation = source.getexif().get(_ORIENTATION)
    except Exception:  # damaged EXIF is no reason to refuse a picture
        orientation = None
    return pixels.transpose(_TURNS[orientation]) if orientation in _TURNS else pixels
