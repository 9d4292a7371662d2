"""Every candidate's measures on the same pictures, without hints, by the protocol of docs/evaluation.md.

pictures, scores = score_all(PHOTO, candidates, group)        # scores["all grey"]["psnr"]
"""

from __future__ import annotations

from collections.abc import Sequence

from tqdm import tqdm

from export.quality.candidates import TRUTH, Candidate
from export.quality.pictures import Group
from export.quality.task import Scores, Task
from trainer.data.fixed import BATCH
from trainer.reports.evaluate import rounded
from trainer.reports.judge import Judge
from trainer.reports.tally import Tally


def score_all(task: Task, candidates: Sequence[Candidate], group: Group) -> tuple[int, dict[str, Scores]]:
    """(readable pictures, measures by candidate and name), the baseline first and the truth after the last.

    What the task measures besides may have rows of its own; those come at the end. Raises ValueError if fewer than two
    can be read.
    """
    network = Judge(BATCH)
    painters = {candidate.name: candidate for candidate in (task.baseline, *candidates)}
    tallies = {name: Tally(network) for name in (*painters, TRUTH)}
    gauge = task.gauge(network)
    with tqdm(desc="scoring", unit="picture", total=len(group.examples)) as progress:
        for batch in group.batches():
            results = {name: candidate.paint(batch.conditions) for name, candidate in painters.items()}
            for name, pictures in results.items():
                tallies[name].add(pictures, batch.targets)
            tallies[TRUTH].add(batch.targets)
            gauge.add(batch, {**results, TRUTH: batch.targets})
            progress.update(len(batch.names))
    count = len(tallies[TRUTH])
    if count < 2:
        raise ValueError(f"{count} of {len(group.examples)} pictures could be read. Expected at least two to score.")
    scores: dict[str, Scores] = {}
    for name, tally in tallies.items():
        scores[name] = {**_measures(tally, tallies[TRUTH], () if name == TRUTH else ("psnr", "ssim", "mae"))}
    for name, measures in gauge.measures().items():
        scores[name] = {**scores.get(name, {}), **measures}
    return count, scores


def _measures(tally: Tally, truth: Tally, errors: tuple[str, ...]) -> dict[str, float]:
    measures = {name: tally.mean(name) for name in errors}
    for name in ("colourfulness", "colourfulness_absolute"):
        measures |= {name: tally.mean(name), f"{name}_difference": abs(tally.mean(name) - truth.mean(name))}
    measures |= {f"cast_{axis}": tally.mean(axis) - truth.mean(axis) for axis in ("a", "b")}
    return rounded(measures | {"frechet": tally.frechet(truth)})
