"""The trainer's command.

python -m trainer fit --preset photo --data PATH --minutes 60
python -m trainer fit --resume runs/NAME
python -m trainer evaluate runs/NAME --data PATH
"""

from __future__ import annotations

import importlib.metadata
import subprocess
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from trainer.colour import rgb_to_ab, to_unit
from trainer.config import Config, load_preset, presets
from trainer.run import Run

COUNTED_SIZE = 32  # pixels a side, for colour-bins: shares of colours need no detail
_PACKAGES = ("handtint", "tensorflow", "keras", "numpy", "pillow")


@click.group()
def cli() -> None:
    """Train and score Handtint's models."""


@cli.command()
@click.option("--preset", type=click.Choice(presets()), default="photo", show_default=True, help="What to train.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of pictures or of .tar shards.")
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), help="Budget: stop after so many minutes.")
@click.option("--steps", type=click.IntRange(min=1), help="Budget: stop after so many steps (reproducible).")
@click.option(
    "--run", "folder", type=click.Path(path_type=Path), help="Folder of the run.  [default: runs/PRESET-TIME]"
)
@click.option("--resume", type=click.Path(path_type=Path), metavar="RUN", help="Go on with this run.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override a setting of the preset.")
def fit(
    preset: str,
    data: Path | None,
    minutes: float | None,
    steps: int | None,
    folder: Path | None,
    resume: Path | None,
    settings: tuple[str, ...],
) -> None:
    """Train a model. Ctrl-C saves; --resume goes on from there."""
    if resume:
        given = {
            "--data": data,
            "--minutes": minutes,
            "--steps": steps,
            "--run": folder,
            "--set": settings or None,
        }
        if any(given.values()):
            names = ", ".join(name for name, value in given.items() if value)
            raise click.UsageError(
                f"--resume goes on as the run was started; {names} can't be changed. Start a new run."
            )
        run = Run.open(resume)
    else:
        if data is None or (minutes is None) == (steps is None):
            raise click.UsageError("A new run needs --data and one of --minutes and --steps.")
        config = load_preset(preset, dict(_setting(text) for text in settings))
        about = {
            "preset": preset,
            "data": str(data.resolve()),
            "minutes": minutes,
            "steps": steps,
            "settings": settings,
            "started": datetime.now().isoformat(timespec="seconds"),
            "versions": {name: _version(name) for name in _PACKAGES},
            "commit": _commit(),
        }
        run = Run.create(folder or Path("runs") / f"{preset}-{datetime.now():%Y%m%d-%H%M%S}", config, about)

    from trainer.fit import fit as train  # TensorFlow loads only once the command line is known to be right

    click.echo(f"Run {run.path}: {run.about['preset']} on {run.about['data']}")
    try:
        state = train(run, resume=resume is not None)
    except KeyboardInterrupt:
        click.echo(f"Stopped and saved. Go on with: python -m trainer fit --resume {run.path}")
        raise SystemExit(130) from None
    click.echo(f"Done: {state.step} steps, {state.seconds / 60:.1f} minutes. {run.path}")


@cli.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Folder of pictures or of .tar shards.")
@click.option(
    "--size", type=click.IntRange(min=32), default=256, show_default=True, help="Side of the scored pictures."
)
@click.option("--limit", type=click.IntRange(min=1), help="Score only the first so many held-out pictures.")
@click.option("--sheet", type=click.Path(path_type=Path), help="Also draw grey, result and truth of ten of them here.")
def evaluate(run: Path, data: Path, size: int, limit: int | None, sheet: Path | None) -> None:
    """Score a run on the held-out pictures: PSNR, colourfulness, cast, beside the all-grey baseline."""
    from trainer.evaluate import evaluate_run

    click.echo(evaluate_run(Run.open(run), data, size, limit, sheet))


@cli.command("colour-bins")
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Folder of pictures or of .tar shards.")
def colour_bins(data: Path) -> None:
    """Count the colours of photographs again: writes trainer/colour_bins.csv. Older runs don't fit new bins."""
    from trainer import bins
    from trainer.data import centre_crop, find_pictures, split

    training, _ = split(find_pictures(data), Config().validation)
    pixels = (centre_crop(picture, COUNTED_SIZE).astype("float32") for picture in tqdm(training, unit="picture"))
    counted = bins.count(rgb_to_ab(to_unit(each)) for each in pixels)
    bins.save_bins(counted)
    click.echo(f"{len(counted.centres)} bins hold {counted.shares.sum():.2%} of all pixels.")


def _setting(text: str) -> tuple[str, Any]:
    key, separator, value = text.partition("=")
    if not separator:
        raise click.BadParameter(f"{text!r} is not KEY=VALUE, as in --set batch=16.", param_hint="--set")
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key, value  # a bare word, as in --set adversarial=lsgan


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _commit() -> str:
    try:
        command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def main() -> None:
    """Runs the command; the user's mistakes end in one line, not in a stack trace."""
    try:
        cli()
    except (ValueError, OSError, ModuleNotFoundError) as error:
        raise SystemExit(f"trainer: {error}") from error
