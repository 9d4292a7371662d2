"""`python -m trainer preview`: a sheet of what a run makes of held-out examples, or of pictures of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainer.run import Run

if TYPE_CHECKING:
    import keras
    import numpy as np

    Rows = tuple[np.ndarray, np.ndarray, np.ndarray]  # conditions, results, truths: uint8 [N, S, S, 1 or 3]

FORMATS = (".png", ".jpg", ".webp")


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), help="Draw held-out examples of this data.")
@click.option(
    "--picture",
    "pictures",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Draw this picture instead: a photograph or, for a sketch model, a line drawing. Once for each picture.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The sheet: a .png, .jpg or .webp file.")
@click.option("--count", type=click.IntRange(min=1), default=8, show_default=True, help="Held-out examples to draw.")
@click.option("--columns", type=click.IntRange(min=1), default=12, show_default=True, help="Of the sheet, at most.")
@click.option("--size", type=click.IntRange(min=16), help="Side of each picture, pixels.  [default: the model's]")
def command(
    run: Path,
    data: Path | None,
    pictures: tuple[Path, ...],
    out: Path,
    count: int,
    columns: int,
    size: int | None,
) -> None:
    """Draw a sheet: conditions above, results below them, truths at the bottom."""
    if (data is None) == (not pictures):
        raise click.UsageError("Give either --data, for held-out examples, or --picture, for pictures of your own.")
    if out.suffix.lower() not in FORMATS:
        raise click.BadParameter(f"{out} is not a file ending in {', '.join(FORMATS)}.", param_hint="--out")
    opened = Run.open(run)

    from trainer.reports.evaluate import restored
    from trainer.reports.sheet import sheet

    generator, _ = restored(opened)
    side = size or opened.config.shown_size or opened.config.size
    rows = _held_out(opened, generator, data, count, side) if data else _own(opened, generator, pictures, side)
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet(*rows, columns).save(out)
    click.echo(f"{len(rows[0])} pictures drawn to {out}")


def _held_out(run: Run, generator: keras.Model, data: Path, count: int, side: int) -> Rows:
    """Examples spread evenly over those that the run did not train on, their middle squares."""
    from trainer.colour import grey
    from trainer.data.augment import centre_view
    from trainer.data.fixed import open_fixed
    from trainer.data.sources import spread
    from trainer.predict import predict
    from trainer.reports.evaluate import held_out

    chosen = spread(held_out(run, data), count)
    targets, conditions = open_fixed(chosen, run.config, side, centre_view)
    return grey(conditions), predict(generator, run.config, targets, conditions), targets


def _own(run: Run, generator: keras.Model, files: tuple[Path, ...], side: int) -> Rows:
    """Whole pictures on white squares; a drawing is its own condition, a photograph's is its grey."""
    import numpy as np
    from PIL import Image, ImageOps

    from trainer.colour import grey
    from trainer.data.pictures import find_pictures
    from trainer.predict import predict

    columns = []
    for picture in [picture for file in files for picture in find_pictures(file)]:
        target = np.asarray(ImageOps.contain(picture.open(), (side, side)))
        condition = target if run.config.task == "sketch" else grey(target)
        result = predict(generator, run.config, target[None], condition[None])[0]
        parts = [Image.fromarray(part) for part in (condition, result, target)]
        columns.append([np.asarray(ImageOps.pad(part, (side, side), color="white")) for part in parts])
    conditions, results, truths = (np.stack(row) for row in zip(*columns, strict=True))
    return conditions, results, truths
