"""Random hints for training, so that one model is automatic and guided (Zhang et al. 2017).

boxes = random_boxes(random, share=0.5, size=128)           # numpy, an example's own
hints = fill_boxes(colours, boxes, ops=keras.ops)                # a batch
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np

from trainer.colour import Array

MOST = 24  # hints a picture
LARGEST = 9  # side of a hint's square, pixels
STOP = 1 / 10  # chance that a hint is the last: a geometric count


def random_boxes(random: np.random.Generator, share: float, size: int) -> np.ndarray:
    """Squares (top, left, bottom, right) in pixels, float32 [MOST, 4]; unused rows, or all of them, are zero.

    A `share` of the pictures gets any. Counts are geometric, squares 1 to 9 pixels wide, places normal about the centre
    (sigma a quarter of the size).
    """
    boxes = np.zeros((MOST, 4), np.float32)
    if random.random() >= share:
        return boxes
    count = min(random.geometric(STOP) - 1, MOST)
    start = np.floor(random.normal(size / 2, size / 4, (count, 2)).clip(0, size - 1))
    side = random.integers(1, LARGEST + 1, (count, 1))
    boxes[:count] = np.concatenate([start, np.minimum(start + side, size)], axis=1)
    return boxes


def fill_boxes(
    colours: Array, boxes: Array, ops: ModuleType = np, convert: Callable[[Array], Array] = lambda colours: colours
) -> Array:
    """Colours [N, S, S, C] and boxes [N, K, 4] -> hint map [N, S, S, C + 1]: the mean true colour below each box.

    `convert`: what is made of these means [N, K, C], perhaps of another C.
    """
    grid = ops.arange(colours.shape[1], dtype="float32")
    start, stop = boxes[..., :2, None], boxes[..., 2:, None]
    inside = ops.where(ops.logical_and(grid >= start, grid < stop), np.float32(1), np.float32(0))  # [N, K, 2, S]
    rows, columns = inside[:, :, 0], inside[:, :, 1]
    area = ops.maximum(ops.sum(rows, -1) * ops.sum(columns, -1), 1.0)
    sums = ops.einsum("nki,nkic->nkc", rows, ops.einsum("nijc,nkj->nkic", colours, columns))
    values = ops.concatenate([convert(sums / area[..., None]), ops.ones_like(area)[..., None]], axis=-1)
    total = ops.einsum("nkic,nkj->nijc", rows[..., None] * values[:, :, None], columns)
    return total / ops.maximum(total[..., -1:], 1.0)
