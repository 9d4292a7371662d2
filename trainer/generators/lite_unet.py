"""The default generator: a U-Net on EfficientNet-Lite0, with a distribution over colours below its chroma.

    generator = build(config, size=128)      # 4.3 million parameters; ImageNet weights: load_imagenet(generator)

At a quarter of the size it says how likely each of the colour bins is, which keeps apart what a regression would
average to brown (Zhang et al. 2016). The mean of that distribution, and a correction from features at half the size,
make the chroma. Hints come after it: what they change about the mean spreads to places that look alike
(spread_hints.py). `colour` is the same for flat_unet, where a lightness of its own comes with the chroma.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from trainer.bins import load_bins
from trainer.config import Config
from trainer.efficientnet_lite import encode
from trainer.layers import ShrinkHints
from trainer.spread_hints import SpreadHints

_WIDTHS = (192, 128, 96)  # decoder filters at 1/16, 1/8 and 1/4 of the size
_BOTTOM = 256
_FINE = 32
_HEADS, _EMBEDDING = 4, 16  # of how hints spread


def build(config: Config, size: int, folded: bool = False) -> keras.Model:
    """Generator for size x size pictures, size a multiple of 32; `folded` has no batch norms.

    {"luminance": [N, size, size, 1] -1..1, "hints": [N, size, size, 3] (a, b, mask)} ->
    {"ab": [N, size, size, 2] -1..1, "distribution": logits [N, size/4, size/4, Q]}.
    Raises ValueError for another size, or for a colour_space other than 'lab'.
    """
    if size % 32:
        raise ValueError(f"The lite_unet generator halves its input five times: size {size} is no multiple of 32.")
    if config.target != "ab":
        raise ValueError(
            f"The lite_unet generator needs colour_space 'lab'; received {config.colour_space!r}. For drawings it is "
            "flat_unet."
        )
    luminance = keras.Input((size, size, 1), name="luminance")
    hints = keras.Input((size, size, 3), name="hints")
    ab, logits = colour(luminance, hints, folded)
    model = keras.Model({"luminance": luminance, "hints": hints}, {"ab": ab, "distribution": logits}, name="lite_unet")
    set_fixed(model)
    return model


def colour(
    luminance: keras.KerasTensor, hints: keras.KerasTensor, folded: bool
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Luminance [N, S, S, 1] and hints [N, S, S, C + 1] -> colours [N, S, S, C] and logits [N, S/4, S/4, Q].

    C is 2 for a chroma, or 3 with a lightness. The model that is made of these needs `set_fixed`.
    """
    colours = hints.shape[-1] - 1
    *skips, bottom = encode(luminance)
    scene = layers.Dense(_BOTTOM, name="scene")(layers.GlobalAveragePooling2D(keepdims=True)(bottom))
    x = layers.Conv2D(_BOTTOM, 1, name="bottom")(bottom)
    x = activate(layers.add([scene, x]), "bottom", folded)
    decoded = []
    for skip, width in zip(reversed(skips[1:]), _WIDTHS, strict=True):
        x = convolution(_merge(x, folded, skip), width, f"decode{skip.shape[1] * 32 // luminance.shape[1]}", folded)
        decoded.append(x)
    x = convolution(x, _WIDTHS[-1], "decode_last", folded)

    logits = layers.Conv2D(len(load_bins().centres), 1, name="distribution")(x)
    mean = layers.Conv2D(2, 1, use_bias=False, trainable=False, name="mean_of_bins")(
        layers.Softmax(dtype="float32")(logits)
    )
    if colours == 3:
        mean = layers.concatenate([mean, layers.Conv2D(1, 1, dtype="float32", name="lightness")(x)])
    return _guide(mean, decoded[-2], x, skips[0], hints, folded), logits


def set_fixed(model: keras.Model) -> None:
    """Weights that are not random at the start: a distribution's mean is a 1x1 convolution with the bins' centres."""
    model.get_layer("mean_of_bins").set_weights([load_bins().centres[None, None].astype(np.float32)])
    model.get_layer("change").set_weights([_mean_of_heads(model.get_layer("change").filters)])


def _guide(
    mean: keras.KerasTensor,
    coarse: keras.KerasTensor,
    x: keras.KerasTensor,
    skip: keras.KerasTensor,
    hints: keras.KerasTensor,
    folded: bool,
) -> keras.KerasTensor:
    """Automatic colours [N, size/4, size/4, C] -> those that hints have changed, corrected at half the size, at full.

    `coarse` and `x`: what was decoded at an eighth and a quarter of the size; `skip`: the encoder's half.
    """
    colours = mean.shape[-1]
    # what the hints change about that, where they are and where it looks alike
    shrunk = [ShrinkHints(8)(hints), layers.AveragePooling2D(2)(mean)]
    spread = SpreadHints(_HEADS, _EMBEDDING, listed=folded, name="spread_hints")([coarse, *shrunk])
    spread = layers.UpSampling2D(2, interpolation="bilinear")(spread)
    change = layers.Conv2D(colours, 1, use_bias=False, name="change")(spread)
    guided = layers.add([mean, change])

    fine = layers.concatenate([layers.Conv2D(_FINE, 1, name="fine_in")(x), guided, spread, ShrinkHints(4)(hints)])
    fine = convolution(fine, _FINE, "fine0", folded)
    fine = _merge(fine, folded, skip, ShrinkHints(2)(hints))
    fine = convolution(convolution(fine, _FINE, "fine1", folded), _FINE, "fine2", folded)
    # starts at zero, so training begins with the plain mean
    correction = layers.Conv2D(colours, 3, padding="same", kernel_initializer="zeros", name="correction")(fine)
    raised = [
        layers.UpSampling2D(4, interpolation="bilinear")(guided),
        layers.UpSampling2D(2, interpolation="bilinear")(correction),
    ]
    return layers.Add(dtype="float32")(raised)


def _mean_of_heads(colours: int) -> np.ndarray:
    """Kernel [1, 1, heads * (C + 1), C]: of each head's (colours, heard) the colours, from which training goes on."""
    kernel = np.concatenate([np.eye(colours, dtype=np.float32), np.zeros((1, colours), np.float32)]) / _HEADS
    return np.tile(kernel, (_HEADS, 1))[None, None]


def convolution(x: keras.KerasTensor, filters: int, name: str, folded: bool, strides: int = 1) -> keras.KerasTensor:
    """3x3, then `activate`."""
    x = layers.Conv2D(filters, 3, strides, padding="same", use_bias=folded, kernel_initializer="he_normal", name=name)(
        x
    )
    return activate(x, name, folded)


def activate(x: keras.KerasTensor, name: str, folded: bool) -> keras.KerasTensor:
    """ReLU, after a batch norm unless that is `folded` into what gave x."""
    return layers.ReLU()(x if folded else layers.BatchNormalization(name=f"{name}_norm")(x))


def _merge(x: keras.KerasTensor, folded: bool, *others: keras.KerasTensor) -> keras.KerasTensor:
    """Each pixel four times, beside the others. As it ships by a resize: TF.js takes four times as long to repeat."""
    if folded:
        height, width = x.shape[1:3]
        return layers.concatenate([ops.image.resize(x, (2 * height, 2 * width), interpolation="nearest"), *others])
    return layers.concatenate([layers.UpSampling2D(2)(x), *others])
