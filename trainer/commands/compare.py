"""`python -m trainer compare`: runs beside each other, as a table and as curves."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder for comparison.md and comparison.png.",
)
def command(runs: tuple[Path, ...], out: Path) -> None:
    """Compare runs: the settings in which they differ, their speed, scores and curves."""
    from trainer.reports.compare import compare

    click.echo(compare(list(runs), out))
    click.echo(f"\nWritten to {out / 'comparison.md'} and {out / 'comparison.png'}")
