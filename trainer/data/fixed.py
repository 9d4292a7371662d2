"""Held-out examples as they are always seen: no chance in them, so that one epoch or run compares with the next.

targets, conditions = open_fixed(examples, config, size=128, view=centre_view)
for targets, conditions in fixed_batches(examples, config, size=256, view=whole_view): ...
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Iterator

import numpy as np

from trainer.config import Config
from trainer.data import pens
from trainer.data.augment import View
from trainer.data.sources import Example

log = logging.getLogger(__name__)

Pixels = tuple[np.ndarray, np.ndarray]
Viewer = Callable[..., View]  # centre_view or whole_view
BATCH = 16  # pictures in memory at a time


def open_fixed(examples: list[Example], config: Config, size: int, view: Viewer) -> Pixels:
    """All of the examples at once: targets uint8 [N, size, size, 3], conditions uint8 [N, size, size, 1 or 3].

    Raises ValueError if none can be used.
    """
    parts = list(fixed_batches(examples, config, size, view))
    if not parts:
        raise ValueError("None of the held-out pictures can be used; the reasons stand above.")
    targets, conditions = zip(*parts, strict=True)
    return np.concatenate(targets), np.concatenate(conditions)


def fixed_batches(examples: list[Example], config: Config, size: int, view: Viewer) -> Iterator[Pixels]:
    """The same, up to 16 at a time. One that can't be used is reported and left out.

    A photograph without a condition of its own is one: networks see its luminance alone. A sketch is what a pen drew
    that the example's name chose.
    """
    for start in range(0, len(examples), BATCH):
        loaded = []
        for example in examples[start : start + BATCH]:
            try:
                loaded.append(_load(example, config, size, view))
            except ValueError as error:
                log.warning("Left out: %s", error)
        if loaded:
            targets, conditions = zip(*loaded, strict=True)
            yield np.stack(targets), np.stack(conditions)


def _load(example: Example, config: Config, size: int, view: Viewer) -> Pixels:
    image, given = example.open(size)
    part = view(image.width, image.height)
    target = part.apply(image, size)
    if given:
        return target, part.apply(given, size)
    if config.task == "photo":
        return target, target
    return target, pens.draw(target, np.random.default_rng(zlib.crc32(example.name.encode())), config.pens)
