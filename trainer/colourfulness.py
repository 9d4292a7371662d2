"""How colourful a picture looks, after Hasler and Suesstrunk (2003): about 0 for grey, 30 to 50 for photographs.

    colourfulness(picture)      # 0..255, [H, W, 3], sRGB

By itself, and not among the other scores, since the gateway measures it too and needs nothing but numpy for it.
"""

from __future__ import annotations

import numpy as np


def colourfulness(picture: np.ndarray) -> float:
    """With signed opponent colours, as the paper has it."""
    return _colourfulness(*_opponents(picture))


def colourfulness_absolute(picture: np.ndarray) -> float:
    """The same with absolute opponent colours, as in DDColor's code (Kang et al. 2023) and the papers that took it.

    On photographs it comes to about 0.91 of the paper's.
    """
    return _colourfulness(*map(np.abs, _opponents(picture)))


def _opponents(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Red minus green, and yellow minus blue."""
    red, green, blue = np.moveaxis(np.asarray(picture, np.float64), -1, 0)
    return red - green, (red + green) / 2 - blue


def _colourfulness(red_green: np.ndarray, yellow_blue: np.ndarray) -> float:
    spread = np.sqrt(red_green.var() + yellow_blue.var())
    return float(spread + 0.3 * np.sqrt(red_green.mean() ** 2 + yellow_blue.mean() ** 2))
