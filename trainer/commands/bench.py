"""`python -m trainer bench`: is it the pictures that training waits for, or the arithmetic?"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click

from trainer.commands._settings import setting
from trainer.config import load_preset, presets


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="As for fit.  [default: 256 drawn pictures]")
@click.option(
    "--preset", type=click.Choice(presets()), default="photo", show_default=True, help="What would be trained."
)
@click.option("--size", type=click.IntRange(min=16), help="Side of the crops.  [default: the preset's]")
@click.option(
    "--seconds", type=click.FloatRange(min=0), default=15, show_default=True, help="How long each thing is timed."
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override a setting of the preset.")
def command(data: Path | None, preset: str, size: int | None, seconds: float, settings: tuple[str, ...]) -> None:
    """Time the input pipeline, the training step, and both together, in pictures a second.

    The verdict compares the pipeline with the step's faster phase. Without --data pictures of 256x192 are drawn, and a
    preset for pairs or twins is given them as plain pictures; the size of your own pictures matters, so give them.
    """
    config = load_preset(preset, dict(setting(text) for text in settings) | ({"size": size} if size else {}))

    from trainer.data.sources import find_examples, split
    from trainer.reports.bench import draw_pictures, measure, report

    with ExitStack() as stack:
        if data is None:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            draw_pictures(data)
            config = replace(config, layout="colour")
        training, _ = split(find_examples(data, config), config.validation)
        click.echo(report(measure(training, config, seconds), config))
