"""Scores a run on held-out examples, by the protocol of docs/evaluation.md, and keeps the scores in its folder.

print(evaluate_run(Run.open(Path("runs/photo")), Path("data"), size=256))    # also writes runs/photo/scores.json
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import keras
from tqdm import tqdm

from trainer import generators
from trainer.colour import grey
from trainer.config import Config
from trainer.data.augment import whole_view
from trainer.data.fixed import BATCH, fixed_batches
from trainer.data.sources import Example, find_examples, split, spread
from trainer.predict import predict
from trainer.reports import judge
from trainer.reports.sheet import sheet
from trainer.reports.tally import Tally
from trainer.run import Run, State

COLUMNS = 10  # pictures on a sheet
BASELINES = {"photo": "all grey", "sketch": "the drawing itself"}
_DECIMALS = {"psnr": 2, "ssim": 4, "mae": 2, "colourfulness": 1, "frechet": 2, "cast": 2}  # by the name's first word


def evaluate_run(
    run: Run,
    data: Path,
    size: int = 256,
    one_in: int | None = None,
    limit: int | None = None,
    sheet_at: Path | None = None,
) -> str:
    """The table of scores, as text; with the protocol they also go to the run's scores.json.

    `one_in`: see `held_out`. `limit`: so many of those, evenly spread. `sheet_at`: where a sheet of ten is drawn.
    Raises ValueError if nothing is held out under `data`, and FileNotFoundError if the run has no checkpoint yet.
    """
    examples = held_out(run, data, one_in)
    examples = spread(examples, limit or len(examples))
    generator, state = restored(run)
    if sheet_at:
        chosen = spread(examples, COLUMNS)
        for targets, conditions in fixed_batches(chosen, run.config, size, whole_view):
            sheet(grey(conditions), predict(generator, run.config, targets, conditions), targets).save(sheet_at)
    scores = score(generator, run.config, examples, size)
    protocol = {
        "data": data.resolve().name,
        "size": size,
        "one_in": one_in or run.config.validation,
        "limit": limit or 0,
        "unreadable": len(examples) - scores["pictures"],
        "judge": judge.NAME,
        "step": state.step,
        "minutes": round(state.seconds / 60, 1),
        "generator_parameters": generator.count_params(),
    }
    (run.path / "scores.json").write_text(json.dumps({**protocol, **scores}, indent=2) + "\n")
    return f"step {state.step}, {state.seconds / 60:.1f} minutes\n{table(scores, BASELINES[run.config.task])}"


def restored(run: Run, size: int = 0) -> tuple[keras.Model, State]:
    """The run's averaged generator for size x size pixels, 0 for those at which it serves, and how far the run was."""
    generator = generators.build(run.config, size or run.config.shown_size or run.config.size)
    return generator, run.load_average(generator)


def held_out(run: Run, data: Path, one_in: int | None = None) -> list[Example]:
    """The examples under `data` that the run did not train on; of those, the ones that a split of one in `one_in` has.

    The run's own `limit` does not count here. Raises ValueError if there are none, or if `one_in` would bring in
    examples that were trained on.
    """
    own = run.config.validation
    one_in = one_in or own
    if one_in % own:
        raise ValueError(
            f"One in {one_in} was asked for, but the run held out one in {own} and trained on the others. Expected a "
            f"multiple of {own}, such as --one-in {own * (one_in // own + 1)}; or leave it out."
        )
    _, examples = split(find_examples(data, replace(run.config, limit=0)), one_in)
    if not examples:
        raise ValueError(f"None of the examples under {data} is held out (about one in {one_in} is); add more.")
    return examples


def score(generator: keras.Model, config: Config, examples: list[Example], size: int) -> dict[str, float]:
    """Measures by name, over all the readable ones of the examples at size x size pixels.

    "..._grey" is the baseline's: the condition, taken for the result. Raises ValueError for fewer than two.
    """
    network = judge.Judge(BATCH)
    result, baseline, truth = Tally(network), Tally(network), Tally(network)
    with tqdm(desc="scoring", unit="picture", total=len(examples)) as progress:
        for targets, conditions in fixed_batches(examples, config, size, whole_view):
            result.add(predict(generator, config, targets, conditions), targets)
            baseline.add(grey(conditions), targets)
            truth.add(targets)
            progress.update(len(targets))
    if len(truth) < 2:
        raise ValueError(f"{len(truth)} of {len(examples)} examples could be read. Expected at least two to score.")
    scores: dict[str, float] = {}
    for name in ("psnr", "ssim", "mae"):
        scores |= {name: result.mean(name), f"{name}_grey": baseline.mean(name)}
    for name in ("colourfulness", "colourfulness_absolute"):
        scores |= {name: result.mean(name), f"{name}_truth": truth.mean(name)}
    scores |= {f"cast_{axis}": result.mean(axis) - truth.mean(axis) for axis in ("a", "b")}
    for name in ("colourfulness", "colourfulness_absolute"):
        scores[f"{name}_difference"] = abs(scores[name] - scores[f"{name}_truth"])
    scores |= {"frechet": result.frechet(truth), "frechet_grey": baseline.frechet(truth)}
    return {"pictures": len(truth), **rounded(scores)}


def rounded(scores: dict[str, float]) -> dict[str, float]:
    """Measures by name, with as many decimals as mean something."""
    return {name: round(value, _DECIMALS[name.split("_")[0]]) for name, value in scores.items()}


def table(scores: dict[str, float], baseline: str = "all grey") -> str:
    """Scores -> lines for the terminal and the model card (Markdown)."""
    s = scores
    lines = [
        "| | PSNR dB | SSIM | MAE | Frechet distance | colourfulness | difference to truth "
        "| absolute colourfulness | difference to truth | cast a*, b* |",
        "|---|---|---|---|---|---|---|---|---|---|",
        f"| model | {s['psnr']:.2f} | {s['ssim']:.4f} | {s['mae']:.2f} | {s['frechet']:.2f} | {s['colourfulness']:.1f} "
        f"| {s['colourfulness_difference']:.1f} | {s['colourfulness_absolute']:.1f} "
        f"| {s['colourfulness_absolute_difference']:.1f} | {s['cast_a']:+.2f}, {s['cast_b']:+.2f} |",
        f"| {baseline} | {s['psnr_grey']:.2f} | {s['ssim_grey']:.4f} | {s['mae_grey']:.2f} | {s['frechet_grey']:.2f} "
        f"| 0.0 | {s['colourfulness_truth']:.1f} | 0.0 | {s['colourfulness_absolute_truth']:.1f} | |",
        f"| truth | | 1 | 0 | 0 | {s['colourfulness_truth']:.1f} | 0.0 | {s['colourfulness_absolute_truth']:.1f} | 0.0 "
        "| 0, 0 |",
    ]
    return "\n".join([f"{s['pictures']:.0f} held-out pictures", "", *lines])
