"""Every candidate's measures on the same pictures, without hints, by the protocol of docs/evaluation.md.

scores = score_all([GREY, *candidates], examples)        # scores["all grey"]["psnr"]
"""

from __future__ import annotations

import numpy as np
from tqdm import tqdm

from export.quality.candidates import GREY, TRUTH, Candidate
from export.quality.pictures import named_batches
from trainer.data.fixed import BATCH
from trainer.data.sources import Example
from trainer.reports.evaluate import rounded
from trainer.reports.judge import Judge
from trainer.reports.tally import Tally

SIZE = 256  # side of the scored pictures
Scores = dict[str, float | None]


def score_all(candidates: list[Candidate], examples: list[Example], size: int = SIZE) -> tuple[int, dict[str, Scores]]:
    """(readable pictures, measures by candidate and name), all grey and the truth among them.

    `named_right`: the share 0..1 of the pictures that the judge gives the class that it gives their truth;
    `gap_closed`: how much of the way there from grey's share, None where grey has gone all of it. Raises ValueError
    if fewer than two can be read.
    """
    network = Judge(BATCH)
    painters = {candidate.name: candidate for candidate in (GREY, *candidates)}
    tallies = {name: Tally(network) for name in (*painters, TRUTH)}
    right: dict[str, list[bool]] = {name: [] for name in tallies}
    with tqdm(desc="scoring", unit="picture", total=len(examples)) as progress:
        for _, targets in named_batches(examples, size):
            named = network.classes(targets)
            tallies[TRUTH].add(targets)
            right[TRUTH] += [True] * len(targets)
            for name, candidate in painters.items():
                pictures = candidate.paint(targets)
                tallies[name].add(pictures, targets)
                right[name] += (network.classes(pictures) == named).tolist()
            progress.update(len(targets))
    count = len(tallies[TRUTH])
    if count < 2:
        raise ValueError(f"{count} of {len(examples)} pictures could be read. Expected at least two to score.")
    shares = {name: float(np.mean(each)) for name, each in right.items()}
    scores: dict[str, Scores] = {}
    for name, tally in tallies.items():
        found = _measures(tally, tallies[TRUTH], () if name == TRUTH else ("psnr", "ssim", "mae"))
        gap = _gap_closed(shares[name], shares[GREY.name])
        scores[name] = {**found, "named_right": round(shares[name], 4), "gap_closed": gap}
    return count, scores


def _measures(tally: Tally, truth: Tally, errors: tuple[str, ...]) -> dict[str, float]:
    measures = {name: tally.mean(name) for name in errors}
    for name in ("colourfulness", "colourfulness_absolute"):
        measures |= {name: tally.mean(name), f"{name}_difference": abs(tally.mean(name) - truth.mean(name))}
    measures |= {f"cast_{axis}": tally.mean(axis) - truth.mean(axis) for axis in ("a", "b")}
    return rounded(measures | {"frechet": tally.frechet(truth)})


def _gap_closed(share: float, grey: float) -> float | None:
    return None if grey == 1 else round((share - grey) / (1 - grey), 4)
