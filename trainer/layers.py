"""What the plain networks are made of."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from trainer.colour import ab_to_rgb, to_symmetric
from trainer.config import Config
from trainer.spectral import SpectralConv2D

CHANNELS = {"ab": 2, "rgb": 3, "flat": 3}  # of a target


def convolution_layer(power_iterations: int, *args: Any, **kwargs: Any) -> keras.Layer:
    """`Conv2D(*args, **kwargs)`, with spectral normalisation if there are power iterations."""
    if power_iterations:
        return SpectralConv2D(*args, power_iterations=power_iterations, **kwargs)
    return layers.Conv2D(*args, **kwargs)


def initialiser(config: Config) -> keras.Initializer:
    """Of kernels: normal, or Glorot's uniform."""
    if config.initial_sigma:
        return keras.initializers.RandomNormal(stddev=config.initial_sigma)
    return keras.initializers.GlorotUniform()


def normalisation(config: Config) -> keras.Layer:
    """Over the batch, however many workers share it, or over each picture alone (Ulyanov et al. 2016)."""
    if config.normalisation == "instance":
        return layers.GroupNormalization(groups=-1)
    return layers.BatchNormalization()


@keras.saving.register_keras_serializable("handtint")
class ShrinkHints(layers.Layer):
    """Hint map [N, S, S, C] -> [N, S/factor, S/factor, C]: the mean colour of the hints in each cell, and whether there
    is one. A hint of one pixel must not fade away.
    """

    def __init__(self, factor: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, hints: Any) -> Any:
        """Shrinks."""
        pooled = ops.average_pool(hints, self.factor, self.factor)
        colour = pooled[..., :-1] / ops.maximum(pooled[..., -1:], 1e-4)
        return ops.concatenate([colour, ops.max_pool(hints[..., -1:], self.factor, self.factor)], axis=-1)

    def compute_output_shape(self, shape: tuple) -> tuple:
        """As the class says."""
        return (shape[0], shape[1] // self.factor, shape[2] // self.factor, shape[3])

    def get_config(self) -> dict[str, Any]:
        """For saving."""
        return {**super().get_config(), "factor": self.factor}


@keras.saving.register_keras_serializable("handtint")
class Symmetric(layers.Layer):
    """0..1 -> -1..1. Keras's Rescaling does the same, but asks for TensorFlow under any backend."""

    def call(self, unit: Any) -> Any:
        """Rescales."""
        return to_symmetric(unit)


@keras.saving.register_keras_serializable("handtint")
class LabToRgb(layers.Layer):
    """Chroma and luminance (a, b, l) [N, S, S, 3] -> rgb [N, S, S, 3], each -1..1."""

    def call(self, colours: Any) -> Any:
        """Converts."""
        luminance = ops.clip(colours[..., 2:], -1.0, 1.0)
        return to_symmetric(ab_to_rgb(luminance, colours[..., :2], ops))
