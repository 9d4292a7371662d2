"""`python -m trainer ablation`: what a setting is worth, on the same data and budget."""

from __future__ import annotations

from pathlib import Path

import click

from trainer.reports.ablations import Series, read_ablations


@click.command()
@click.argument("name", type=click.Choice(list(read_ablations())), required=False)
@click.option("--all", "every", is_flag=True, help="All ablations, one after the other.")
@click.option("--data", type=click.Path(path_type=Path), required=True, help="As for fit.")
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), help="Budget of each variant, in minutes.")
@click.option("--steps", type=click.IntRange(min=1), help="Budget of each variant, in steps (reproducible).")
@click.option("--limit", type=click.IntRange(min=2), default=300, show_default=True, help="Held-out pictures to score.")
@click.option(
    "--out", type=click.Path(path_type=Path), default="docs/ablations", show_default=True, help="Tables and curves."
)
@click.option(
    "--runs", type=click.Path(path_type=Path), default="runs/ablations", show_default=True, help="Runs of the variants."
)
def command(
    name: str | None,
    every: bool,
    data: Path,
    minutes: float | None,
    steps: int | None,
    limit: int,
    out: Path,
    runs: Path,
) -> None:
    r"""Train the variants of an ablation, score them, and put them beside each other.

    What is compared stands in trainer/reports/ablations.toml. Ctrl-C saves; the same command goes on. A variant that
    was trained before, with the same settings, data and budget, is not trained again.

    \b
    One:   python -m trainer ablation colour-space --data PATH --minutes 3
    All:   python -m trainer ablation --all --data PATH --minutes 3
    """
    ablations = read_ablations()
    if bool(name) == every:
        raise click.UsageError(f"Give either a name, one of {', '.join(ablations)}, or --all.")
    budget = {unit: amount for unit, amount in {"minutes": minutes, "steps": steps}.items() if amount}
    if len(budget) != 1:
        raise click.UsageError("Each variant needs a budget: either --minutes, as in --minutes 3, or --steps.")
    series = Series(data, budget, limit, runs, out)
    for ablation in ablations.values() if every else [ablations[str(name)]]:
        click.echo(f"\nAblation {ablation.name}: {ablation.about}")
        for label in ablation.variants:
            click.echo(f"  {label}: {series.folder(ablation, label)}")
        try:
            table = series.run(ablation)
        except KeyboardInterrupt:
            click.echo("Stopped and saved. The same command goes on.")
            raise SystemExit(130) from None
        click.echo(f"\n{table}\n\nWritten to {out / ablation.name}.md and {out / ablation.name}.png")
