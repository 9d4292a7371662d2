"""A sheet to look at: conditions above, results below them, truths at the bottom; in bands, if they are many.

sheet(conditions, results, truths).save("sheet.png")
"""

from __future__ import annotations

import numpy as np
from PIL import Image

COLUMNS = 12
_GAP = 8  # white rows between bands


def sheet(conditions: np.ndarray, results: np.ndarray, truths: np.ndarray, columns: int = COLUMNS) -> Image.Image:
    """Pictures uint8 [N, H, W, 1 or 3] and twice [N, H, W, 3] -> one picture, of at most so many columns."""
    rows = np.stack([np.broadcast_to(conditions, truths.shape), results, truths])  # [3, N, H, W, 3]
    columns = min(columns, len(truths))
    missing = -len(truths) % columns
    rows = np.pad(rows, [(0, 0), (0, missing), (0, 0), (0, 0), (0, 0)], constant_values=np.iinfo(np.uint8).max)
    _, _, height, width, _ = rows.shape
    bands = rows.reshape(3, -1, columns, height, width, 3).transpose(1, 0, 3, 2, 4, 5)
    bands = bands.reshape(-1, 3 * height, columns * width, 3)
    gaps = np.pad(bands, [(0, 0), (0, _GAP), (0, 0), (0, 0)], constant_values=np.iinfo(np.uint8).max)
    return Image.fromarray(gaps.reshape(-1, columns * width, 3)[:-_GAP])
