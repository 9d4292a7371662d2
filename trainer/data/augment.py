"""The random view of one example, the same for its target and its condition.

view = random_view(picture.width, picture.height, config, np.random.default_rng(0))
target, condition = view.apply(picture, 128), view.apply(drawing, 128)    # uint8 [128, 128, 3], [128, 128, 1]
condition = add_noise(condition, config.noise, np.random.default_rng(1))

A view holds shares of the picture's sides, so it lands on the same content in a smaller copy of the picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from trainer.colour import to_pixels, to_unit
from trainer.config import Config


@dataclass(frozen=True)
class View:
    """A box in shares 0..1 of the picture's width and height, mirrored or not, then an affine transform.

    `rotation` (clockwise, about the middle) and `shear` (horizontal) are in degrees; `zoom`, `shift_x` and `shift_y`
    in shares of the view's side. A positive zoom shows more, reflected at the borders; positive shifts look right and
    down.
    """

    left: float
    top: float
    width: float
    height: float
    mirrored: bool = False
    rotation: float = 0.0
    shear: float = 0.0
    zoom: float = 0.0
    shift_x: float = 0.0
    shift_y: float = 0.0

    def apply(self, image: Image.Image, size: int) -> np.ndarray:
        """What the view shows of an RGB or L picture, uint8 [size, size, 3 or 1]."""
        right = min((self.left + self.width) * image.width, image.width)  # rounding may lead past the border
        bottom = min((self.top + self.height) * image.height, image.height)
        box = (self.left * image.width, self.top * image.height, right, bottom)
        shown = image.resize((size, size), Image.Resampling.BILINEAR, box)
        if self.mirrored:
            shown = shown.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if any((self.rotation, self.shear, self.zoom, self.shift_x, self.shift_y)):
            shown = self._transform(shown)
        return np.asarray(shown).reshape(size, size, -1)

    def _transform(self, image: Image.Image) -> Image.Image:
        size = image.width
        angle = math.radians(self.rotation)
        cos, sin = math.cos(angle), math.sin(angle)
        matrix = np.array([[cos, sin], [-sin, cos]]) @ [[1, math.tan(math.radians(self.shear))], [0, 1]]
        matrix *= 1 + self.zoom
        middle = np.full(2, size / 2)
        start = middle + size * np.array([self.shift_x, self.shift_y]) - matrix @ middle
        corners = start + np.array([[0, 0], [size, 0], [0, size], [size, size]]) @ matrix.T
        # as far as the view looks past the border, and the filter's two pixels
        margin = math.ceil(max(0.0, -corners.min(), corners.max() - size)) + 2
        pixels = np.asarray(image)
        padded = np.pad(pixels, [(margin, margin)] * 2 + [(0, 0)] * (pixels.ndim - 2), mode="reflect")
        (a, b), (c, d) = matrix.tolist()
        x, y = (start + margin).tolist()
        return Image.fromarray(padded).transform(
            image.size, Image.Transform.AFFINE, (a, b, x, c, d, y), Image.Resampling.BICUBIC
        )


def random_view(width: int, height: int, config: Config, random: np.random.Generator) -> View:
    """A random square of a picture of width x height pixels, as the configuration's augmentation settings allow.

    Its side is `crop_scale` to `crop_largest` of the picture's short side, and half of the views are mirrored (Isola et
    al., "Image-to-Image Translation with Conditional Adversarial Networks" (2017), section 6.2, resize to 286 and crop
    256: both settings are 256 / 286). `rotation`, `shear`, `zoom` and `shift` are drawn uniformly, up to so far to
    either side.
    """
    side = min(width, height) * random.uniform(config.crop_scale, config.crop_largest)
    left, top = random.uniform(0, width - side), random.uniform(0, height - side)
    mirrored = bool(random.random() < 0.5)
    rotation, shear, zoom, shift_x, shift_y = (
        float(random.uniform(-most, most))
        for most in (config.rotation, config.shear, config.zoom, config.shift, config.shift)
    )
    return View(
        left / width, top / height, side / width, side / height, mirrored, rotation, shear, zoom, shift_x, shift_y
    )


def centre_view(width: int, height: int) -> View:
    """The middle square of a picture of width x height pixels."""
    side = min(width, height)
    return View((width - side) / 2 / width, (height - side) / 2 / height, side / width, side / height)


def whole_view(width: int = 0, height: int = 0) -> View:
    """The whole picture, stretched to a square."""
    return View(0.0, 0.0, 1.0, 1.0)


def add_noise(condition: np.ndarray, sigma: float, random: np.random.Generator) -> np.ndarray:
    """Uint8 [..., C] plus Gaussian noise of `sigma` in shares of white, 0..1; 0 leaves it as it is."""
    if not sigma:
        return condition
    noise = random.standard_normal((*condition.shape[:-1], 1), np.float32)  # film has no coloured grain
    return to_pixels(to_unit(condition.astype(np.float32)) + np.float32(sigma) * noise)
