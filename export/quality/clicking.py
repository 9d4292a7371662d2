"""How much corrections help: PSNR by the number of hints that somebody gives who clicks where the result is most wrong.

psnr = psnr_by_clicks(SKETCH, candidates, group)              # psnr["shipped"][5]
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage
from tqdm import tqdm

from export.quality.candidates import Candidate
from export.quality.hinting import true_colour
from export.quality.pictures import Group
from export.quality.task import Task
from trainer.reports.tally import psnr

MOST = 5
_SEEN = 8.0  # pixels, sigma: an error is seen as a region's, not a pixel's
_APART = 12  # pixels, of rows and of columns: the next click is further from this one


def worst_place(result: np.ndarray, picture: np.ndarray, free: np.ndarray) -> tuple[int, int] | None:
    """Result and truth uint8 [S, S, 3], where hints may be, bool [S, S] -> pixel (x, y); None if nothing is free.

    It is where the squared error, smoothed with a sigma of 8 pixels over what is free, is largest.
    """
    if not free.any():
        return None
    error = np.square(result.astype(np.float32) - picture).sum(axis=-1) * free
    y, x = np.unravel_index(np.where(free, ndimage.gaussian_filter(error, _SEEN), -1).argmax(), free.shape)
    return int(x), int(y)


def psnr_by_clicks(task: Task, candidates: Sequence[Candidate], group: Group) -> dict[str, dict[int, float]]:
    """Mean PSNR in dB by candidate that takes hints and number of clicks, each made on the result of those before."""
    clickable = [each for each in candidates if each.takes_hints]
    found: dict[str, list[list[float]]] = {each.name: [[] for _ in range(MOST + 1)] for each in clickable}
    with tqdm(desc="clicking", unit="picture", total=len(group.examples)) as progress:
        for batch in group.batches():
            anywhere = task.free(batch.conditions)
            for candidate in clickable:
                free = anywhere.copy()
                hints = np.full((len(batch.names), MOST, 5), np.nan, np.float32)
                for count in range(MOST + 1):
                    results = candidate.paint(batch.conditions, hints)
                    found[candidate.name][count] += [psnr(*pair) for pair in zip(results, batch.targets, strict=True)]
                    if count < MOST:
                        _click(hints[:, count], results, batch.targets, free)
            progress.update(len(batch.names))
    return {
        name: {count: round(float(np.mean(values)), 2) for count, values in enumerate(counts) if values}
        for name, counts in found.items()
    }


def _click(hints: np.ndarray, results: np.ndarray, pictures: np.ndarray, free: np.ndarray) -> None:
    """Fills in a hint of each picture, [N, 5]; nobody clicks beside it again, so `free` [N, S, S] loses its place."""
    for hint, result, picture, where in zip(hints, results, pictures, free, strict=True):
        if place := worst_place(result, picture, where):
            hint[:2] = (np.array(place) + 0.5) / len(picture)
            hint[2:] = true_colour(picture, where, *place)
            columns, rows = (slice(max(0, at - _APART), at + _APART + 1) for at in place)
            where[rows, columns] = False
