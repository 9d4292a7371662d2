"""Picture bytes from strangers -> upright sRGB, and back to PNG, JPEG, WebP or TIFF.

    picture = read_picture(read_file("old.jpg"))
    Path("copy.png").write_bytes(encode_picture(picture, "png"))

Read: JPEG, PNG, WebP, TIFF and GIF; of an animation or a TIFF of several pages the first picture, with a note. The
format and the size come from the header, before anything is decoded. A concept a file: `reading`, `turning` (EXIF
orientation), `depth` (16 bits), `profile` and `icc` (colour), `metadata` (EXIF, XMP, resolution), `synthetic` (the mark
of a model's colours), `writing`, `deep_png` and `tiff`.
"""

from serving.pictures.metadata import Metadata
from serving.pictures.picture import Picture, bands, eight_bit, on_white
from serving.pictures.reading import (
    MAX_FILE_BYTES,
    MAX_PIXELS,
    MAX_SIDE,
    check_header,
    check_size,
    read_file,
    read_image,
    read_picture,
)
from serving.pictures.writing import ENDINGS, FORMATS, QUALITY, check_encoding, encode_picture

__all__ = [
    "ENDINGS",
    "FORMATS",
    "MAX_FILE_BYTES",
    "MAX_PIXELS",
    "MAX_SIDE",
    "QUALITY",
    "Metadata",
    "Picture",
    "bands",
    "check_encoding",
    "check_header",
    "check_size",
    "eight_bit",
    "encode_picture",
    "on_white",
    "read_file",
    "read_image",
    "read_picture",
]
