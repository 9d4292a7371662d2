"""PatchGAN: is each patch of this picture a photograph's own colour? (Isola et al. 2017)

discriminator = build(size=128, filters=32, spectral_norm=True)     # 70x70 patches
"""

from __future__ import annotations

import keras
from keras import layers


def build(size: int, filters: int = 64, spectral_norm: bool = False) -> keras.Model:
    """Discriminator of size x size pictures, seeing 70 x 70 pixels at each place.

    {"luminance": [N, size, size, 1], "ab": [N, size, size, 2]} -> logits [N, size/8 - 2, size/8 - 2, 1], above zero
    for «real». With `spectral_norm` every convolution is divided by its largest singular value (Miyato et al. 2018).
    """
    luminance = keras.Input((size, size, 1), name="luminance")
    ab = keras.Input((size, size, 2), name="ab")

    def convolution(x: keras.KerasTensor, width: int, stride: int) -> keras.KerasTensor:
        layer = layers.Conv2D(width, 4, stride, padding="same" if stride == 2 else "valid")
        if stride == 1:
            x = layers.ZeroPadding2D(1)(x)
        return (layers.SpectralNormalization(layer) if spectral_norm else layer)(x)

    x = layers.LeakyReLU(0.2)(convolution(layers.concatenate([luminance, ab]), filters, 2))
    for width, stride in ((filters * 2, 2), (filters * 4, 2), (filters * 8, 1)):
        x = convolution(x, width, stride)
        if not spectral_norm:
            x = layers.BatchNormalization()(x)
        x = layers.LeakyReLU(0.2)(x)
    return keras.Model({"luminance": luminance, "ab": ab}, convolution(x, 1, 1), name="discriminator")
