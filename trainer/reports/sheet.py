"""A sheet to look at: conditions above, results below them, truths at the bottom.

sheet(conditions, results, truths).save("sheet.png")
"""

from __future__ import annotations

import numpy as np
from PIL import Image


def sheet(conditions: np.ndarray, results: np.ndarray, truths: np.ndarray) -> Image.Image:
    """Pictures uint8 [N, H, W, 1 or 3] and twice [N, H, W, 3] -> one picture of N columns and three rows."""
    rows = [np.concatenate(list(row), axis=1) for row in (np.broadcast_to(conditions, truths.shape), results, truths)]
    return Image.fromarray(np.concatenate(rows, axis=0))
