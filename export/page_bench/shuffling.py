"""How both of the others enlarge features: a pixel shuffle (Shi et al. 2016), then a blur (Sugawara et al. 2018)."""

from __future__ import annotations

import keras
import tensorflow as tf
from keras import layers, ops


def depth_to_space(x: keras.KerasTensor, scale: int) -> keras.KerasTensor:
    """[N, h, w, scale * scale * C] -> [N, scale * h, scale * w, C]."""
    return _DepthToSpace(scale)(x)


def blurred(x: keras.KerasTensor) -> keras.KerasTensor:
    """The mean of each pixel, those above and left of it, and the one in that corner."""
    return layers.AveragePooling2D(2, 1)(ops.pad(x, [(0, 0), (1, 0), (1, 0), (0, 0)], mode="symmetric"))


class _DepthToSpace(layers.Layer):
    """TensorFlow's operation, which TF.js has a kernel for."""

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Shuffles."""
        return tf.nn.depth_to_space(x, self.scale)

    def compute_output_shape(self, shape: tuple) -> tuple:
        """As TensorFlow says."""
        return (shape[0], shape[1] * self.scale, shape[2] * self.scale, shape[3] // self.scale**2)
