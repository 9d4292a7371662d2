"""How sure the model is of each place's colour, as numbers and as a picture.

    sure = confidence(probabilities[0], centres)                    # [32, 32], 0..1
    picture = draw_confidence(sure, width=1600, height=1200)        # bright: sure; dark: ask somebody who knows

Confidence is the probability of the colours within 15 Lab units of the one that the model draws, the mean: "it is
this colour, more or less". The other candidate, 1 - normalised entropy, does not know which colours are alike: it
doubts a sky that is one of four blues as much as a coat that is red, green, blue or brown.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from serving.colouring.suggestions import NEAR
from serving.pictures import Picture
from trainer.colour import lab_to_rgb, to_pixels

# (L*, a*, b*) at 0 and 1. A straight line in Lab: equal steps of confidence look equal, in grey and to the colour-blind
# too, since lightness rises along with blue turning to yellow.
_UNSURE = np.array([15.0, 20.0, -45.0], np.float32)
_SURE = np.array([92.0, -5.0, 60.0], np.float32)


def confidence(probabilities: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Probabilities float32 [R, C, Q] of colours `centres` [Q, 2] in Lab units -> float32 [R, C], 0..1."""
    mean = probabilities @ centres
    near = np.linalg.norm(mean[..., None, :] - centres, axis=-1) <= NEAR
    return (probabilities * near).sum(axis=-1).clip(0, 1)


def draw_confidence(sure: np.ndarray, width: int, height: int) -> Picture:
    """Confidence [R, C], 0..1 -> a picture of that size: dark blue is 0, bright yellow 1."""
    levels = Image.fromarray(to_pixels(sure)).resize((width, height), Image.Resampling.BICUBIC)
    ramp = np.linspace(_UNSURE, _SURE, 256, dtype=np.float32)
    levels.putpalette(to_pixels(lab_to_rgb(ramp[:, :1], ramp[:, 1:])).tobytes())
    return Picture(np.asarray(levels.convert("RGB")))
