"""Held-out examples as they are always seen: no chance in them, so that one epoch or run compares with the next.

targets, conditions = open_fixed(examples, config, size=128, view=centre_view)
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Iterable

import numpy as np

from trainer import pens
from trainer.augment import View
from trainer.colour import ab_to_rgb, rgb_to_luminance, to_pixels, to_unit
from trainer.config import Config
from trainer.sources import Example

log = logging.getLogger(__name__)


def open_fixed(
    examples: Iterable[Example], config: Config, size: int, view: Callable[[int, int], View]
) -> tuple[np.ndarray, np.ndarray]:
    """Examples -> targets uint8 [N, size, size, 3] and conditions uint8 [N, size, size, 1 or 3].

    The condition of a photograph is its grey, of a sketch what a pen drew that the example's name chose. One that can't
    be used is reported and left out. Raises ValueError if none is left.
    """
    rows = []
    for example in examples:
        try:
            target, condition = example.open(size)
        except ValueError as error:
            log.warning("Left out: %s", error)
            continue
        part = view(*target.size)
        pixels = part.apply(target, size)
        if condition:
            given = part.apply(condition, size)
        elif config.task == "sketch":
            given = pens.draw(pixels, np.random.default_rng(zlib.crc32(example.name.encode())), config.pens)
        else:
            given = grey(pixels)
        rows.append((pixels, given))
    if not rows:
        raise ValueError("None of the held-out pictures can be used; the reasons stand above.")
    targets, conditions = zip(*rows, strict=True)
    return np.stack(targets), np.stack(conditions)


def grey(pixels: np.ndarray) -> np.ndarray:
    """Pictures uint8 [..., 3] -> the greys of the same CIE lightness, uint8 [..., 3]."""
    luminance = rgb_to_luminance(to_unit(pixels.astype(np.float32)))
    return to_pixels(ab_to_rgb(luminance, np.zeros((*luminance.shape[:-1], 2), np.float32)))
