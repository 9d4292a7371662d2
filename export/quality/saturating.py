"""What more or less of the same colours would score: PSNR against colourfulness.

A model that is unsure can be read out beige or bold; both are points of one curve, by which recipes compare.

    truth, curves = by_saturation(candidates, group)        # curves["shipped"][1.5] = (colourfulness, PSNR)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from export.quality.candidates import Candidate
from export.quality.pictures import Group
from trainer.colourfulness import colourfulness
from trainer.reports.tally import psnr

FACTORS = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
Curves = dict[str, dict[float, tuple[float, float]]]


def by_saturation(candidates: Sequence[Candidate], group: Group) -> tuple[float, Curves]:
    """(the truth's colourfulness, by candidate and factor on its ab: mean colourfulness and PSNR in dB); no hints."""
    rows: dict[str, dict[float, list[tuple[float, float]]]] = {
        each.name: {factor: [] for factor in FACTORS} for each in candidates
    }
    truth: list[float] = []
    with tqdm(desc="saturating", unit="picture", total=len(group.examples)) as progress:
        for batch in group.batches():
            truth += [colourfulness(target) for target in batch.targets]
            for candidate in candidates:
                answer = candidate.answer(batch.conditions)
                for factor, values in rows[candidate.name].items():
                    pairs = zip(candidate.show(batch.conditions, answer, factor), batch.targets, strict=True)
                    values += [(colourfulness(result), psnr(result, target)) for result, target in pairs]
            progress.update(len(batch.names))
    means = {name: {factor: _mean(pairs) for factor, pairs in each.items()} for name, each in rows.items()}
    return round(float(np.mean(truth)), 2), means


def _mean(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    first, second = np.mean(pairs, axis=0).round(2).tolist()
    return first, second
