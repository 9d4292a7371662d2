"""`python -m trainer list-presets`: what `fit --preset` can be given."""

from __future__ import annotations

import textwrap

import click

from trainer import config
from trainer.config import Config

HEADER = ("preset", "task", "layout", "size (shown)", "generator", "colour", "budget", "what it is")
WIDTH = 120  # columns of the terminal
_GAP = "  "


@click.command()
def command() -> None:
    """List the presets: what each trains, on what, and for how long unless told otherwise."""
    rows = [HEADER, *(_row(name, config.load_preset(name)) for name in config.presets())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER) - 1)]
    left = sum(widths) + len(widths) * len(_GAP)
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        first, *more = textwrap.wrap(row[-1], max(WIDTH - left, 20)) or [""]
        click.echo(_GAP.join([*cells, first]).rstrip())
        for line in more:
            click.echo(" " * left + line)


def _row(name: str, preset: Config) -> tuple[str, ...]:
    size = f"{preset.size} ({preset.shown_size})" if preset.shown_size else str(preset.size)
    budget = f"{preset.epochs} epochs" if preset.epochs else "to be given"
    about = _description(name)
    return name, preset.task, preset.layout, size, preset.generator, preset.colour_space, budget, about


def _description(name: str) -> str:
    """The first comment of the preset's file."""
    lines = (config.PRESETS / f"{name}.toml").read_text().splitlines()
    return next((line.lstrip("# ") for line in lines if line.startswith("#")), "")
