"""How unlike two pictures look to a network that recognises things: a feature loss on the frozen encoder.

    distance = feature_distance(128)
    loss = distance(result, truth)          # RGB 0..1 [N, 128, 128, 3] each -> a number

Gatys et al. 2015 and Johnson et al. 2016, on EfficientNet-Lite0 with its ImageNet weights in place of VGG.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from trainer.colour import to_symmetric
from trainer.efficientnet_lite import encode, load_imagenet

Distance = Callable[[Any, Any], Any]


def feature_distance(size: int) -> Distance:
    """The distance of two batches of size x size pictures, RGB 0..1: 0 for equal ones, about 1 for unlike ones.

    Mean absolute difference of the features at 1/4 to 1/32 of the size, each as a share of the truth's own mean. Raises
    ModuleNotFoundError without the `train` extra. Its weights never change, and belong to no model that is saved.
    """
    picture = keras.Input((size, size, 3))
    network = keras.Model(picture, encode(picture)[1:], name="features")
    load_imagenet(network)
    network.trainable = False

    def distance(result: Any, truth: Any) -> Any:
        wanted = network(to_symmetric(truth), training=False)
        found = network(to_symmetric(result), training=False)
        return sum(
            ops.mean(ops.absolute(mine - true)) / ops.mean(ops.absolute(true))
            for mine, true in zip(found, wanted, strict=True)
        ) / len(wanted)

    return distance
