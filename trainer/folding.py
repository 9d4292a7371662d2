"""Batch norms into the convolutions before them, for models that ship, and back, for training that goes on from those.

    fold(trained, folded)                   # `folded`: the same network built without batch norms
    unfold(folded, fresh, pictures)         # `fresh`: the same network built with them

A layer's batch norm is called as the layer, with `_norm` behind. Two layers meet before "bottom_norm": "bottom" takes
its shift, "scene" its scale only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

_NORM = "_norm"
_SHARED = {"scene": "bottom_norm"}  # layers whose norm is another's by name


def fold(trained: keras.Model, folded: keras.Model) -> None:
    """Gives `folded` the function that `trained` has in inference.

    The TF.js converter folds them too, and rounds to float16 after that; folded first, all doors hold the same numbers.
    """
    stored = {layer.name: layer.get_weights() for layer in trained.layers if layer.weights}
    for layer in (layer for layer in folded.layers if layer.weights):
        kernel, *bias = stored[layer.name]
        norm = _SHARED.get(layer.name, layer.name + _NORM)
        if norm in stored:
            gamma, beta, mean, variance = stored[norm]
            scale = gamma / np.sqrt(variance + trained.get_layer(norm).epsilon)
            shift = 0 if layer.name in _SHARED else beta - mean * scale
            layer.set_weights([kernel * scale, (bias[0] * scale if bias else 0) + shift])
        else:
            layer.set_weights(stored[layer.name])


def unfold(folded: keras.Model, fresh: keras.Model, batches: list[Any]) -> None:
    """Gives `fresh` the function of `folded`, with batch norms as if they had been trained on `batches` of its inputs.

    First each norm changes nothing. Then what comes to it is measured, and it takes that mean and that variance, and
    gives them back by its own scale and shift: the same function in inference, nearly the same in training.
    """
    import keras  # commands that only look at names come by here

    stored = {layer.name: layer.get_weights() for layer in folded.layers if layer.weights}
    for layer in (layer for layer in fresh.layers if layer.name in stored):
        weights = stored[layer.name]
        layer.set_weights(weights[: len(layer.weights)])
        if len(weights) > len(layer.weights):  # its bias is its norm's shift
            _set_norm(fresh.get_layer(layer.name + _NORM), weights[-1])
    norms = [layer for layer in fresh.layers if layer.name.endswith(_NORM)]
    for norm in norms:
        if norm.name in _SHARED.values():
            _set_norm(norm, np.zeros_like(norm.beta))
    arriving = keras.Model(fresh.inputs, [norm.input for norm in norms])
    found = [arriving(batch, training=False) for batch in batches]
    for index, norm in enumerate(norms):
        values = np.concatenate([np.asarray(each[index]) for each in found]).reshape(-1, norm.beta.shape[0])
        mean, variance = values.mean(axis=0), values.var(axis=0)
        norm.set_weights([np.sqrt(variance + norm.epsilon), np.asarray(norm.beta) + mean, mean, variance])


def _set_norm(norm: keras.layers.BatchNormalization, shift: np.ndarray) -> None:
    """What comes out is what comes in, plus `shift`."""
    ones, zeros = np.ones_like(shift), np.zeros_like(shift)
    norm.set_weights([ones, shift, zeros, ones - norm.epsilon])
