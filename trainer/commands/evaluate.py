"""`python -m trainer evaluate`: a run's scores on examples that it was not trained on."""

from __future__ import annotations

from pathlib import Path

import click

from trainer.commands._settings import setting
from trainer.run import Run

FORMATS = (".png", ".jpg", ".webp")


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), required=True, help="What the run was given as --data.")
@click.option(
    "--size", type=click.IntRange(min=32), default=256, show_default=True, help="Side of the scored pictures."
)
@click.option("--one-in", type=click.IntRange(min=1), help="Score one in so many only.  [default: as the run held out]")
@click.option("--limit", type=click.IntRange(min=2), help="Score so many held-out pictures, evenly spread.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Read other data: --set layout=pairs, target_side, pens.",
)
@click.option("--sheet", type=click.Path(path_type=Path), help="Also draw condition, result and truth of ten of them.")
def command(
    run: Path,
    data: Path,
    size: int,
    one_in: int | None,
    limit: int | None,
    settings: tuple[str, ...],
    sheet: Path | None,
) -> None:
    """Score a run on held-out pictures, beside what it was given: the grey picture, or the drawing.

    The table also goes to RUN/scores.json. docs/evaluation.md says what is measured, and how.
    """
    if sheet and sheet.suffix.lower() not in FORMATS:
        raise click.BadParameter(f"{sheet} is not a file ending in {', '.join(FORMATS)}.", param_hint="--sheet")
    opened = Run.open(run).reading(dict(setting(text) for text in settings))

    from trainer.reports.evaluate import evaluate_run

    click.echo(evaluate_run(opened, data, size, one_in, limit, sheet))
