"""Looks at every picture before a training run does: can it be read, has it colour, is it there twice.

    report = check(find_examples("data", config), config, Path("data"))
    print(report.exit_code, report.unreadable)

A photograph counts as grey when its mean Lab chroma at 64x64 is below 4, or its a* and b* both spread (standard
deviation) below 2.5: one tint. A drawing, which is mostly paper, does when under 10% of it has a chroma above 8.
"""

from __future__ import annotations

import io
import os
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.pool import ThreadPool
from pathlib import Path
from statistics import median_low

import numpy as np
from PIL import Image
from tqdm import tqdm

from trainer.colour import CHROMA_UNIT, rgb_to_ab, to_unit
from trainer.config import Config
from trainer.data.loader import SMALLEST
from trainer.data.near_copies import copy_groups, fingerprint
from trainer.data.pictures import SUFFIXES, Picture
from trainer.data.sources import Example, split

LEAST_CHROMA = 4.0  # mean, Lab units
LEAST_SPREAD = 2.5  # standard deviation, Lab units
DRAWN_CHROMA, DRAWN_SHARE = 8.0, 0.1
_SEEN = 64  # side at which a picture is looked at, pixels


@dataclass(frozen=True)
class Look:
    """What one example showed. `fault` says why it can't be trained on; then the rest is empty."""

    fault: str = ""
    misplaced: bool = False  # it can be read, but is not of the layout
    short_side: int = 0  # of the target, pixels
    grey: bool = False
    twice_as_wide: bool = False
    hash: np.uint64 = field(default=np.uint64(0), repr=False)
    thumbnail: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint8), repr=False)


@dataclass(frozen=True)
class Report:
    """All that was found. Lists and dictionaries hold names, in the order of the data."""

    pictures: int
    containers: dict[str, int]  # pictures by folder or shard
    training: int
    held_out: int
    size: int  # of training, pixels
    short_sides: tuple[int, int, int]  # smallest, median, largest, pixels; zeros when nothing could be read
    small: list[str]  # short side under the training size
    tiny: int  # so far under it that fit skips them
    unreadable: dict[str, str]  # why, by name
    wrong_layout: dict[str, str]
    grey: list[str]
    copies_across: dict[str, str]  # of a held-out picture: the one in training
    copies_training: dict[str, str]  # of a training picture: the first of its copies
    copies_held_out: dict[str, str]
    twice_as_wide: int  # that may be pairs, where the layout takes each for one picture

    @property
    def obstacles(self) -> list[str]:
        """Why the data can't be trained on as it is; none: it can."""
        faulty, most = len(self.unreadable) + len(self.wrong_layout), self.pictures / 2
        found = {
            f"{faulty} of {self.pictures} pictures can't be read or are of another layout": faulty > most,
            f"{len(self.grey)} of {self.pictures} pictures have no colour to learn; if these are pairs, the coloured "
            "side may be the other: --set target_side=left or right": len(self.grey) > most,
            f"{self.tiny} of {self.pictures} pictures are far too small; lower size={self.size}": self.tiny > most,
            "no picture is held out to score on; add more, or hold out more: --set validation=5": self.held_out == 0,
            "no picture is left to train on; add more, or hold out fewer: --set validation=20": self.training == 0,
        }
        return [reason for reason, applies in found.items() if applies]

    @property
    def remarks(self) -> list[str]:
        """What is worth a look, though the data can be trained on."""
        found = {
            "fit skips what can't be read or is of another layout": self.unreadable or self.wrong_layout,
            "grey pictures teach the model to leave things grey; take them out": self.grey,
            "copies of held-out pictures in training make scores too good; take either out": self.copies_across,
            "small pictures are enlarged, which teaches blur": self.small,
            f"{self.twice_as_wide} pictures are exactly twice as wide as high; if they are pairs, give --set "
            "layout=pairs": self.twice_as_wide > self.pictures / 2,
        }
        return [remark for remark, applies in found.items() if applies]

    @property
    def exit_code(self) -> int:
        """0: nothing wrong; 1: usable, but something is worth a look; 2: not usable."""
        return 2 if self.obstacles else 1 if self.remarks else 0


def check(examples: list[Example], config: Config, root: Path) -> Report:
    """Opens every example, with a progress bar. `root` is where they were found: containers are named from there."""
    drawn, single = config.task == "sketch", config.layout == "colour"
    with ThreadPool(os.cpu_count()) as pool:  # its exit ends the threads, so Ctrl-C ends the command
        opened = pool.imap(lambda example: look(example, drawn), examples, chunksize=4)
        seen = list(zip(examples, tqdm(opened, total=len(examples), desc="looking", unit="picture"), strict=True))

    sound = [(example, each) for example, each in seen if not each.fault]
    sides = [each.short_side for _, each in sound] or [0]
    training, held_out = split([example for example, _ in sound], config.validation)
    groups = dict(zip((example for example, _ in sound), _groups([each for _, each in sound]), strict=True))
    first_in_training = {groups[example]: example.name for example in reversed(training)}
    return Report(
        pictures=len(examples),
        containers=dict(sorted(Counter(_container(example.picture, root) for example in examples).items())),
        training=len(training),
        held_out=len(held_out),
        size=config.size,
        short_sides=(min(sides), median_low(sides), max(sides)),
        small=[example.name for example, each in sound if each.short_side < config.size],
        tiny=sum(each.short_side * SMALLEST < config.size for _, each in sound),
        unreadable={example.name: each.fault for example, each in seen if each.fault and not each.misplaced},
        wrong_layout={example.name: each.fault for example, each in seen if each.misplaced},
        grey=[example.name for example, each in sound if each.grey],
        copies_across={
            example.name: first_in_training[groups[example]]
            for example in held_out
            if groups[example] in first_in_training
        },
        copies_training=_repeats(training, groups),
        copies_held_out=_repeats(held_out, groups),
        twice_as_wide=sum(each.twice_as_wide for _, each in sound) if single else 0,
    )


def look(example: Example, drawn: bool = False) -> Look:
    """Opens one example. `drawn`: it is a drawing, much of which is paper. Never raises for a bad picture."""
    try:
        target, short_side = _decode(example)
    except Exception as error:  # decoders raise all sorts; what matters is which picture it was
        return Look(fault=str(error) or repr(error), misplaced=_readable(example))
    small = target.resize((_SEEN, _SEEN), Image.Resampling.BOX)
    bits, thumbnail = fingerprint(small)
    ab = rgb_to_ab(to_unit(np.asarray(small, np.float32))).reshape(-1, 2) * CHROMA_UNIT
    return Look(
        short_side=short_side,
        grey=is_grey(ab, drawn),
        twice_as_wide=abs(target.width - 2 * target.height) <= 1,  # a JPEG decoded smaller is rounded
        hash=bits,
        thumbnail=thumbnail,
    )


def is_grey(ab: np.ndarray, drawn: bool = False) -> bool:
    """Whether pixels, a* and b* in Lab units [N, 2], are grey or of one tint, as the module's first lines define it."""
    chroma = np.hypot(ab[:, 0], ab[:, 1])
    if drawn:
        return bool((chroma > DRAWN_CHROMA).mean() < DRAWN_SHARE)
    return bool(chroma.mean() < LEAST_CHROMA or ab.std(axis=0).max() < LEAST_SPREAD)


def _decode(example: Example) -> tuple[Image.Image, int]:
    """(the target, perhaps decoded smaller, and its short side at full size)."""
    if example.target_side or example.picture.path.suffix == ".bin":
        target, _ = example.open()
        return target, min(target.size)
    target, condition = example.open(_SEEN)
    if condition and abs(target.width * condition.height / (target.height * condition.width) - 1) > 0.02:
        raise ValueError(f"Picture {example.name} and its twin differ in shape. Expected two pictures of one size.")
    with example.picture.path.open("rb") as file:
        header = io.BytesIO(os.pread(file.fileno(), example.picture.length, example.picture.offset))
    return target, min(Image.open(header).size)


def _readable(example: Example) -> bool:
    try:
        for picture in (example.picture, example.twin):
            if picture:
                picture.open(_SEEN)
    except Exception:  # as in `look`
        return False
    return True


def _groups(looks: list[Look]) -> list[int]:
    if not looks:
        return []
    return copy_groups(np.array([each.hash for each in looks]), np.stack([each.thumbnail for each in looks])).tolist()


def _repeats(examples: list[Example], groups: dict[Example, int]) -> dict[str, str]:
    first: dict[int, str] = {}
    found = {example.name: first.setdefault(groups[example], example.name) for example in examples}
    return {name: original for name, original in found.items() if name != original}


def _container(picture: Picture, root: Path) -> str:
    path = picture.path.parent if picture.path.suffix.lower() in SUFFIXES else picture.path
    return path.name if path == root else str(path.relative_to(root))
