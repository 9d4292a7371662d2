"""A folder of colour pictures -> a folder of pairs: each picture beside its drawing.

report = draw_pairs(find_examples("data", config), Path("pairs"), drawer("hed"), size=256)

Names stay, so a picture is held out as a pair if it was alone; each one's drawing is chosen by its name, as `fixed`'s.
"""

from __future__ import annotations

import logging
import os
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from trainer.data import pens
from trainer.data.pictures import SUFFIXES
from trainer.data.sources import Example

log = logging.getLogger(__name__)

Drawer = Callable[[np.ndarray, np.random.Generator], np.ndarray]

SLOW = "hed"  # loaded when asked for
_PARTIAL = ".tmp"  # no picture's suffix: what a crash leaves behind is not taken for one
_JPEG = {"quality": 95, "subsampling": 0}  # colours of half the size would bleed over the middle


@dataclass(frozen=True)
class Report:
    """How many pairs were drawn, were there already, or could not be drawn as their picture is unreadable."""

    drawn: int
    there: int
    unreadable: int


def drawers() -> list[str]:
    """The names of all that can draw: the pens, and the edge detector."""
    return [*pens.PENS, SLOW]


def drawer(name: str) -> Drawer:
    """A pen's or the edge detector's function: uint8 [H, W, 3] and a generator -> uint8 [H, W, 1].

    Raises ValueError, when it draws, for a name that is none of `drawers`.
    """
    if name == SLOW:
        from trainer.data import hed

        return hed.draw
    return lambda picture, random: pens.draw(picture, random, (name,))


def draw_pairs(examples: list[Example], folder: Path, draw: Drawer, size: int, target_side: str = "left") -> Report:
    """Writes a pair for each example under `folder`, its short side at most `size` pixels, with a progress bar.

    The coloured one stands at `target_side`, left or right.
    A pair that is there already is skipped, so an interrupted run goes on; each appears whole or not at all. Unreadable
    pictures are reported and left out. Raises ValueError for names that can't be files there, and OSError if the disk
    is full.
    """
    files = _files(examples, folder)
    drawn = unreadable = 0
    waiting = [(example, file) for example, file in zip(examples, files, strict=True) if not file.exists()]
    for example, file in tqdm(waiting, desc="drawing", unit="picture"):
        try:
            picture, _ = example.open(size)
        except ValueError as error:
            log.warning("Left out: %s", error)
            unreadable += 1
            continue
        halves = _halves(picture, draw, size, np.random.default_rng(zlib.crc32(example.name.encode())))
        pair = np.concatenate(halves if target_side == "left" else halves[::-1], axis=1)
        _write(Image.fromarray(pair), file)
        drawn += 1
    return Report(drawn, len(examples) - len(waiting), unreadable)


def _files(examples: list[Example], folder: Path) -> list[Path]:
    for name, count in Counter(example.name for example in examples).items():
        if count > 1:
            raise ValueError(
                f"{count} pictures are named {name}. Expected a name for each; rename them, or draw each shard alone."
            )
        if Path(name).suffix.lower() not in SUFFIXES:
            raise ValueError(
                f"{name} is no name of a picture file: expected one ending in {', '.join(SUFFIXES)}. Pictures of "
                "CIFAR-10's batches have none and can't become pairs; unpack them first."
            )
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{name} would lie outside {folder}. Expected names without '..'; pack the shard again.")
    return [folder / example.name for example in examples]


def _halves(picture: Image.Image, draw: Drawer, size: int, random: np.random.Generator) -> list[np.ndarray]:
    share = min(1.0, size / min(picture.size))
    width, height = (max(1, round(side * share)) for side in picture.size)
    small = np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS))
    small = small[: 2 * width - 1]  # two of it side by side are wider than high, as the layout asks
    drawing = draw(small, random)
    return [small, np.repeat(drawing, 3, axis=-1)]


def _write(pair: Image.Image, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(file.name + _PARTIAL)
    kind = Image.registered_extensions()[file.suffix.lower()]
    pair.save(partial, kind, **(_JPEG if kind == "JPEG" else {}))
    os.replace(partial, file)
