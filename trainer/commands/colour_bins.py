"""`python -m trainer colour-bins`: counts the colours of photographs again."""

from __future__ import annotations

from pathlib import Path

import click
from tqdm import tqdm

from trainer.colour import rgb_to_ab, to_unit
from trainer.config import Config
from trainer.data.sources import find_examples, split

COUNTED_SIZE = 32  # pixels a side: shares of colours need no detail


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Folder of pictures or of .tar shards.")
def command(data: Path) -> None:
    """Count the colours of photographs again: writes trainer/colour_bins.csv. Older runs don't fit new bins."""
    from trainer import bins
    from trainer.data.augment import centre_view

    config = Config()
    training, _ = split(find_examples(data, config), config.validation)
    images = (example.open(COUNTED_SIZE)[0] for example in tqdm(training, unit="picture"))
    pixels = (centre_view(*image.size).apply(image, COUNTED_SIZE).astype("float32") for image in images)
    counted = bins.count(rgb_to_ab(to_unit(each)) for each in pixels)
    bins.save_bins(counted)
    click.echo(f"{len(counted.centres)} bins hold {counted.shares.sum():.2%} of all pixels.")
