"""How far a hint reaches: to the places that look like the hinted one and lie near it.

    heard = SpreadHints(heads=4, width=16)([features, hints, colours])

A kernel regression (Nadaraya and Watson 1964) over the hinted cells, in an embedding that the network learns: the
attention of a transformer with minus a squared distance for the product of query and key, so that a place far from
every hint, in the picture or in looks, listens to none.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

_SILENCE = 0.1  # what weighs against all hints: a place on its own hint hears 91% of it
_FAR = 1e4  # a squared distance at which the kernel is zero in float32
_SCALES = (0.1, 0.2, 0.4, 0.8)  # of the heads' reach at first, in sides of the picture


@keras.saving.register_keras_serializable("handtint")
class SpreadHints(layers.Layer):
    """Features [N, h, w, C], hints [N, h, w, D + 1], colours without hints [N, h, w, D] -> [N, h, w, heads * (D + 1)].

    Each head gives the mean of what the hints (colour, mask) would change about the colours, over the cells whose mask
    is 1, weighted by exp(-distance^2) to them, and how much of any it has heard, 0..1: the sum of those weights against
    0.1 for none. Where no cell has a hint all is zero.

    With `listed` the silent cells are left out before the distances are computed: the same, in a part of the time. How
    many are left depends on the values, which XLA can't compile: it is for inference.
    """

    def __init__(self, heads: int, width: int, listed: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.heads, self.width, self.listed = heads, width, listed

    def build(self, shapes: list[tuple]) -> None:
        """An embedding of the features, and the heads' reach in the plane of the picture."""
        channels = shapes[0][-1]
        self.kernel = self.add_weight(
            name="kernel",
            shape=(channels, self.heads * self.width),
            # distances between unlike places come out at about 1
            initializer=keras.initializers.RandomNormal(stddev=(2 * channels * self.width) ** -0.5),
        )
        self.reach = self.add_weight(name="reach", shape=(self.heads,), initializer=_first_reach)

    def call(self, inputs: list[Any]) -> Any:
        """Spreads."""
        features, hints, colours = inputs
        mask = hints[..., -1:]
        changes = (hints[..., :-1] - colours) * mask
        height, width = features.shape[1:3]
        cells = height * width
        embedded = ops.reshape(ops.matmul(features, self.kernel), (-1, cells, self.heads, self.width))
        place = ops.expand_dims(_places(height, width), 1) * self.reach[:, None]  # [cells, heads, 2]
        place = ops.broadcast_to(place[None], (ops.shape(features)[0], cells, self.heads, 2))
        point = ops.transpose(ops.concatenate([embedded, place], -1), (0, 2, 1, 3))  # [N, heads, cells, width + 2]
        length = ops.sum(point * point, -1, keepdims=True)
        silent = (1 - ops.reshape(mask, (-1, 1, cells, 1))) * _FAR
        one = ops.ones_like(length)
        query = ops.concatenate([2 * point, -length, -one], -1)
        key = ops.concatenate([point, one, length + silent], -1)
        given = ops.reshape(changes, (-1, 1, cells, changes.shape[-1]))
        if self.listed:
            speaking = _speaking(ops.reshape(mask, (-1, cells)))
            key, given = ops.take(key, speaking, axis=2), ops.take(given, speaking, axis=2)
        weights = ops.exp(ops.minimum(ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))), 0.0))
        total = ops.sum(weights, -1, keepdims=True)
        heard = ops.concatenate([ops.matmul(weights, given), total], -1) / (total + _SILENCE)
        return ops.reshape(ops.transpose(heard, (0, 2, 1, 3)), (-1, height, width, self.heads * hints.shape[-1]))

    def compute_output_shape(self, shapes: list[tuple]) -> tuple:
        """As the class says."""
        return (*shapes[0][:3], self.heads * shapes[1][-1])

    def get_config(self) -> dict[str, Any]:
        """For saving."""
        return {**super().get_config(), "heads": self.heads, "width": self.width, "listed": self.listed}


def _speaking(mask: Any) -> Any:
    """Masks [N, cells] -> the cells that have a hint in any of the pictures, [K], and the first one: K is never 0."""
    first = ops.one_hot(0, mask.shape[1])
    return ops.nonzero(ops.max(mask, axis=0) + first)[0]


def _places(height: int, width: int) -> Any:
    """The cells' middles in sides of the picture, [height * width, 2]."""
    rows = (ops.arange(height, dtype="float32") + 0.5) / height
    columns = (ops.arange(width, dtype="float32") + 0.5) / width
    return ops.reshape(ops.stack(ops.meshgrid(rows, columns, indexing="ij"), -1), (-1, 2))


def _first_reach(shape: tuple, dtype: Any = None) -> Any:
    return ops.convert_to_tensor([1 / _SCALES[head % len(_SCALES)] for head in range(shape[0])], dtype=dtype)
