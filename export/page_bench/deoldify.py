"""A network of the shape and size of DeOldify's «artistic» one, with random weights: for its time.

    model = build()     # 63.6 million parameters, RGB [1, 256, 256, 3] -> RGB [1, 256, 256, 3]

After deoldify/unet.py (DynamicUnetDeep) and deoldify/generators.py of github.com/jantic/DeOldify: ResNet34, and a U-Net
whose blocks are 1.5 times as wide as what comes into them, with self-attention in one. Spectral norms, and batch norms
right after a convolution, are part of the weights once training is over. The «stable» network is wider: ResNet101, 874
MB.
"""

from __future__ import annotations

import keras
from keras import layers, ops

from export.page_bench.shuffling import blurred, depth_to_space

SIZE = 256  # what its browser ports show it
_STAGES = ((3, 64), (4, 128), (6, 256), (3, 512))
_WIDER = 1.5
_ATTENTIVE = 1  # the block with self-attention


def build() -> keras.Model:
    """The network, for one picture."""
    picture = keras.Input(batch_shape=(1, SIZE, SIZE, 3), name="picture")
    *skips, x = _resnet34(picture)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = _convolution(_convolution(x, 1024), 512)
    for number, skip in enumerate(reversed(skips)):
        last = number == len(skips) - 1
        up = _shuffle(x, x.shape[-1] // 2)
        both = up.shape[-1] + skip.shape[-1]
        width = int((both // 2 if last else both) * _WIDER)
        x = layers.ReLU()(layers.concatenate([up, layers.BatchNormalization()(skip)]))
        x = _convolution(_convolution(x, width), width)
        x = _attend(x) if number == _ATTENTIVE else x
    x = layers.Conv2D(4 * x.shape[-1], 1)(x)
    x = layers.concatenate([layers.ReLU()(depth_to_space(x, 2)), picture])
    inner = layers.Conv2D(x.shape[-1], 3, padding="same", activation="relu")(x)
    x = layers.add([x, layers.Conv2D(x.shape[-1], 3, padding="same", activation="relu")(inner)])
    return keras.Model(picture, 6 * ops.sigmoid(layers.Conv2D(3, 1)(x)) - 3, name="deoldify_artistic")


def _resnet34(picture: keras.KerasTensor) -> list[keras.KerasTensor]:
    """Features at 1/2, 1/4, 1/8, 1/16 and 1/32 of the size."""
    x = layers.Conv2D(64, 7, 2, padding="same", activation="relu")(picture)
    features = [x]
    x = layers.MaxPooling2D(3, 2, padding="same")(x)
    for repeats, width in _STAGES:
        for repeat in range(repeats):
            stride = 2 if repeat == 0 and width > _STAGES[0][1] else 1
            inner = layers.Conv2D(width, 3, stride, padding="same", activation="relu")(x)
            inner = layers.Conv2D(width, 3, padding="same")(inner)
            x = x if stride == 1 else layers.Conv2D(width, 1, stride)(x)
            x = layers.ReLU()(layers.add([x, inner]))
        features.append(x)
    return features


def _convolution(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    """fastai's order: the norm comes after the activation, where it can't be folded away."""
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    return layers.BatchNormalization()(x)


def _shuffle(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    return blurred(depth_to_space(layers.Conv2D(4 * filters, 1, activation="relu")(x), 2))


def _attend(x: keras.KerasTensor) -> keras.KerasTensor:
    """Self-attention of Zhang et al. (2018), over all pixels."""
    _, height, width, channels = x.shape
    flat = layers.Reshape((height * width, channels))(x)
    query, key = (layers.Dense(channels // 8, use_bias=False)(flat) for _ in range(2))
    weights = ops.softmax(ops.matmul(key, ops.transpose(query, (0, 2, 1))), axis=-1)
    heard = ops.matmul(weights, layers.Dense(channels, use_bias=False)(flat))
    return layers.add([x, layers.Reshape((height, width, channels))(heard)])
