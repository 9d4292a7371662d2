"""How much a few hints help: PSNR by the number of hints, each a point of the picture with its true colour.

hints = random_hints("owl.jpg", picture, free)                # float32 [50, 5]; the first ten are the ten
pictures, psnr = psnr_by_hints(PHOTO, candidates, group)      # psnr["shipped"][10]
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from export.quality.candidates import Candidate
from export.quality.pictures import Group
from export.quality.task import Task
from trainer.colour import to_unit
from trainer.hints import PATCH
from trainer.reports.tally import psnr

COUNTS = (0, 1, 5, 10, 50)
_TRIES = 50  # places that are thrown for each hint: enough where a fiftieth of the picture is free


def random_hints(name: str, picture: np.ndarray, free: np.ndarray, count: int = max(COUNTS)) -> np.ndarray:
    """A picture's name, uint8 [S, S, 3], and where hints may be, bool [S, S] -> hints float32 [count, 5].

    As `trainer.hints.draw_hints` takes them; NaN where there is too little room for so many. Places are even over what
    is free and always the same for the same name, the first of many those of few; the colour is the mean of what is
    free of the square that the hint will cover.
    """
    size = len(picture)
    hints = np.full((count, 5), np.nan, np.float32)
    thrown = np.random.default_rng(zlib.crc32(name.encode())).random((count * _TRIES, 2)).astype(np.float32)
    x, y = np.minimum(thrown * size, size - 1).astype(int).T
    chosen = np.flatnonzero(free[y, x])[:count]
    for hint, place in zip(hints, chosen, strict=False):
        hint[:2], hint[2:] = thrown[place], true_colour(picture, free, x[place], y[place])
    return hints


def true_colour(picture: np.ndarray, free: np.ndarray, x: int, y: int) -> np.ndarray:
    """sRGB 0..1 [3]: the mean of what is free, bool [S, S], of the square that a hint at this pixel covers."""
    rows, columns = (slice(max(0, at - PATCH // 2), at + PATCH // 2 + 1) for at in (y, x))
    covered = to_unit(picture[rows, columns].astype(np.float32))
    return covered[free[rows, columns]].mean(axis=0)


def psnr_by_hints(task: Task, candidates: Sequence[Candidate], group: Group) -> tuple[int, dict[str, dict[int, float]]]:
    """(readable pictures, mean PSNR in dB by candidate and number of hints); only 0 for one that takes no hints.

    The baseline comes first. Raises ValueError if none can be read.
    """
    painters = [task.baseline, *candidates]
    found: dict[str, dict[int, list[float]]] = {
        each.name: {count: [] for count in (COUNTS if each.takes_hints else COUNTS[:1])} for each in painters
    }
    pictures = 0
    with tqdm(desc="hinting", unit="picture", total=len(group.examples)) as progress:
        for batch in group.batches():
            each_picture = zip(batch.names, batch.targets, task.free(batch.conditions), strict=True)
            hints = np.stack([random_hints(*each) for each in each_picture])
            for candidate in painters:
                for count, values in found[candidate.name].items():
                    results = candidate.paint(batch.conditions, hints[:, :count])
                    values += [psnr(*pair) for pair in zip(results, batch.targets, strict=True)]
            pictures += len(batch.names)
            progress.update(len(batch.names))
    if not pictures:
        raise ValueError(f"None of the {len(group.examples)} pictures that were to get hints could be read; give more.")
    means = {
        name: {count: round(float(np.mean(values)), 2) for count, values in counts.items()}
        for name, counts in found.items()
    }
    return pictures, means
