"""PatchGAN: is each patch of this picture coloured as the truth would be? (Isola et al. 2017)

discriminator = build(config, size=128)     # 70x70 patches with strides 2, 2, 2, 1
"""

from __future__ import annotations

import keras
from keras import layers

from trainer.config import Config
from trainer.layers import CHANNELS, convolution_layer, initialiser, normalisation


def build(config: Config, size: int) -> keras.Model:
    """Discriminator of size x size pictures, given their condition.

    {"luminance": [N, size, size, 1], "ab" or "rgb": [N, size, size, 2 or 3]} -> logits [N, h, h, 1], above zero for
    «real». Widths double with each layer, to eight times the first. With `spectral_norm` every convolution is divided
    by its largest singular value (Miyato et al. 2018); without, `normalisation` follows all but the first.
    """
    luminance = keras.Input((size, size, 1), name="luminance")
    target = keras.Input((size, size, CHANNELS[config.target]), name=config.target)

    def convolution(x: keras.KerasTensor, width: int, stride: int) -> keras.KerasTensor:
        if stride == 1:
            x = layers.ZeroPadding2D(1)(x)
        return convolution_layer(
            config.power_iterations if config.spectral_norm else 0,
            width,
            4,
            stride,
            padding="same" if stride == 2 else "valid",
            kernel_initializer=initialiser(config),
        )(x)

    x = layers.concatenate([luminance, target])
    for number, stride in enumerate(config.discriminator_strides):
        x = convolution(x, config.discriminator_filters * min(2**number, 8), stride)
        if number and not config.spectral_norm:
            x = normalisation(config)(x)
        x = layers.LeakyReLU(0.2)(x)
    logits = layers.Activation("linear", dtype="float32")(convolution(x, 1, 1))
    return keras.Model({"luminance": luminance, config.target: target}, logits, name="discriminator")
