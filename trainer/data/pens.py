"""Colour picture -> line drawing, with a pen of random strength, so that a model doesn't learn one pen's habits.

drawing = draw(picture, np.random.default_rng(0))                   # uint8 [H, W, 3] -> uint8 [H, W, 1]
drawing = draw(picture, np.random.default_rng(0), pens=("xdog",))

A new pen is a function here, registered by `@pen`. The ranges are tuned at 128 to 256 pixels a side.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from trainer.colour import to_pixels, to_unit

Pen = Callable[[np.ndarray, np.random.Generator], np.ndarray]

PENS: dict[str, Pen] = {}


def pen(function: Pen) -> Pen:
    """Registers a pen under its function's name."""
    PENS[function.__name__] = function
    return function


@pen
def xdog(lightness: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Float32 [H, W] 0..1 -> drawing float32 [H, W] 0..1: extended difference of Gaussians, as an ink pen.

    Winnemoeller, Kyprianidis and Olsen, "XDoG: an eXtended difference-of-Gaussians compendium" (2012), equations 5
    to 7, with their k = 1.6, and p by the picture's own contrast. Shadows darker than epsilon are filled with ink.
    """
    sigma = random.uniform(0.5, 1.1)  # pixels: how wide the lines are
    blurred = _blur(lightness, sigma)
    difference = blurred - _blur(lightness, 1.6 * sigma)
    p = random.uniform(1.0, 2.2) / _strong_edge(-difference, 0.02)
    epsilon = random.uniform(-0.3, 0.2)  # below zero no shadow is filled
    phi = random.uniform(1.5, 6)  # how hard the line's border is
    return 1 + np.tanh(phi * np.minimum(blurred + p * difference - np.float32(epsilon), 0))


@pen
def outline(lightness: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Float32 [H, W] 0..1 -> drawing float32 [H, W] 0..1: each pixel as a share of the lightest near it, as a pencil.

    The classical "colour dodge" of image editors over a grey-scale dilation: flat areas of any tone become paper.
    """
    smooth = _blur(lightness, random.uniform(0.4, 1.0))
    # a cross, or a cross and a square, which make an octagon: a square alone leaves square dots
    lightest = np.maximum(ndimage.maximum_filter1d(smooth, 3, 0), ndimage.maximum_filter1d(smooth, 3, 1))
    if random.random() < 0.5:
        lightest = ndimage.maximum_filter(lightest, 3)
    # the constant keeps the noise of near-black areas, where the quotient means nothing, off the paper
    edge = 1 - (smooth + 0.15) / (lightest + 0.15)
    ink = random.uniform(0.6, 1.2) * _strong_edge(edge, 0.15)  # what differs more is black
    paper = random.uniform(0.2, 0.4) * ink  # what differs less is white
    return 1 - np.clip((edge - paper) / (ink - paper), 0, 1)


def draw(picture: np.ndarray, random: np.random.Generator, pens: tuple[str, ...] = ("xdog", "outline")) -> np.ndarray:
    """Uint8 [H, W, 3] -> line drawing uint8 [H, W, 1], dark on white, by one of `pens` chosen at random.

    The same picture and generator state give the same drawing. Raises ValueError for a pen that does not exist.
    """
    unknown = [name for name in pens if name not in PENS]
    if unknown or not pens:
        received = f"Unknown pen {unknown[0]!r}" if unknown else "No pen to draw with"
        raise ValueError(f"{received}. Expected one or more of {', '.join(PENS)}: see `pens` in trainer/config.py.")
    chosen = PENS[pens[random.integers(len(pens))]]
    # a random mix of the channels: two colours of equal lightness also meet in a line, in some of the drawings
    mix = random.dirichlet((6, 6, 6)).astype(np.float32)
    return to_pixels(chosen(to_unit(picture.astype(np.float32)) @ mix, random))[..., None]


def _blur(image: np.ndarray, sigma: float) -> np.ndarray:
    return ndimage.gaussian_filter(image, sigma, truncate=3.0)


def _strong_edge(edge: np.ndarray, least: float) -> float:
    """How strong a picture's strong edges are, so that a misty one isn't left blank nor a leafy one blackened."""
    return max(float(np.quantile(edge[::2, ::2], 0.96)), least)
