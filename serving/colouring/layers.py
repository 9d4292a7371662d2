"""A coloured drawing taken apart for painters: its lines, and its flat colours without them.

layers = colouriser.layers("drawing.png")
Path("flat.png").write_bytes(encode_picture(layers.flat))       # transparent where the paper is white
Path("drawing.ora").write_bytes(encode_layers(layers))          # for Krita, GIMP and MyPaint
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
from PIL import Image

from serving.colouring.sketch import SKETCH
from serving.pictures import Picture, bands, eight_bit
from trainer.colour import CHROMA_UNIT, PIXEL_MAX, rgb_to_ab, rgb_to_lightness, to_unit

ORA = "ora"
CLEAR, SOLID = 3.0, 8.0  # Lab units from white up to which a colour is paper, and from which on it is opaque


@dataclass(frozen=True)
class Layers:
    """Lines over colours over white paper are the merged picture, to 1 of 255 levels.

    `lines` and `colours` are uint8 [H, W, 4], red, green, blue and alpha, not premultiplied; lines are black and as
    opaque as the ink is dark. `merged` is what `Colouriser.colourise` gives, in 8 bits.
    """

    lines: np.ndarray
    colours: np.ndarray
    merged: Picture

    @property
    def flat(self) -> Picture:
        """The colours alone, as a picture with alpha."""
        return replace(self.merged, rgb=self.colours[..., :3], alpha=self.colours[..., 3])


def take_apart(drawing: Picture, maps: np.ndarray, saturation: float = 1.0) -> Layers:
    """The drawing and (r, g, b, gain, offset) [S, S, 5], as the signature `flats` answers them -> its layers."""
    rgb = eight_bit(drawing.rgb)  # OpenRaster's layers have no more
    lines = np.zeros((drawing.height, drawing.width, 4), np.uint8)
    np.subtract(np.iinfo(np.uint8).max, SKETCH.ink(rgb, maps), out=lines[..., 3])
    colours = lift(SKETCH.flat(rgb, maps, saturation))
    merged = SKETCH.paint(rgb, maps, saturation)
    return Layers(lines, colours, replace(drawing, rgb=merged, alpha=None, task=SKETCH.name))


def lift(flat: np.ndarray) -> np.ndarray:
    """Colours on white paper, uint8 [H, W, 3] -> the colours without it, uint8 [H, W, 4].

    Alpha rises from 0 to 1 between 3 and 8 Lab units (CIE 1976 difference) from white, but is never below what the
    darkest channel needs. Laid on white again they are the very same pixels.
    """
    lifted = np.empty((*flat.shape[:2], 4), np.uint8)
    for rows in bands(flat):
        lifted[rows] = _lift(flat[rows].astype(np.float32))
    return lifted


def encode_layers(layers: Layers) -> bytes:
    """The layers `lines`, `colours` and `paper`, in this order from the top, as an OpenRaster file (.ora)."""
    from pyora import Project

    project = Project.new(layers.merged.width, layers.merged.height)
    merged, stream = Image.fromarray(layers.merged.rgb), BytesIO()
    for name, image in (
        ("paper", Image.new("RGBA", merged.size, "white")),
        ("colours", Image.fromarray(layers.colours)),
        ("lines", Image.fromarray(layers.lines)),
    ):
        project.add_layer(image, name)
    project.save(stream, merged)
    return stream.getvalue()


def _lift(flat: np.ndarray) -> np.ndarray:
    """Float32 [h, W, 3], 0..255 -> float32 [h, W, 4], whole numbers 0..255."""
    rgb = to_unit(flat)
    lightness, white = rgb_to_lightness(rgb), rgb_to_lightness(np.ones((1, 3), np.float32))
    lab = np.concatenate([lightness - white, rgb_to_ab(rgb) * np.float32(CHROMA_UNIT)], axis=-1)
    ramp = ((np.linalg.norm(lab, axis=-1, keepdims=True) - CLEAR) / (SOLID - CLEAR)).clip(0, 1)
    # rounded up, so that no channel would have to be darker than black
    alpha = np.maximum(np.ceil(ramp * PIXEL_MAX), PIXEL_MAX - flat.min(axis=-1, keepdims=True))
    colour = PIXEL_MAX - (PIXEL_MAX - flat) * PIXEL_MAX / np.maximum(alpha, 1)
    return np.concatenate([np.rint(colour), alpha], axis=-1)
