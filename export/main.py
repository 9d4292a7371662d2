"""The export command.

python -m export saved-model --weights photo --out models/photo
python -m export tfjs --saved-model models/photo/1 --out web/public/models/photo
python -m export verify --weights photo --saved-model models/photo/1 --tfjs web/public/models/photo
python -m export weights --run runs/photo --data PATH --out export/pretrained/photo
python -m export quality shipped=photo new=runs/new --data PATH --out quality
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

_PATH = click.Path(path_type=Path)


@click.group()
def cli() -> None:
    """Make artifacts from weights."""


@cli.command("saved-model")
@click.option("--weights", default="photo", show_default=True, help="A name of export/pretrained, or a folder.")
@click.option("--out", type=_PATH, required=True, help="The model's base path, REPO/NAME; the next version goes there.")
def saved_model(weights: str, out: Path) -> None:
    """Write the next version folder for TensorFlow Serving."""
    from export.saved_model import write_version

    click.echo(write_version(weights, out))


@cli.command()
@click.option("--saved-model", type=_PATH, required=True, help="A version folder, REPO/NAME/N.")
@click.option("--out", type=_PATH, required=True, help="Folder for the page; replaced.")
def tfjs(saved_model: Path, out: Path) -> None:
    """Convert the task's small maps for the browser."""
    from export.tfjs import convert

    files = convert(saved_model, out)["files"]
    for file in files:
        click.echo(f"{file['bytes']:>10,} bytes  {out / file['path']}")


@cli.command()
@click.option("--weights", default="photo", show_default=True, help="What both artifacts were made from.")
@click.option("--saved-model", type=_PATH, required=True)
@click.option("--tfjs", type=_PATH, required=True)
def verify(weights: str, saved_model: Path, tfjs: Path) -> None:
    """Compare the pixels of Keras, SavedModel and TF.js; exit 1 if any differs by more than 1/255."""
    from export.verify import TOLERANCE
    from export.verify import verify as compare

    rows = compare(weights, saved_model, tfjs)
    click.echo(f"{'fixture':10} {'backend':12} {'largest':>8} {'mean':>9}   (of 255, against Keras)")
    for name, backend, largest, mean in rows:
        click.echo(f"{name:10} {backend:12} {largest:8d} {mean:9.5f}{'   TOO FAR' if largest > TOLERANCE else ''}")
    if any(largest > TOLERANCE for _, _, largest, _ in rows):
        raise SystemExit(1)


@cli.command()
@click.option("--run", type=_PATH, required=True, help="A finished training run.")
@click.option("--data", type=_PATH, required=True, help="The pictures it was trained on; the held-out ones are scored.")
@click.option("--out", type=_PATH, required=True, help="Folder for weights.npz and card.json.")
@click.option("--size", default=256, show_default=True, help="Side of the generator's pictures.")
@click.option("--hardware", default="", help="What it was trained on, for the card.")
@click.option("--calibration", type=click.FloatRange(0, 1), help="How much of rare colours' extra weight to take back.")
@click.option("--boldness", type=click.FloatRange(0, min_open=True), help="To multiply the mean of likely colours by.")
@click.option("--cast", type=(float, float), metavar="A B", help="Lab units to take off that mean's a* and b*.")
@click.option("--rarity", type=click.FloatRange(0, 1), help="How far colours are preferred for being rare.")
@click.option(
    "--temperature", type=click.FloatRange(0, 1, min_open=True), help="Of that mean: near 0 only the likeliest counts."
)
def weights(run: Path, data: Path, out: Path, size: int, hardware: str, **reading: Any) -> None:
    """Ship a run: its averaged generator as float16, scored, with a card.

    The last five say how its distribution over colours is read; left out, it is as it was trained.
    """
    from export.weights import ship
    from trainer.run import Run

    given = {name: value for name, value in reading.items() if value is not None}
    card = ship(Run.open(run), data, out, size, hardware, **given)
    scores = card.scores or "not scored: fewer than two of the pictures are held out"
    click.echo(f"{out}: {card.parameters:,} parameters, {(out / 'weights.npz').stat().st_size:,} bytes, {scores}")


@cli.command()
@click.argument("candidates", metavar="NAME=PATH...", nargs=-1, required=True)
@click.option("--data", type=_PATH, required=True, help="What they were trained on; the held-out pictures are scored.")
@click.option("--out", type=_PATH, required=True, help="Folder for what is written, see above.")
@click.option(
    "--layout", type=click.Choice(["colour", "pairs", "twins"]), help="Of DATA.  [default: as the task has it]"
)
@click.option("--target-side", type=click.Choice(["left", "right"]), help="Of a pair: the coloured half.  [as above]")
@click.option("--unseen", is_flag=True, help="No model was trained on any of DATA: score all of it, not one in 20.")
@click.option("--also", multiple=True, metavar="PREFIX", help="Score all whose file names begin so, as a group too.")
@click.option("--large", type=_PATH, help="Large photographs, to compare the colours at several sizes.")
@click.option("--labelled", type=_PATH, help="Photographs in folders named by their ImageNet class, 0 to 999.")
@click.option("--limit", type=click.IntRange(min=2), help="So many pictures of a group, evenly spread.")
@click.option("--hint-limit", type=click.IntRange(min=1), default=300, show_default=True, help="So many get hints.")
def quality(
    candidates: tuple[str, ...],
    data: Path,
    out: Path,
    layout: str | None,
    target_side: str | None,
    unseen: bool,
    also: tuple[str, ...],
    large: Path | None,
    labelled: Path | None,
    limit: int | None,
    hint_limit: int,
) -> None:
    """Score models of one task beside the truth, and beside all grey or the lines alone.

    Writes quality.md, quality.json, hints.png, saturation.png and sheet.png.
    PATH is a name of export/pretrained or a folder of weights, a SavedModel's version folder or base path, or a run.
    docs/evaluation.md says what is measured, and how.
    """
    from export.quality.report import FILES, report

    reading = {name: value for name, value in (("layout", layout), ("target_side", target_side)) if value}
    click.echo(report(list(candidates), data, out, also, large, labelled, limit, hint_limit, unseen, reading))
    click.echo(f"Written to {out}: {', '.join(FILES)}")


def main() -> None:
    """Runs the command; the user's mistakes end in one line, not in a stack trace."""
    try:
        cli()
    except (ValueError, OSError, RuntimeError, ModuleNotFoundError) as error:
        raise SystemExit(f"export: {error}") from error
