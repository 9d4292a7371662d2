"""How much a few hints help: PSNR by the number of hints, each a point of the picture with its true colour.

hints = random_hints("owl.jpg", picture)                      # float32 [50, 5]; the first ten are the ten
psnr = psnr_by_hints([GREY, *candidates], examples)           # psnr["shipped"][10]
"""

from __future__ import annotations

import zlib

import numpy as np
from tqdm import tqdm

from export.quality.candidates import GREY, Candidate
from export.quality.pictures import named_batches
from export.quality.scores import SIZE
from trainer.colour import to_unit
from trainer.data.sources import Example
from trainer.hints import PATCH
from trainer.reports.tally import psnr

COUNTS = (0, 1, 5, 10, 50)


def random_hints(name: str, picture: np.ndarray, count: int = max(COUNTS)) -> np.ndarray:
    """A picture, uint8 [S, S, 3], and its name -> hints float32 [count, 5], as `trainer.hints.draw_hints` takes them.

    Places are even over the picture and always the same for the same name, the first of many those of few; the colour
    is the mean of the square that the hint will cover.
    """
    size = len(picture)
    hints = np.empty((count, 5), np.float32)
    hints[:, :2] = np.random.default_rng(zlib.crc32(name.encode())).random((count, 2))
    for hint, (x, y) in zip(hints, np.minimum(hints[:, :2] * size, size - 1).astype(int), strict=True):
        rows, columns = (slice(max(0, middle - PATCH // 2), middle + PATCH // 2 + 1) for middle in (y, x))
        hint[2:] = to_unit(picture[rows, columns].astype(np.float32)).mean(axis=(0, 1))
    return hints


def psnr_by_hints(
    candidates: list[Candidate], examples: list[Example], size: int = SIZE
) -> tuple[int, dict[str, dict[int, float]]]:
    """(readable pictures, mean PSNR in dB by candidate and number of hints); only 0 for one that takes no hints.

    Raises ValueError if none can be read.
    """
    painters = [GREY, *candidates]
    found: dict[str, dict[int, list[float]]] = {
        each.name: {count: [] for count in (COUNTS if each.takes_hints else COUNTS[:1])} for each in painters
    }
    pictures = 0
    with tqdm(desc="hinting", unit="picture", total=len(examples)) as progress:
        for names, targets in named_batches(examples, size):
            hints = np.stack([random_hints(*each) for each in zip(names, targets, strict=True)])
            for candidate in painters:
                for count, values in found[candidate.name].items():
                    results = candidate.paint(targets, hints[:, :count])
                    values += [psnr(*pair) for pair in zip(results, targets, strict=True)]
            pictures += len(targets)
            progress.update(len(targets))
    if not pictures:
        raise ValueError(f"None of the {len(examples)} pictures that were to get hints could be read; give more.")
    means = {
        name: {count: round(float(np.mean(values)), 2) for count, values in counts.items()}
        for name, counts in found.items()
    }
    return pictures, means
