"""`handtint suggest`: the likely natural colours of a spot, a line each.

handtint suggest old.jpg --at 0.4,0.6
handtint suggest old.jpg --at 0.4,0.6 --json        # {"x": 0.4, "y": 0.6, "colours": [{"colour": "#b03a2e", ...
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from serving.cli.door import Door, door_options


class _Place(click.ParamType):
    """X,Y as shares of the width and height."""

    name = "X,Y"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        try:
            x, y = (float(part) for part in str(value).split(","))
        except ValueError:
            x = y = -1.0
        if not (0 <= x <= 1 and 0 <= y <= 1):
            self.fail(
                f"expected two numbers from 0 to 1, such as 0.4,0.6 (shares of the width and height, from the top "
                f"left); received {str(value)[:60]!r}.",
                param,
                ctx,
            )
        return x, y


@click.command("suggest")
@click.argument("picture", metavar="IN", type=click.Path(path_type=Path))
@click.option("--at", required=True, type=_Place(), help="The spot, as shares of width and height: 0.4,0.6.")
@click.option("--count", type=click.IntRange(min=1), default=5, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="For programs: one object, shares from 0 to 1.")
@door_options
def suggest_command(picture: Path, at: tuple[float, float], count: int, as_json: bool, door: Door) -> None:
    """Say which colours are likely at a spot of a picture, the likeliest first, with their shares."""
    with door.open() as colouriser:
        suggestions = colouriser.suggest(picture, *at, count, door.hints)
    if as_json:
        colours = [asdict(suggestion) for suggestion in suggestions]
        click.echo(json.dumps({"x": at[0], "y": at[1], "colours": colours}))
        return
    for suggestion in suggestions:
        line = f"{suggestion.colour} {suggestion.share:4.0%}"
        if sys.stdout.isatty():
            red, green, blue = bytes.fromhex(suggestion.colour[1:])
            line += "  " + click.style("      ", bg=(red, green, blue))
        click.echo(line)
