"""Small maps and a large picture -> a large picture, band by band, so that memory grows with the width only.

coloured = paint_bands(pixels, maps, lambda rows, raised: rgb)
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from trainer.colour import PIXEL_MAX

BAND = 256  # rows at a time


def paint_bands(pixels: tf.Tensor, maps: tf.Tensor, paint: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]) -> tf.Tensor:
    """The picture, uint8 [H, W, 3], and maps [1, S, S, C] -> uint8 [H, W, 3].

    `paint`: some rows uint8 [h, W, 3] and the maps there [h, W, C] -> sRGB 0..1 [h, W, 3]. The maps come up bilinearly.
    """
    height, width = tf.shape(pixels)[0], tf.shape(pixels)[1]
    scale = tf.cast(tf.stack([height, width]), tf.float32) / tf.cast(tf.shape(maps)[1:3], tf.float32)

    def band(start: tf.Tensor, bands: tf.TensorArray) -> tuple[tf.Tensor, tf.TensorArray]:
        rows = pixels[start : start + BAND]
        raised = tf.raw_ops.ScaleAndTranslate(  # tf.image.resize(antialias=True), of these rows only
            images=maps,
            size=tf.shape(rows)[:2],
            scale=scale,
            translation=tf.stack([-tf.cast(start, tf.float32), 0.0]),
            kernel_type="triangle",
            antialias=True,
        )[0]
        rgb = paint(rows, raised)
        bands = bands.write(start // BAND, tf.cast(rgb * PIXEL_MAX + 0.5, tf.uint8))
        return start + BAND, bands

    bands = tf.TensorArray(tf.uint8, size=(height + BAND - 1) // BAND, infer_shape=False, element_shape=[None, None, 3])
    _, bands = tf.while_loop(lambda start, _: start < height, band, (tf.constant(0), bands), parallel_iterations=1)
    return tf.ensure_shape(bands.concat(), [None, None, 3])
