"""What a generator makes of pictures, at any size: the condition is shrunk, the colours come back to full size.

results = predict(generator, config, targets, conditions)        # uint8 [N, H, W, 3]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from trainer.colour import ab_to_rgb, from_symmetric, rgb_to_luminance, to_pixels, to_symmetric, to_unit
from trainer.config import Config
from trainer.line_art import apply_ink, clean, ink_maps, tone_of

if TYPE_CHECKING:
    import keras


def predict(
    generator: keras.Model,
    config: Config,
    targets: np.ndarray,
    conditions: np.ndarray | None = None,
    hints: Any = None,
) -> np.ndarray:
    """Conditions uint8 [N, H, W, 1 or 3], or the targets' own grey -> coloured pictures uint8 [N, H, W, 3].

    The generator works at its own size. What it gives is raised bilinearly to H x W; chroma meets the condition's own
    luminance at full size, and flat colours lie under the condition's lines. `hints` as `run` takes them.
    """
    unit = to_unit((targets if conditions is None else conditions).astype(np.float32))
    if config.target == "flat":
        return _lay_lines(generator, unit, hints)
    luminance = rgb_to_luminance(unit)
    output = run(generator, luminance, hints)[config.target]
    output = _resize(output, luminance.shape[1:3])
    return to_pixels(ab_to_rgb(luminance, output) if config.target == "ab" else from_symmetric(output))


def _lay_lines(generator: keras.Model, unit: np.ndarray, hints: Any) -> np.ndarray:
    """Drawings 0..1 [N, H, W, 1 or 3] -> the generator's flat colours with the drawings' own lines on top."""
    tone = tone_of(unit)
    size = inputs_of(generator)["luminance"].shape[1]
    small = _resize(tone, (size, size))
    flat = run(generator, to_symmetric(clean(small)), hints)["flat"]
    maps = _resize(np.concatenate([from_symmetric(np.asarray(flat)), ink_maps(small)], axis=-1), tone.shape[1:3])
    return to_pixels(maps[..., :3] * apply_ink(tone, maps[..., 3:]))


def _resize(maps: Any, sides: tuple[int, int]) -> np.ndarray:
    return np.asarray(ops.image.resize(maps, sides, "bilinear", antialias=True))


def run(generator: keras.Model, luminance: Any, hints: Any = None) -> dict[str, Any]:
    """Luminance -1..1 [N, H, W, 1] -> the generator's outputs, at its own size S; with a map of hints [N, S, S, C]."""
    luminance = ops.convert_to_tensor(luminance)
    inputs = inputs_of(generator)
    size = inputs["luminance"].shape[1]
    if size != luminance.shape[1] or size != luminance.shape[2]:
        luminance = ops.image.resize(luminance, (size, size), "bilinear", antialias=True)
    if hints is None and "hints" in inputs:
        hints = ops.zeros((luminance.shape[0], *inputs["hints"].shape[1:]))
    given = {"luminance": luminance} | ({} if hints is None else {"hints": ops.convert_to_tensor(hints)})
    return generator(inputs_for(generator, given), training=False)


def inputs_of(generator: keras.Model) -> dict[str, Any]:
    """The generator's inputs by name: every one has luminance, some have hints."""
    return {tensor.name: tensor for tensor in generator.inputs}


def inputs_for(generator: keras.Model, batch: dict[str, Any]) -> dict[str, Any]:
    """What this generator takes of a batch."""
    return {name: batch[name] for name in inputs_of(generator)}
