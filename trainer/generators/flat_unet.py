"""The generator for drawings: recognises at half the size, and finds the borders of flat colours at twice that.

    generator = build(config, size=256)      # 4.3 million parameters; ImageNet weights: load_imagenet(generator)

What a drawing shows is easier to see from afar, and cheaper; where a colour ends has to be seen from near.
"""

from __future__ import annotations

import keras
from keras import layers

from trainer.config import Config
from trainer.generators.lite_unet import colour, convolution, set_fixed
from trainer.layers import LabToRgb, ShrinkHints

_NEAR = 24  # filters at half the size


def build(config: Config, size: int, folded: bool = False) -> keras.Model:
    """Generator for size x size drawings, size a multiple of 64; `folded` has no batch norms.

    {"luminance": [N, size, size, 1] -1..1, "hints": [N, size, size, 4] (a, b, l, mask)} ->
    {"flat": RGB [N, size, size, 3] -1..1, "distribution": logits [N, size/8, size/8, Q]}.
    Raises ValueError for another size, or for a colour_space other than 'flat'.
    """
    if size % 64:
        raise ValueError(f"The flat_unet generator halves its input six times: size {size} is no multiple of 64.")
    if config.target != "flat":
        raise ValueError(f"The flat_unet generator needs colour_space 'flat'; received {config.colour_space!r}.")
    luminance = keras.Input((size, size, 1), name="luminance")
    hints = keras.Input((size, size, 4), name="hints")
    shrunk = ShrinkHints(2)(hints)
    far, logits = colour(layers.AveragePooling2D(2)(luminance), shrunk, folded)
    near = layers.concatenate([convolution(luminance, _NEAR, "near_in", folded, strides=2), far, shrunk])
    near = convolution(convolution(near, _NEAR, "near0", folded), _NEAR, "near1", folded)
    # starts at zero, so training begins with what was recognised
    correction = layers.Conv2D(3, 3, padding="same", kernel_initializer="zeros", name="near_correction")(near)
    flat = LabToRgb(dtype="float32")(layers.Add(dtype="float32")([far, correction]))
    flat = layers.UpSampling2D(2, interpolation="bilinear", dtype="float32")(flat)
    outputs = {"flat": flat, "distribution": logits}
    model = keras.Model({"luminance": luminance, "hints": hints}, outputs, name="flat_unet")
    set_fixed(model)
    return model
