"""What the plain networks are made of."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from trainer.config import Config
from trainer.spectral import SpectralConv2D

CHANNELS = {"ab": 2, "rgb": 3}  # of a target


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


def batch_norm(name: str | None = None) -> keras.Layer:
    """Batch norm over the whole batch, however many workers share it."""
    return layers.BatchNormalization(name=name)
