"""How unlike two pictures look to a network that recognises things: losses on the frozen encoder and its classifier.

    compare = comparison(128)
    losses = compare(result, truth)         # RGB 0..1 [N, 128, 128, 3] each -> {"features": ..., "recognition": ...}

Gatys et al. 2015 and Johnson et al. 2016, on EfficientNet-Lite0 with its ImageNet weights in place of VGG.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from trainer.colour import to_symmetric
from trainer.efficientnet_lite import classify, encode, load_imagenet
from trainer.losses import soft_cross_entropy

Comparison = Callable[[Any, Any], dict[str, Any]]


def comparison(size: int) -> Comparison:
    """Compares two batches of size x size pictures, RGB 0..1; both losses are 0 for equal ones.

    "features": mean absolute difference of the features at 1/4 to 1/32 of the size, each as a share of the truth's own
    mean, about 1 for unlike pictures. "recognition": what is lost by taking the result for the truth, in nats
    (Kullback-Leibler divergence of ImageNet's classes). Raises ModuleNotFoundError without the `train` extra. The
    network's weights never change, and belong to no model that is saved.
    """
    picture = keras.Input((size, size, 3))
    features = encode(picture)
    network = keras.Model(picture, [classify(features[-1]), *features[1:]], name="features")
    load_imagenet(network)
    network.trainable = False

    def compare(result: Any, truth: Any) -> dict[str, Any]:
        true_logits, *wanted = network(to_symmetric(truth), training=False)
        logits, *found = network(to_symmetric(result), training=False)
        # a share a picture, so that the mean over a batch is that over its workers' parts
        shares = [ops.mean(_size(mine - true) / _size(true)) for mine, true in zip(found, wanted, strict=True)]
        classes = ops.softmax(true_logits)
        lost = soft_cross_entropy(classes, logits) - soft_cross_entropy(classes, true_logits)
        return {"features": sum(shares) / len(shares), "recognition": ops.mean(lost)}

    return compare


def _size(features: Any) -> Any:
    """Mean absolute value of each picture's [N, h, w, C], [N]."""
    return ops.mean(ops.absolute(features), axis=(1, 2, 3))
