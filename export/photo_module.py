"""The photo model's graph: the photograph's own luminance, and chroma that comes up along its edges.

module = PhotoModule(generator, size=256)
coefficients = module.chroma(luminance, hints)["coefficients"]
coloured = recombine(pixels, coefficients)
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from keras import ops

from export.bands import paint_bands
from export.picture_files import decode
from export.serving_module import ServingModule
from trainer.colour import (
    CHROMA_UNIT,
    apply_coefficients,
    lab_to_rgb,
    rgb_to_lightness,
    to_lightness,
    to_luminance,
    to_unit,
)

WINDOW = 5  # of the guided filter, pixels of the small picture: best for a network's soft chroma
EPSILON = 1.0  # its regularisation, in L* squared


class PhotoModule(ServingModule):
    """Task photo."""

    maps, answer = "chroma", "coefficients"
    seen = "luminance"

    def chroma(self, luminance: tf.Tensor, hints: tf.Tensor) -> dict[str, tf.Tensor]:
        """Luminance -1..1 [N, S, S, 1] and hint map [N, S, S, 3] -> coefficients [N, S, S, 4]."""
        ab = self.generate(luminance, hints)["ab"]
        return {"coefficients": coefficients(to_lightness(luminance), ab * CHROMA_UNIT)}

    def colours(self, luminance: tf.Tensor, hints: tf.Tensor) -> dict[str, tf.Tensor]:
        """What `chroma` takes -> `likely` colours."""
        return self.likely(luminance, hints)

    def decode(self, image_bytes: tf.Tensor) -> tf.Tensor:
        """As the base class says."""
        return decode(image_bytes)

    def see(self, pixels: tf.Tensor) -> tf.Tensor:
        """Luminance -1..1."""
        lightness = rgb_to_lightness(to_unit(tf.cast(pixels, tf.float32)), ops)
        return to_luminance(tf.image.resize(lightness[None], (self.size, self.size), antialias=True))

    def finish(self, pixels: tf.Tensor, maps: tf.Tensor, saturation: tf.Tensor) -> tf.Tensor:
        """As the base class says."""
        return recombine(pixels, maps * saturation)


def coefficients(lightness: Any, ab: Any) -> Any:
    """Small L* [N, S, S, 1] and a*, b* [N, S, S, 2] -> (m_a, m_b, c_a, c_b) [N, S, S, 4] with m * L* + c = ab.

    The fast guided filter (He and Sun 2015) made exact: m is the window's mean slope of ab over L*; c, per pixel, is
    what is left, so the small chroma comes back unchanged and edges between its pixels follow the photograph's.
    """

    def mean(x: Any) -> Any:
        edge = WINDOW // 2
        padded = ops.pad(x, [(0, 0), (edge, edge), (edge, edge), (0, 0)], mode="symmetric")
        return ops.average_pool(padded, WINDOW, strides=1, padding="valid")

    mean_lightness = mean(lightness)
    covariance = mean(lightness * ab) - mean_lightness * mean(ab)
    variance = mean(lightness * lightness) - mean_lightness * mean_lightness
    slope = mean(covariance / (variance + EPSILON))
    return ops.concatenate([slope, ab - slope * lightness], axis=-1)


def recombine(pixels: tf.Tensor, maps: tf.Tensor) -> tf.Tensor:
    """The picture, uint8 [H, W, 3], and its coefficients [1, S, S, 4] -> coloured uint8 [H, W, 3].

    Only the picture's lightness is used, and kept.
    """

    def paint(rows: tf.Tensor, raised: tf.Tensor) -> tf.Tensor:
        lightness = rgb_to_lightness(to_unit(tf.cast(rows, tf.float32)), ops)
        return lab_to_rgb(lightness, apply_coefficients(lightness, raised), ops)

    return paint_bands(pixels, maps, paint)
