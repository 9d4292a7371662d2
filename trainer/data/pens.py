"""Colour picture -> line drawing, with a pen of random strength, so that a model doesn't learn one pen's habits.

drawing = draw(picture, np.random.default_rng(0))                   # uint8 [H, W, 3] -> uint8 [H, W, 1]
drawing = draw(picture, np.random.default_rng(0), pens=("xdog",))

A new pen is a function here, registered by `@pen`. The ranges are tuned at 128 to 256 pixels a side. A pen that is too
slow to draw while a model trains is a module of its own: trainer/data/hed.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import ndimage
from skimage.feature import canny
from skimage.filters import apply_hysteresis_threshold
from skimage.morphology import skeletonize

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


@pen
def pencil(lightness: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Float32 [H, W] 0..1 -> drawing float32 [H, W] 0..1: soft graphite on rough paper, pressed unevenly.

    Lines fade into a narrow shade on the darker side of an edge; where the hand is light they break. In half of the
    drawings shadows are hatched.
    """
    smooth = _blur(lightness, random.uniform(0.5, 0.9))
    around = _blur(smooth, random.uniform(1.2, 2.5), truncate=2.0)  # how far the shade reaches
    edge = 1 - (smooth + 0.15) / (around + 0.15)
    black = random.uniform(0.5, 0.9) * _strong_edge(edge, 0.06)
    paper = random.uniform(0.15, 0.3) * black
    tone = np.clip((edge - paper) / (black - paper), 0, 1)
    if random.random() < 0.5:
        tone = np.sqrt(tone)  # the shade stays
    pressure = _clouds(lightness.shape, random.uniform(2.0, 5.0), random)
    tone *= np.clip(random.uniform(1.3, 2.5) + pressure, 0, 1)
    if random.random() < 0.5:
        shadow = random.uniform(0.15, 0.4)
        dark = np.clip(1 - _blur(lightness, 1.5) / np.float32(shadow), 0, 1)
        tone = np.maximum(tone, random.uniform(0.5, 0.9) * dark * _hatching(lightness.shape, random))
    tooth = _clouds(lightness.shape, random.uniform(0.4, 0.8), random)
    tone *= 1 - random.uniform(0.1, 0.35) * np.clip(1 + tooth, 0, 2)
    return 1 - np.clip(random.uniform(0.9, 1.4) * tone, 0, random.uniform(0.75, 1.0))


@pen
def ink(lightness: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Float32 [H, W] 0..1 -> drawing float32 [H, W] 0..1: clean black lines of one thickness on white, as vector art.

    The picture's own thin dark strokes are drawn as one line each: a closing fills them, and what it changed is they
    (the black top-hat of mathematical morphology). Elsewhere the lines are borders of tones (Canny, "A computational
    approach to edge detection" (1986)). Short ones are left out.
    """
    smooth = _blur(lightness, random.uniform(0.4, 0.8))
    filled = ndimage.grey_closing(smooth, (5, 5))
    darkest = random.uniform(0.06, 0.12)
    least = int(random.integers(4, 12))  # pixels: what is shorter is left out
    own = _long(skeletonize(apply_hysteresis_threshold(filled - smooth, darkest / 3, darkest)), least)
    sigma = random.uniform(0.7, 1.2)
    flat = ndimage.grey_opening(filled, (3, 3))  # thin light strokes go too: glints and texture
    strong = random.uniform(0.2, 0.45) * _strong_edge(ndimage.gaussian_gradient_magnitude(flat, sigma), 0.05)
    borders = canny(flat, sigma, 8 * 0.3 * strong, 8 * strong)  # its Sobel filter gives 8 times the gradient
    thin = _long(own | (borders & ~ndimage.maximum_filter(own, 5)), least)
    thickest = max(1.0, 0.2 / max(float(thin.mean()), 1e-6))  # more would blacken what is dense
    return 1 - stroke(thin, min(random.uniform(1, 3), thickest))


def stroke(thin: np.ndarray, width: float) -> np.ndarray:
    """Lines one pixel wide, bool [H, W] -> the same `width` pixels wide, smooth, float32 [H, W]: 1 is ink."""
    if not thin.any():
        return np.zeros(thin.shape, np.float32)
    # blurred, the distance from a line's staircase is nearly that from a smooth line
    distance = _blur(ndimage.distance_transform_edt(~thin).astype(np.float32), 0.5)
    return np.clip(np.float32(width / 2 + 0.6) - distance, 0, 1)


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


def _blur(image: np.ndarray, sigma: float, truncate: float = 3.0) -> np.ndarray:
    return ndimage.gaussian_filter(image, sigma, truncate=truncate)


def _long(thin: np.ndarray, least: int) -> np.ndarray:
    """The lines of at least so many pixels, bool [H, W]."""
    labels, _ = ndimage.label(thin, np.ones((3, 3)))
    lengths = np.bincount(labels.ravel())
    lengths[0] = 0  # of what is no line
    return lengths[labels] >= least


def _clouds(shape: tuple[int, ...], sigma: float, random: np.random.Generator) -> np.ndarray:
    """Blurred noise, float32 of standard deviation 1."""
    noise = _blur(random.standard_normal(shape, np.float32), sigma, truncate=2.0)
    return noise / max(float(noise.std()), 1e-6)


def _hatching(shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    """Parallel oblique strokes 3 to 6 pixels apart, not quite straight, float32 [H, W] 0..1: 1 is graphite."""
    y, x = np.indices(shape, np.float32)
    angle = random.uniform(0.2, math.pi / 2 - 0.2) * random.choice((-1, 1))
    across = x * np.float32(math.cos(angle)) + y * np.float32(math.sin(angle)) + _clouds(shape, 6.0, random)
    return 0.6 + 0.4 * np.sin(across * np.float32(2 * math.pi / random.uniform(3, 6)))


def _strong_edge(edge: np.ndarray, least: float) -> float:
    """How strong a picture's strong edges are, so that a misty one isn't left blank nor a leafy one blackened."""
    return max(float(np.quantile(edge[::2, ::2], 0.96)), least)
