"""The U-Net of pix2pix (Isola et al. 2017): halved down to a pixel or nearly, and up again with skip connections.

    generator = build(config, size=256)     # 8 halvings: 64-128-256-512-512-512-512-512, 54.4 million parameters

`filters` names the width after each halving. The three innermost levels of the decoder have dropout. With spectral
normalisation the decoder enlarges and convolves, for a transposed convolution's kernel is not one matrix to divide.
"""

from __future__ import annotations

import keras
from keras import layers

from trainer.config import Config
from trainer.layers import CHANNELS, convolution_layer, initialiser, normalisation

_DROPPED = 3  # levels of the decoder


def build(config: Config, size: int) -> keras.Model:
    """{"luminance": [N, size, size, 1]} -> {"ab" or "rgb": [N, size, size, 2 or 3]}, both -1..1.

    Raises ValueError unless size is a multiple of 2 to the number of filters.
    """
    if size % 2 ** len(config.filters):
        raise ValueError(
            f"The unet generator halves its input {len(config.filters)} times, once for each of its filters: size "
            f"{size} is no multiple of {2 ** len(config.filters)}. Change size or filters."
        )
    iterations = config.power_iterations if config.generator_spectral_norm else 0
    luminance = keras.Input((size, size, 1), name="luminance")

    def normalise(x: keras.KerasTensor) -> keras.KerasTensor:
        return x if iterations or x.shape[1] == 1 else normalisation(config)(x)  # one pixel has no spread to divide by

    def enlarge(x: keras.KerasTensor, width: int) -> keras.KerasTensor:
        start = initialiser(config)
        if iterations:
            x = layers.UpSampling2D(2)(x)
            return convolution_layer(iterations, width, 3, padding="same", kernel_initializer=start)(x)
        return layers.Conv2DTranspose(width, 4, 2, padding="same", kernel_initializer=start)(x)

    x, skips = luminance, []
    for level, width in enumerate(config.filters):
        x = convolution_layer(iterations, width, 4, 2, padding="same", kernel_initializer=initialiser(config))(x)
        if level:
            x = normalise(x)
        x = layers.LeakyReLU(0.2)(x)
        skips.append(x)
    for level, skip in enumerate(reversed(skips[:-1])):
        x = normalise(enlarge(x, skip.shape[-1]))
        if level < _DROPPED and config.dropout:
            x = layers.Dropout(config.dropout)(x)
        x = layers.concatenate([layers.ReLU()(x), skip])
    x = layers.Activation("tanh", dtype="float32")(enlarge(x, CHANNELS[config.target]))
    return keras.Model({"luminance": luminance}, {config.target: x}, name="unet")
