"""Pictures -> examples: a target and, where the data has one, its condition. Three layouts.

    examples = find_examples("data", config)
    training, held_out = split(examples, one_in=20)
    target, condition = training[0].open()       # condition is None where it is to be made from the target

| layout   | what the data is                                                               |
|----------|--------------------------------------------------------------------------------|
| `colour` | coloured pictures; the condition is their grey, or a sketch drawn after them    |
| `pairs`  | two pictures of one size side by side in one; `target_side` is the coloured one |
| `twins`  | two folders, `twin_folders`, with files of the same names                       |
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from trainer.config import Config
from trainer.data.pictures import Picture, find_pictures

_UNLIKE = 0.05  # of two shapes: more than a decoder's or a thumbnail's rounding makes


T = TypeVar("T")


@dataclass(frozen=True)
class Example:
    """One example as it lies on disk: a picture, a pair in one picture, or a picture and its twin."""

    picture: Picture
    target_side: str | None = None  # of a pair
    twin: Picture | None = None

    @property
    def name(self) -> str:
        """By which it is split and reported."""
        return self.picture.name

    def begins(self, *beginnings: str) -> bool:
        """Whether its file's name begins with one of these: a source's pictures are named so."""
        return Path(self.name).name.startswith(beginnings)

    def open(self, least: int = 0) -> tuple[Image.Image, Image.Image | None]:
        """(target, condition), RGB; `least` as in `Picture.open`, but for pairs.

        Raises ValueError, naming it, when it can't be read, is no pair or is unlike its twin.
        """
        if self.twin:
            target, condition = self.picture.open(least), self.twin.open(least)
            if abs(target.width * condition.height / (target.height * condition.width) - 1) > _UNLIKE:
                raise ValueError(
                    f"Picture {self.name} and its twin differ in shape: {target.width}x{target.height} and "
                    f"{condition.width}x{condition.height}. Expected one shape, of any size; crop or turn one of them."
                )
            return target, condition
        if not self.target_side:
            return self.picture.open(least), None
        image = self.picture.open()  # a decoder's shortcut could leave an odd width
        width, height = image.size
        if width % 2 or width <= height:
            raise ValueError(
                f"Picture {self.name} is {width}x{height}: not two pictures of one size side by side. Expected an even "
                "width, as in 1024x512; or set layout to colour."
            )
        left, right = image.crop((0, 0, width // 2, height)), image.crop((width // 2, 0, width, height))
        return (left, right) if self.target_side == "left" else (right, left)


def find_examples(path: str | Path, config: Config) -> list[Example]:
    """All examples under `path`, in the order of their names; `config.limit` of them, drawn by the seed, if it is set.

    Raises FileNotFoundError if the path does not exist and ValueError if it holds nothing of the expected layout.
    """
    if config.layout == "twins":
        examples = _twins(Path(path), *config.twin_folders)
    else:
        side = config.target_side if config.layout == "pairs" else None
        examples = [Example(picture, side) for picture in find_pictures(path)]
    if config.limit and config.limit < len(examples):
        chosen = np.random.default_rng((config.seed, 2)).choice(len(examples), config.limit, replace=False)
        examples = [examples[index] for index in sorted(chosen)]
    return examples


def split(examples: list[Example], one_in: int) -> tuple[list[Example], list[Example]]:
    """Examples -> (training, held out): one in so many is held out, by the CRC-32 of its name.

    By the name alone, so an example stays on its side when others come or go, and those that one in 20 holds out are
    among those that one in 5 does.
    """
    training: list[Example] = []
    held_out: list[Example] = []
    for example in examples:
        (training if zlib.crc32(example.name.encode()) % one_in else held_out).append(example)
    return training, held_out


def leave_out(examples: list[Example], beginnings: Sequence[str]) -> list[Example]:
    """The examples whose file names begin with none of these."""
    return [example for example in examples if not example.begins(*beginnings)]


def spread(items: Sequence[T], count: int) -> list[T]:
    """At most `count` of the items, evenly over the whole sequence: the first of many may all be of one kind."""
    chosen = np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int)
    return [items[index] for index in chosen]


def _twins(root: Path, coloured: str, conditions: str) -> list[Example]:
    for folder in (coloured, conditions):
        if not (root / folder).is_dir():
            raise FileNotFoundError(
                f"No folder {folder} in {root}. Twin folders are {coloured} and {conditions}, with the same file names "
                'in both; others are named with --set twin_folders=\'["colour", "grey"]\'.'
            )
    twins = {_stem(picture): picture for picture in find_pictures(root / conditions)}
    pictures = find_pictures(root / coloured)
    alone = [picture.name for picture in pictures if _stem(picture) not in twins]
    if alone:
        raise ValueError(
            f"{len(alone)} of {len(pictures)} pictures in {coloured} have no twin in {conditions}, {alone[0]} among "
            "them. Expected the same file names in both; add the missing ones or take these out."
        )
    return [Example(picture, twin=twins[_stem(picture)]) for picture in pictures]


def _stem(picture: Picture) -> str:
    return str(Path(picture.name).with_suffix(""))  # a JPEG and its grey PNG are twins
