"""The default generator: a U-Net on EfficientNet-Lite0, with a distribution over colours below its chroma.

    generator = build(config, size=128)      # 4.3 million parameters; ImageNet weights: load_imagenet(generator)

At a quarter of the size it says how likely each of the colour bins is, which keeps apart what a regression would
average to brown (Zhang et al. 2016). The mean of that distribution, and a correction from features at half the size,
make the chroma. Hints come after it: what they change about the mean spreads to places that look alike
(spread_hints.py). In RGB hints enter the decoder at every size.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from trainer.bins import load_bins
from trainer.config import Config
from trainer.efficientnet_lite import encode
from trainer.layers import ShrinkHints
from trainer.spread_hints import SpreadHints

_WIDTHS = (192, 128, 96)  # decoder filters at 1/16, 1/8 and 1/4 of the size
_BOTTOM = 256
_FINE = 32
_FINEST = 16  # at full size, in RGB
_HEADS, _EMBEDDING = 4, 16  # of how hints spread


def build(config: Config, size: int, folded: bool = False) -> keras.Model:
    """Generator for size x size pictures, size a multiple of 32; `folded` as `fold` makes it.

    {"luminance": [N, size, size, 1] -1..1, "hints": [N, size, size, 3] (a, b, mask)} -> in Lab
    {"ab": [N, size, size, 2] -1..1, "distribution": logits [N, size/4, size/4, Q]}, in RGB
    {"rgb": [N, size, size, 3] -1..1}.
    """
    if size % 32:
        raise ValueError(f"The lite_unet generator halves its input five times: size {size} is no multiple of 32.")
    luminance = keras.Input((size, size, 1), name="luminance")
    hints = keras.Input((size, size, 3), name="hints")
    *skips, bottom = encode(luminance)

    scene = layers.Dense(_BOTTOM, name="scene")(layers.GlobalAveragePooling2D(keepdims=True)(bottom))
    x = layers.Conv2D(_BOTTOM, 1, name="bottom")(bottom)
    x = _activate(layers.add([scene, x]), "bottom", folded)
    decoded = []
    for skip, width in zip(reversed(skips[1:]), _WIDTHS, strict=True):
        automatic = config.target == "ab"  # colours that hints change afterwards
        x = _merge(x, skip, *([] if automatic else [ShrinkHints(size // skip.shape[1])(hints)]))
        x = _convolution(x, width, f"decode{skip.shape[1] * 32 // size}", folded)
        decoded.append(x)
    x = _convolution(x, _WIDTHS[-1], "decode_last", folded)
    head = _rgb if config.target == "rgb" else _ab
    outputs = head([decoded[-2], x], skips[0], luminance, hints, folded)
    model = keras.Model({"luminance": luminance, "hints": hints}, outputs, name="lite_unet")
    if config.target == "ab":
        # the mean of a distribution is a 1x1 convolution with the bins' centres
        model.get_layer("mean_of_bins").set_weights([load_bins().centres[None, None].astype(np.float32)])
        model.get_layer("change").set_weights([_mean_of_heads()])
    return model


def _ab(
    decoded: list[keras.KerasTensor],
    skip: keras.KerasTensor,
    _: keras.KerasTensor,
    hints: keras.KerasTensor,
    folded: bool,
) -> dict[str, keras.KerasTensor]:
    coarse, x = decoded  # at an eighth and a quarter of the size
    logits = layers.Conv2D(len(load_bins().centres), 1, name="distribution")(x)
    mean = layers.Conv2D(2, 1, use_bias=False, trainable=False, name="mean_of_bins")(
        layers.Softmax(dtype="float32")(logits)
    )
    # what the hints change about that, where they are and where it looks alike
    shrunk = [ShrinkHints(8)(hints), layers.AveragePooling2D(2)(mean)]
    spread = SpreadHints(_HEADS, _EMBEDDING, name="spread_hints")([coarse, *shrunk])
    spread = layers.UpSampling2D(2, interpolation="bilinear")(spread)
    change = layers.Conv2D(2, 1, use_bias=False, name="change")(spread)
    guided = layers.add([mean, change])

    fine = layers.concatenate([layers.Conv2D(_FINE, 1, name="fine_in")(x), guided, spread, ShrinkHints(4)(hints)])
    fine = _convolution(fine, _FINE, "fine0", folded)
    fine = _merge(fine, skip, ShrinkHints(2)(hints))
    fine = _convolution(_convolution(fine, _FINE, "fine1", folded), _FINE, "fine2", folded)
    # starts at zero, so training begins with the plain mean
    correction = layers.Conv2D(2, 3, padding="same", kernel_initializer="zeros", name="correction")(fine)
    raised = [
        layers.UpSampling2D(4, interpolation="bilinear")(guided),
        layers.UpSampling2D(2, interpolation="bilinear")(correction),
    ]
    ab = layers.Add(dtype="float32")(raised)
    return {"ab": ab, "distribution": logits}


def _mean_of_heads() -> np.ndarray:
    """Kernel [1, 1, heads * 3, 2]: of each head's (a, b, heard) a and b, from which training goes on."""
    kernel = np.zeros((1, 1, _HEADS, 3, 2), np.float32)
    kernel[..., 0, 0] = kernel[..., 1, 1] = 1 / _HEADS
    return kernel.reshape(1, 1, -1, 2)


def _rgb(
    decoded: list[keras.KerasTensor],
    skip: keras.KerasTensor,
    luminance: keras.KerasTensor,
    hints: keras.KerasTensor,
    folded: bool,
) -> dict[str, keras.KerasTensor]:
    fine = _convolution(_merge(decoded[-1], skip, ShrinkHints(2)(hints)), _FINE, "fine1", folded)
    fine = layers.concatenate([layers.UpSampling2D(2)(fine), luminance, hints])
    fine = _convolution(fine, _FINEST, "fine2", folded)
    return {"rgb": layers.Conv2D(3, 3, padding="same", activation="tanh", dtype="float32", name="rgb")(fine)}


def fold(config: Config, generator: keras.Model) -> keras.Model:
    """The same function with every batch norm folded into the convolution before it, as inference allows.

    The TF.js converter folds them too, and rounds to float16 after that; folded first, all doors hold the same numbers.
    """
    folded = build(config, generator.inputs[0].shape[1], folded=True)
    stored = {layer.name: layer.get_weights() for layer in generator.layers if layer.weights}
    for layer in (layer for layer in folded.layers if layer.weights):
        kernel, *bias = stored[layer.name]
        norm = "bottom_norm" if layer.name == "scene" else f"{layer.name}_norm"
        if norm in stored:
            gamma, beta, mean, variance = stored[norm]
            scale = gamma / np.sqrt(variance + generator.get_layer(norm).epsilon)
            shift = 0 if layer.name == "scene" else beta - mean * scale  # two layers meet before that norm: shift once
            layer.set_weights([kernel * scale, (bias[0] * scale if bias else 0) + shift])
        else:
            layer.set_weights(stored[layer.name])
    return folded


def _convolution(x: keras.KerasTensor, filters: int, name: str, folded: bool) -> keras.KerasTensor:
    x = layers.Conv2D(filters, 3, padding="same", use_bias=folded, kernel_initializer="he_normal", name=name)(x)
    return _activate(x, name, folded)


def _activate(x: keras.KerasTensor, name: str, folded: bool) -> keras.KerasTensor:
    return layers.ReLU()(x if folded else layers.BatchNormalization(name=f"{name}_norm")(x))


def _merge(x: keras.KerasTensor, *others: keras.KerasTensor) -> keras.KerasTensor:
    return layers.concatenate([layers.UpSampling2D(2)(x), *others])
