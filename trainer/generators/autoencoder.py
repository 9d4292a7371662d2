"""A convolutional autoencoder that keeps the picture's size: grey -> a vector -> colour.

    generator = build(config, size=32)      # 1,418,496 parameters to the vector and 2,013,315 back

Encoder 64-128-256 (`filters`), each halving; a dense layer to `latent` values; the mirrored decoder. It colours what it
remembers of a picture, so its results are as soft as the vector is short.
"""

from __future__ import annotations

import keras
from keras import layers

from trainer.config import Config
from trainer.layers import Symmetric, initialiser


def build(config: Config, size: int) -> keras.Model:
    """{"luminance": [N, size, size, 1]} -> {"rgb": [N, size, size, 3]}, both -1..1; the layers `encoder` and `decoder`.

    Raises ValueError unless the colour space is rgb and size a multiple of 2 to the number of filters.
    """
    if config.colour_space != "rgb" or size % 2 ** len(config.filters):
        raise ValueError(
            f"The autoencoder generator needs colour_space 'rgb' and a size that can be halved {len(config.filters)} "
            f"times. Received {config.colour_space!r} and {size}."
        )
    luminance = keras.Input((size, size, 1), name="luminance")
    encoder = _encoder(config, size)
    rgb = _decoder(config, encoder.get_layer("last").output.shape[1:])(encoder(luminance))
    return keras.Model({"luminance": luminance}, {"rgb": Symmetric(dtype="float32")(rgb)}, name="autoencoder")


def _encoder(config: Config, size: int) -> keras.Model:
    start = initialiser(config)
    x = inputs = keras.Input((size, size, 1))
    for level, width in enumerate(config.filters):
        name = "last" if level == len(config.filters) - 1 else None
        x = layers.Conv2D(width, 3, 2, "same", activation="relu", kernel_initializer=start, name=name)(x)
    x = layers.Dropout(config.dropout)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(config.latent, kernel_initializer=start)(x), name="encoder")


def _decoder(config: Config, shape: tuple[int, int, int]) -> keras.Model:
    start = initialiser(config)
    inputs = keras.Input((config.latent,))
    x = layers.Dense(shape[0] * shape[1] * shape[2], kernel_initializer=start)(inputs)
    x = layers.Reshape(shape)(x)
    for width in reversed(config.filters):
        x = layers.Conv2DTranspose(width, 3, 2, "same", activation="relu", kernel_initializer=start)(x)
    rgb = layers.Conv2DTranspose(3, 3, 1, "same", activation="sigmoid", kernel_initializer=start, dtype="float32")(x)
    return keras.Model(inputs, rgb, name="decoder")
