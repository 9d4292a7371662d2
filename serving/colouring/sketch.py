"""Task sketch, at the client: flat colours under the drawing's own lines.

maps = model.predict("flats", {"tone": SKETCH.see(rgb), "hints": hints}, ["maps"])[0]
coloured = SKETCH.paint(rgb, maps[0], saturation=1.0)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from serving.colouring.bands import paint_bands, shrink
from trainer.colour import ab_to_rgb, from_pixels, rgb_to_ab, rgb_to_lightness, rgb_to_luminance
from trainer.line_art import apply_ink, drawing_luminance


class Sketch:
    """A `Task`."""

    name = "sketch"
    maps, seen, answer, depth = "flats", "tone", "maps", 5
    hint_channels = 4

    def see(self, rgb: np.ndarray) -> np.ndarray:
        """Pixels uint8 or uint16 [H, W, 3] -> tone 0..1, float32 [1, S, S, 1]."""
        return shrink(rgb, lambda rows: _tone(rows)[..., 0])

    def paint(self, rgb: np.ndarray, maps: np.ndarray, saturation: float = 1.0) -> np.ndarray:
        """The drawing uint8 or uint16 [H, W, 3] and (r, g, b, gain, offset) [S, S, 5] -> in colour, of that type."""
        flat = _saturated(maps[..., :3], saturation)

        def paint(rows: np.ndarray, raised: np.ndarray) -> np.ndarray:
            return raised[..., :3] * apply_ink(_tone(rows), raised[..., 3:])

        return paint_bands(rgb, np.concatenate([flat, maps[..., 3:]], axis=-1), paint)

    def flat(self, rgb: np.ndarray, maps: np.ndarray, saturation: float = 1.0) -> np.ndarray:
        """What `paint` takes -> its colours without the lines, uint8 [H, W, 3]."""
        return paint_bands(rgb, _saturated(maps[..., :3], saturation), lambda rows, raised: raised)

    def ink(self, rgb: np.ndarray, maps: np.ndarray) -> np.ndarray:
        """The drawing and the maps, as `paint` takes them -> how light its ink is, uint8 [H, W]: 0 is black."""
        return paint_bands(rgb, maps[..., 3:], lambda rows, raised: apply_ink(_tone(rows), raised))[..., 0]

    def lightness(self, seen: np.ndarray, maps: Callable[[], np.ndarray]) -> np.ndarray:
        """L* of the result, [S, S]: the flat colours'."""
        return rgb_to_lightness(maps()[..., :3])[..., 0]


def _tone(rgb: np.ndarray) -> np.ndarray:
    return drawing_luminance(from_pixels(rgb))


def _saturated(rgb: np.ndarray, saturation: float) -> np.ndarray:
    return ab_to_rgb(rgb_to_luminance(rgb), rgb_to_ab(rgb) * np.float32(saturation)).astype(np.float32)


SKETCH = Sketch()
