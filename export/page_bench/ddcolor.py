"""A network of the shape and size of DDColor's tiny one (Kang et al. 2023), with random weights: for its time.

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
        up = blurred(depth_to_space(layers.Conv2D(4 * width, 1, activation="relu")(x), 2))
        x = layers.ReLU()(layers.concatenate([up, layers.BatchNormalization()(skip)]))
        x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.BatchNormalization()(x)  # fastai's order: after the activation, where it can't be folded away
        scales.append(x)
    pixels = blurred(depth_to_space(layers.Conv2D(16 * _WIDTHS[-1], 1, activation="relu")(x), 4))
    likeness = ops.matmul(ops.reshape(pixels, (SIZE * SIZE, _HIDDEN)), _turned(_colours(scales)[0]))
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
    return 0.5 * x * (1 + ops.erf(x / 2**0.5))  # Keras's own has a complementary erf, which TF.js lacks


def _colours(scales: list[keras.KerasTensor]) -> keras.KerasTensor:
    """The pixel decoder's features -> what each colour query has become, [1, 100, 256]."""
    seen, placed = [], []
    for features in scales:
        _, height, width, _ = features.shape
        flat = layers.Reshape((height * width, _HIDDEN))(layers.Conv2D(_HIDDEN, 1)(features))
        seen.append(Learnt((1, 1, _HIDDEN))(flat))
        placed.append(Placed(height, width)(seen[-1]))
    query = Learnt((1, _QUERIES, _HIDDEN))(0 * seen[0][:, :1])  # of no picture
    place = Learnt((1, _QUERIES, _HIDDEN))
    for number in range(_ROUNDS):
        scale = number % len(scales)
        query = _listen(query, place(query), placed[scale], seen[scale])
        query = _listen(query, place(query), place(query), query)
        inner = layers.Dense(_HIDDEN)(layers.Dense(_FEED, activation="relu")(query))
        query = layers.LayerNormalization()(layers.add([query, inner]))
    query = layers.LayerNormalization()(query)
    for activation in ("relu", "relu", None):
        query = layers.Dense(_HIDDEN, activation=activation)(query)
    return query


def _listen(
    query: keras.KerasTensor, asking: keras.KerasTensor, keys: keras.KerasTensor, values: keras.KerasTensor
) -> keras.KerasTensor:
    """Attention of several heads: who asks and what is compared know their places, what is heard does not."""

    # a head at a time: TF.js multiplies single matrices, none of them turned, ten times as fast as several at once
    asked, keys, values = (layers.Dense(_HIDDEN)(x)[0] for x in (asking, keys, values))
    width = _HIDDEN // _HEADS
    heard = []
    for head in (slice(start, start + width) for start in range(0, _HIDDEN, width)):
        weights = ops.softmax(ops.matmul(asked[:, head], _turned(keys[:, head])) / width**0.5, axis=-1)
        heard.append(ops.matmul(weights, values[:, head]))
    together = layers.Dense(_HIDDEN)(ops.expand_dims(ops.concatenate(heard, axis=-1), 0))
    return layers.LayerNormalization()(layers.add([query, together]))


def _turned(x: keras.KerasTensor) -> keras.KerasTensor:
    """[A, B] -> [B, A] in a way that the converter does not make a part of the product after it."""
    rows, columns = x.shape
    return ops.reshape(ops.transpose(ops.expand_dims(x, 0), (0, 2, 1)), (columns, rows))


class Placed(layers.Layer):
    """Adds sines and cosines of many wavelengths to [1, height * width, 256], by row and column."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.sides = height, width

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Adds them; made here, as they would be large to store."""
        height, width = self.sides
        waves = 10000 ** (np.arange(_HIDDEN // 4) / (_HIDDEN // 4))
        rows, columns = (2 * np.pi * (np.arange(side) + 1)[:, None] / side / waves for side in self.sides)
        rows, columns = (
            np.concatenate([np.sin(angles), np.cos(angles)], -1).astype(np.float32) for angles in (rows, columns)
        )
        by_row = ops.broadcast_to(rows[:, None], (height, width, _HIDDEN // 2))
        by_column = ops.broadcast_to(columns[None], (height, width, _HIDDEN // 2))
        return x + ops.reshape(ops.concatenate([by_row, by_column], -1), (1, height * width, _HIDDEN))

    def compute_output_shape(self, shape: tuple) -> tuple:
        """As given."""
        return shape


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
