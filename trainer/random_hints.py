"""Random hints for training, so that one model is automatic and guided (Zhang et al. 2017).

hints = random_hints(ab, share=0.5, seed=[0, 1])
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

MOST = 12  # hints a picture
LARGEST = 9  # side of a hint's square, pixels
STOP = 1 / 8  # chance that a hint is the last: a geometric count


def random_hints(ab: Any, share: float, seed: Any) -> Any:
    """Chroma [N, S, S, 2] -> hint map [N, S, S, 3] for a `share` of the pictures, the rest of it zero.

    Counts are geometric, squares 1 to 9 pixels wide, places normal about the centre (sigma a quarter of the size). Each
    square holds the mean true colour below it.
    """
    count, size = tf.shape(ab)[0], ab.shape[1]

    def uniform(number: int, shape: list) -> tf.Tensor:
        return tf.random.stateless_uniform(shape, tf.stack([seed[0], seed[1] * 8 + number]))

    # the k-th hint exists while none before it was the last
    alive = tf.math.cumprod(tf.cast(uniform(0, [count, MOST]) > STOP, tf.float32), axis=1)
    alive *= tf.cast(uniform(1, [count, 1]) < share, tf.float32)
    places = tf.random.stateless_normal([count, MOST, 2], tf.stack([seed[0], seed[1] * 8 + 2]), size / 2, size / 4)
    side = tf.floor(uniform(3, [count, MOST, 1]) * LARGEST) + 1
    start = tf.floor(tf.clip_by_value(places, 0, size - 1.0))
    grid = tf.range(size, dtype=tf.float32)
    inside = tf.cast((grid >= start[..., None]) & (grid < (start + side)[..., None]), tf.float32)  # [N, K, 2, S]
    rows, columns = inside[:, :, 0] * alive[..., None], inside[:, :, 1]
    area = tf.maximum(tf.reduce_sum(rows, -1) * tf.reduce_sum(columns, -1), 1.0)
    sums = tf.einsum("nki,nkic->nkc", rows, tf.einsum("nijc,nkj->nkic", ab, columns))
    values = tf.concat([sums / area[..., None], tf.ones_like(area)[..., None]], axis=-1)
    total = tf.einsum("nkic,nkj->nijc", rows[..., None] * values[:, :, None], columns)
    return total / tf.maximum(total[..., 2:], 1.0)
