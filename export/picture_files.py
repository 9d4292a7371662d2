"""Picture files inside the serving graph: the header is read before anything is decoded.

pixels = decode(image_bytes)              # string [] -> uint8 [H, W, 3]
pixels = decode_on_white(image_bytes)     # the same, with white paper under transparent pixels
"""

from __future__ import annotations

import tensorflow as tf

MOST_PIXELS = 100_000_000  # of one picture


def decode(image_bytes: tf.Tensor) -> tf.Tensor:
    """One JPEG or PNG file -> uint8 [H, W, 3]. InvalidArgumentError for any other, or more than 100 megapixels."""
    with tf.control_dependencies([_check(image_bytes)]):
        # decodes PNG as well; the accurate transform is the one that Pillow and browsers use
        return tf.io.decode_jpeg(image_bytes, channels=3, dct_method="INTEGER_ACCURATE")


def decode_on_white(image_bytes: tf.Tensor) -> tf.Tensor:
    """As `decode`, but where a PNG is transparent there is white paper, not what its hidden pixels hold."""

    def png() -> tf.Tensor:
        with tf.control_dependencies([_check(image_bytes)]):
            rgba = tf.cast(tf.io.decode_png(image_bytes, channels=4), tf.int32)
        rgb, alpha = rgba[..., :3], rgba[..., 3:]
        white = tf.uint8.max
        return tf.cast((rgb * alpha + white * (white - alpha) + white // 2) // white, tf.uint8)

    return tf.cond(_is_png(image_bytes), png, lambda: decode(image_bytes))


def _is_png(image_bytes: tf.Tensor) -> tf.Tensor:
    return tf.strings.substr(tf.strings.join([image_bytes, tf.constant(bytes(8))]), 0, 8) == b"\x89PNG\r\n\x1a\n"


def _check(image_bytes: tf.Tensor) -> tf.Operation:
    """Fails unless the file's header is a JPEG's or PNG's, of 1 to 100 megapixels."""
    head = tf.strings.join([image_bytes, tf.constant(bytes(32))])  # so that a cut header is just zeros
    png = _is_png(image_bytes)
    jpeg = tf.strings.substr(head, 0, 3) == b"\xff\xd8\xff"
    known = tf.debugging.Assert(
        png | jpeg, ["image_bytes must be a JPEG or PNG file; convert the picture and send it again"]
    )

    def png_sides() -> tf.Tensor:
        sides = tf.io.decode_raw(tf.strings.substr(head, 16, 8), tf.int32, little_endian=False)
        return tf.cast(sides, tf.int64)

    def jpeg_sides() -> tf.Tensor:
        return tf.image.extract_jpeg_shape(image_bytes, tf.int64)[:2]

    with tf.control_dependencies([known]):
        sides = tf.cond(png, png_sides, jpeg_sides)
    allowed = (tf.reduce_min(sides) > 0) & (tf.reduce_prod(sides) <= MOST_PIXELS)
    message = f"the picture must have 1 to {MOST_PIXELS} pixels; make it smaller and send it again. Received sides"
    return tf.debugging.Assert(allowed, [message, sides])
