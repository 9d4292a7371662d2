"""A network of the shape and size of DDColor's tiny one (Kang et al. 2023), with random weights: enough to take its time.

    model = build()     # 55 million parameters, grey as RGB [1, 512, 512, 3] -> ab [1, 512, 512, 2]

After basicsr/archs/ddcolor_arch.py of github.com/piddnad/DDColor with the settings of ddcolor_paper_tiny: ConvNeXt-T, a
pixel decoder, and nine rounds of a transformer in which 100 colour queries look at three sizes of its features.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from export.page_bench.shuffling import blurred, depth_to_space

SIZE = 512  # its authors' own
_STAGES = ((3, 96), (3, 192), (9, 384), (3, 768))  # blocks and channels of ConvNeXt-T
_WIDTHS = (512, 512, 256)  # of the pixel decoder
_QUERIES, _HIDDEN, _HEADS, _ROUNDS, _FEED = 100, 256, 8, 9, 2048


def build() -> keras.Model:
    """The network, for one picture."""
    picture = keras.Input(batch_shape=(1, SIZE, SIZE, 3), name="picture")
    *skips, x = _convnext(picture)
    scales = []
    for skip, width in zip(reversed(skips), _WIDTHS, strict=True):
        up = blurred(depth_to_space(_convolution(x, 4 * width, 1), 2))
        x = layers.ReLU()(layers.concatenate([up, layers.BatchNormalization()(skip)]))
        x = _convolution(x, width, 3)
        scales.append(x)
    pixels = blurred(depth_to_space(layers.Conv2D(16 * _WIDTHS[-1], 1, activation="relu")(x), 4))
    colours = ops.transpose(_colours(scales), (0, 2, 1))  # [1, 256, 100]
    likeness = ops.matmul(ops.reshape(pixels, (1, SIZE * SIZE, _HIDDEN)), colours)
    likeness = ops.reshape(likeness, (1, SIZE, SIZE, _QUERIES))
    return keras.Model(picture, layers.Conv2D(2, 1)(layers.concatenate([likeness, picture])), name="ddcolor_tiny")


def _convnext(picture: keras.KerasTensor) -> list[keras.KerasTensor]:
    """Features at 1/4, 1/8, 1/16 and 1/32 of the size (Liu et al. 2022)."""
    features, x = [], picture
    for number, (blocks, width) in enumerate(_STAGES):
        if number == 0:
            x = layers.LayerNormalization()(layers.Conv2D(width, 4, 4)(x))
        else:
            x = layers.Conv2D(width, 2, 2)(layers.LayerNormalization()(x))
        for _ in range(blocks):
            inner = layers.LayerNormalization()(layers.DepthwiseConv2D(7, padding="same")(x))
            inner = _gelu(layers.Conv2D(4 * width, 1)(inner))
            x = layers.add([x, layers.Conv2D(width, 1)(inner)])  # the layer's scale is part of these weights
        features.append(layers.LayerNormalization()(x))
    return features


def _gelu(x: keras.KerasTensor) -> keras.KerasTensor:
    return ops.gelu(x, approximate=False)


def _convolution(x: keras.KerasTensor, filters: int, size: int) -> keras.KerasTensor:
    """fastai's order: the norm comes after the activation; for a shuffle before it, which takes the same time."""
    x = layers.Conv2D(filters, size, padding="same", activation="relu", use_bias=False)(x)
    return layers.BatchNormalization()(x)


def _colours(scales: list[keras.KerasTensor]) -> keras.KerasTensor:
    """The pixel decoder's features -> what each colour query has become, [1, 100, 256]."""
    seen, places = [], []
    for features in scales:
        _, height, width, _ = features.shape
        flat = layers.Reshape((height * width, _HIDDEN))(layers.Conv2D(_HIDDEN, 1)(features))
        seen.append(Learnt((1, 1, _HIDDEN))(flat))
        places.append(_sines(height, width))
    query = Learnt((1, _QUERIES, _HIDDEN))(0 * seen[0][:, :1])  # of no picture
    place = np.zeros((1, _QUERIES, _HIDDEN), np.float32)
    for number in range(_ROUNDS):
        features, where = seen[number % len(seen)], places[number % len(seen)]
        query = _listen(query, place, features, where)
        query = _listen(query, place, query, place)
        inner = layers.Dense(_HIDDEN)(layers.Dense(_FEED, activation="relu")(query))
        query = layers.LayerNormalization()(layers.add([query, inner]))
    query = layers.LayerNormalization()(query)
    for activation in ("relu", "relu", None):
        query = layers.Dense(_HIDDEN, activation=activation)(query)
    return query


def _listen(
    query: keras.KerasTensor, place: np.ndarray, features: keras.KerasTensor, where: np.ndarray
) -> keras.KerasTensor:
    """Attention of several heads; places are added to what is compared, not to what is heard."""

    def heads(x: keras.KerasTensor) -> keras.KerasTensor:
        split = ops.reshape(layers.Dense(_HIDDEN)(x), (1, -1, _HEADS, _HIDDEN // _HEADS))
        return ops.transpose(split, (0, 2, 1, 3))

    asked, keys, values = heads(query + place), heads(features + where), heads(features)
    weights = ops.softmax(ops.matmul(asked, ops.transpose(keys, (0, 1, 3, 2))) / (_HIDDEN // _HEADS) ** 0.5, axis=-1)
    heard = ops.reshape(ops.transpose(ops.matmul(weights, values), (0, 2, 1, 3)), (1, -1, _HIDDEN))
    return layers.LayerNormalization()(layers.add([query, layers.Dense(_HIDDEN)(heard)]))


def _sines(height: int, width: int) -> np.ndarray:
    """Places as sines and cosines of many wavelengths, [1, height * width, 256]."""
    waves = 10000 ** (np.arange(_HIDDEN // 4) / (_HIDDEN // 4))
    rows, columns = (2 * np.pi * (np.arange(side) + 1)[:, None] / side / waves for side in (height, width))
    parts = [
        np.broadcast_to(wave(angles).reshape(shape), (height, width, _HIDDEN // 4))
        for angles, shape in ((rows, (height, 1, -1)), (columns, (1, width, -1)))
        for wave in (np.sin, np.cos)
    ]
    return np.concatenate(parts, axis=-1).reshape(1, height * width, _HIDDEN).astype(np.float32)


class Learnt(layers.Layer):
    """Adds learnt numbers."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.added = self.add_weight(shape=shape)

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Adds them."""
        return x + self.added

    def compute_output_shape(self, shape: tuple) -> tuple:
        """Of both, each axis the longer one."""
        return tuple(map(max, shape, self.added.shape))
