"""Hints: a point and a colour that the user wants there -> the map that the generator sees.

hint_map = draw_hints(hints, size=256)                  # numpy
hint_map = draw_hints(hints, size=256, ops=keras.ops)   # the same in the serving graph
"""

from __future__ import annotations

from types import ModuleType

import numpy as np

from trainer.colour import Array, rgb_to_ab, rgb_to_luminance

PATCH = 5  # side of a hint's square at the generator's size, in pixels; training draws 1 to 9 (Zhang 2017)
_ONE, _ZERO = np.float32(1), np.float32(0)


def draw_hints(hints: Array, size: int, ops: ModuleType = np, channels: int = 3) -> Array:
    """Hints float32 [N, K, 5] (x, y in 0..1 from the top left, sRGB 0..1; unused rows NaN) -> [N, size, size, 3].

    The map holds (a, b, mask): chroma -1..1, and 1 where a hint is; all zero elsewhere. With 4 channels it is (a, b, l,
    mask), with luminance -1..1, for generators that give that too. Where hints overlap, their
    colours are averaged.
    """
    used = ops.logical_not(ops.any(ops.isnan(hints), axis=-1))
    hints = ops.clip(ops.where(used[..., None], hints, _ZERO), 0.0, 1.0)
    centres = ops.floor(ops.minimum(hints[..., :2] * size, size - 1.0))
    covered = ops.absolute(centres[..., None] - ops.arange(size, dtype="float32")) <= PATCH // 2
    columns_rows = ops.where(ops.logical_and(covered, used[..., None, None]), _ONE, _ZERO)  # [N, K, 2, size]
    columns, rows = columns_rows[..., 0, :], columns_rows[..., 1, :]
    rgb = hints[..., 2:]
    parts = [rgb_to_ab(rgb, ops), rgb_to_luminance(rgb, ops), ops.ones_like(rgb[..., :1])]
    values = ops.concatenate(parts if channels == 4 else parts[::2], axis=-1)  # [N, K, channels]
    total = ops.einsum("nkic,nkj->nijc", rows[..., None] * values[..., None, :], columns)
    count = ops.maximum(total[..., -1:], _ONE)
    return total / count
