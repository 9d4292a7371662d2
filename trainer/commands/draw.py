"""`python -m trainer draw DATA --out FOLDER`: pairs of pictures and their drawings, for training with layout=pairs."""

from __future__ import annotations

from pathlib import Path

import click

from trainer.config import make_config
from trainer.data.sources import find_examples


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for the pairs.")
@click.option("--pen", default="hed", show_default=True, help="What draws: hed, a learned edge detector, or a pen.")
@click.option("--limit", type=click.IntRange(min=0), default=0, help="Only so many, as `fit` would draw them; 0: all.")
@click.option("--size", type=click.IntRange(min=16), default=256, show_default=True, help="Short side at most, pixels.")
@click.option(
    "--target-side",
    type=click.Choice(["left", "right"]),
    default="left",
    show_default=True,
    help="Where the coloured one stands.",
)
def command(data: Path, out: Path, pen: str, limit: int, size: int, target_side: str) -> None:
    """Draw pictures: writes each beside its drawing, under its own name.

    DATA is a folder of pictures or of .tar shards, or one such file. What is in the folder already is not drawn again,
    so after Ctrl-C the same command goes on. Train on it with

        python -m trainer fit --preset sketch --data FOLDER --set layout=pairs

    and have a share drawn anew by the quick pens with --set redrawn=0.5.
    """
    from trainer.data.drawn_pairs import draw_pairs, drawer, drawers

    if pen not in drawers():
        raise click.BadParameter(f"{pen!r} draws nothing. Expected one of {', '.join(drawers())}.", param_hint="--pen")
    if data.is_dir() and out.resolve().is_relative_to(data.resolve()):
        raise click.BadParameter(
            f"{out} lies inside {data}: the pairs would be taken for pictures next time. Name a folder beside it.",
            param_hint="--out",
        )
    report = draw_pairs(find_examples(data, make_config({"limit": limit})), out, drawer(pen), size, target_side)
    counts = {"drawn": report.drawn, "there already": report.there, "unreadable and left out": report.unreadable}
    told = ", ".join(f"{count} {what}" for what, count in counts.items() if count or what == "drawn")
    click.echo(f"Pairs in {out}: {told}.")
