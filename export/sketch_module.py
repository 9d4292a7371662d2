"""The sketch model's graph: flat colours under the drawing's own lines.

module = SketchModule(generator, size=256)
maps = module.flats(tone, hints)["maps"]        # (r, g, b, gain, offset)
coloured = lay_lines(pixels, maps)
"""

from __future__ import annotations

import tensorflow as tf
from keras import ops

from export.bands import paint_bands
from export.picture_files import decode_on_white
from export.serving_module import ServingModule
from trainer.colour import ab_to_rgb, from_symmetric, rgb_to_ab, rgb_to_luminance, to_symmetric, to_unit
from trainer.line_art import apply_ink, clean, drawing_luminance, ink_maps


class SketchModule(ServingModule):
    """Task sketch."""

    maps, answer = "flats", "maps"
    seen = "tone"

    def flats(self, tone: tf.Tensor, hints: tf.Tensor) -> dict[str, tf.Tensor]:
        """Tone 0..1 [N, S, S, 1] and hint map [N, S, S, 4] -> maps [N, S, S, 5]: sRGB 0..1, ink's gain and offset."""
        flat = from_symmetric(self.generate(to_symmetric(clean(tone, ops)), hints)["flat"])
        return {"maps": ops.concatenate([flat, ink_maps(tone, ops)], axis=-1)}

    def colours(self, tone: tf.Tensor, hints: tf.Tensor) -> dict[str, tf.Tensor]:
        """What `flats` takes -> `likely` colours."""
        return self.likely(to_symmetric(clean(tone, ops)), hints)

    def decode(self, image_bytes: tf.Tensor) -> tf.Tensor:
        """On white paper."""
        return decode_on_white(image_bytes)

    def see(self, pixels: tf.Tensor) -> tf.Tensor:
        """Tone 0..1."""
        tone = drawing_luminance(to_unit(tf.cast(pixels, tf.float32)), ops)
        return tf.image.resize(tone[None], (self.size, self.size), antialias=True)

    def finish(self, pixels: tf.Tensor, maps: tf.Tensor, saturation: tf.Tensor) -> tf.Tensor:
        """As the base class says."""
        flat = ab_to_rgb(rgb_to_luminance(maps[..., :3], ops), rgb_to_ab(maps[..., :3], ops) * saturation, ops)
        return lay_lines(pixels, ops.concatenate([flat, maps[..., 3:]], axis=-1))


def lay_lines(pixels: tf.Tensor, maps: tf.Tensor) -> tf.Tensor:
    """The drawing, uint8 [H, W, 3], and its maps [1, S, S, 5] -> coloured uint8 [H, W, 3], with lines as they were."""

    def paint(rows: tf.Tensor, raised: tf.Tensor) -> tf.Tensor:
        tone = drawing_luminance(to_unit(tf.cast(rows, tf.float32)), ops)
        return raised[..., :3] * apply_ink(tone, raised[..., 3:], ops)

    return paint_bands(pixels, maps, paint)
