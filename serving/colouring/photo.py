"""Task photo, at the client: the photograph's own lightness, and chroma that follows its edges.

coefficients = model.predict("chroma", {"luminance": PHOTO.see(rgb), "hints": hints}, ["coefficients"])[0]
coloured = PHOTO.paint(rgb, coefficients[0], saturation=1.0)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from serving.colouring.bands import paint_bands, shrink
from trainer.colour import apply_coefficients, from_pixels, lab_to_rgb, rgb_to_lightness, to_lightness, to_luminance


class Photo:
    """A `Task`."""

    name = "photo"
    maps, seen, answer, depth = "chroma", "luminance", "coefficients", 4
    hint_channels = 3

    def see(self, rgb: np.ndarray) -> np.ndarray:
        """Pixels uint8 or uint16 [H, W, 3] -> luminance -1..1, float32 [1, S, S, 1]."""
        return to_luminance(shrink(rgb, lambda rows: _lightness(rows)[..., 0]))

    def paint(self, rgb: np.ndarray, coefficients: np.ndarray, saturation: float = 1.0) -> np.ndarray:
        """The picture uint8 or uint16 [H, W, 3] and (m_a, m_b, c_a, c_b) [S, S, 4] -> in colour, of the same type.

        docs/architecture.md has the formula. `saturation`: what a* and b* are multiplied by; 0 is grey.
        """

        def paint(rows: np.ndarray, raised: np.ndarray) -> np.ndarray:
            lightness = _lightness(rows)
            return lab_to_rgb(lightness, apply_coefficients(lightness, raised) * np.float32(saturation))

        return paint_bands(rgb, coefficients, paint)

    def lightness(self, seen: np.ndarray, coefficients: Callable[[], np.ndarray]) -> np.ndarray:
        """L* of the result, [S, S]: the photograph's."""
        return to_lightness(seen[0, ..., 0])


def _lightness(rgb: np.ndarray) -> np.ndarray:
    return rgb_to_lightness(from_pixels(rgb))


PHOTO = Photo()
