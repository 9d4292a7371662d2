"""EfficientNet-Lite1 with its ImageNet weights, as a judge of pictures: no Handtint model trains on it.

judge = Judge()
features = judge.features(pictures)      # float32 [N, 320], for metrics.frechet_distance
classes = judge.classes(pictures)        # int [N], ImageNet's numbers: 950 is an orange, 951 a lemon
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers
from PIL import Image

from trainer.efficientnet_lite import classify, encode, load_imagenet

NAME = "EfficientNet-Lite1, ImageNet, last block, mean over 240x240"
SIZE = 240  # pixels a side, as it was trained
# The last block is linear, so its means are near a Gaussian, and 1,200 pictures determine a covariance of 320 features;
# of the 1,280 after the head they do not.
FEATURES = 320
_MEAN, _SCALE = 127.0, 128.0  # of pixels, as EfficientNet-Lite was trained


class Judge:
    """The network, read once; its methods work through any number of pictures of any size, `batch` at a time."""

    def __init__(self, batch: int = 16) -> None:
        """Raises ModuleNotFoundError without the `train` extra, which brings the weights."""
        self.batch = batch
        picture = keras.Input((SIZE, SIZE, 3), name="picture")
        last = encode(picture, "lite1")[-1]
        self.model = keras.Model(
            picture, {"features": layers.GlobalAveragePooling2D()(last), "logits": classify(last)}, name="judge"
        )
        load_imagenet(self.model, "lite1")

    def features(self, pictures: np.ndarray) -> np.ndarray:
        """Pictures uint8 [N, H, W, 3] -> float32 [N, 320]. Raises ValueError for anything else."""
        return self._run(pictures, "features")

    def classes(self, pictures: np.ndarray) -> np.ndarray:
        """Pictures uint8 [N, H, W, 3] -> the likeliest of ImageNet's 1,000 classes, int64 [N]. Raises as `features`."""
        return self.logits(pictures).argmax(axis=-1)

    def logits(self, pictures: np.ndarray) -> np.ndarray:
        """Pictures uint8 [N, H, W, 3] -> how likely each class is, before softmax, float32 [N, 1000]."""
        return self._run(pictures, "logits")

    def _run(self, pictures: np.ndarray, output: str) -> np.ndarray:
        if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[-1] != 3 or not len(pictures):
            raise ValueError(
                f"The judge got {pictures.dtype} {list(pictures.shape)}. Expected at least one RGB picture, uint8 "
                "[N, H, W, 3]; convert with trainer.colour.to_pixels."
            )
        chunks = range(0, len(pictures), self.batch)
        return np.concatenate([self._batch(pictures[start : start + self.batch], output) for start in chunks])

    def _batch(self, pictures: np.ndarray, output: str) -> np.ndarray:
        count = len(pictures)
        resized = np.zeros((self.batch, SIZE, SIZE, 3), np.float32)  # always a full batch: it compiles only once
        for index, picture in enumerate(pictures):  # Pillow's filter: the same on every backend
            resized[index] = Image.fromarray(picture).resize((SIZE, SIZE), Image.Resampling.BICUBIC)
        return np.asarray(self.model.predict_on_batch((resized - _MEAN) / _SCALE)[output])[:count]
