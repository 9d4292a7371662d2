"""`python -m trainer fit`: trains a model, or goes on training it."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from trainer.clock import Budget
from trainer.commands._settings import setting
from trainer.config import load_preset, presets
from trainer.run import Run
from trainer.shipped import is_shipped

_PACKAGES = ("handtint", "keras", "tensorflow", "jax", "numpy", "pillow")


@click.command()
@click.option("--preset", type=click.Choice(presets()), default="photo", show_default=True, help="What to train.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of pictures or of .tar shards; see check-data.")
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), help="Budget: stop after so many minutes.")
@click.option("--epochs", type=click.IntRange(min=1), help="Budget: stop after so many epochs.")
@click.option("--steps", type=click.IntRange(min=1), help="Budget: stop after so many steps (reproducible).")
@click.option(
    "--run", "folder", type=click.Path(path_type=Path), help="Folder of the run.  [default: runs/PRESET-TIME]"
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="Go on with this run, to the end of its budget or, with one given, of that one.",
)
@click.option(
    "--from",
    "start",
    type=click.Path(path_type=Path),
    metavar="RUN|WEIGHTS",
    help="Begin with that run's weights, or with shipped ones (export/pretrained/NAME): a next stage, or fine-tuning.",
)
@click.option("--continue", "go_on", is_flag=True, help="Resume --run if it has a checkpoint, begin it otherwise.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override a setting of the preset.")
def command(
    preset: str,
    data: Path | None,
    minutes: float | None,
    epochs: int | None,
    steps: int | None,
    folder: Path | None,
    resume: Path | None,
    start: Path | None,
    go_on: bool,
    settings: tuple[str, ...],
) -> None:
    r"""Train a model. Ctrl-C saves; --resume goes on from there.

    \b
    First time:  python -m trainer fit --preset photo --data PATH --minutes 60
    Its results: runs/NAME/losses.png, runs/NAME/previews
    Go on:       python -m trainer fit --resume runs/NAME
    """
    budget: dict[str, Any] = {"minutes": minutes, "epochs": epochs, "steps": steps}
    if go_on and folder and any(folder.glob("checkpoints/step-*")):
        resume = folder
    elif resume and (data or folder or settings or start):
        given = {"--data": data, "--run": folder, "--set": settings, "--from": start}
        names = ", ".join(name for name, value in given.items() if value)
        raise click.UsageError(f"--resume goes on as the run was started; {names} can't be changed. Start a new run.")
    if resume:
        run = Run.open(resume)
        if any(budget.values()) and not go_on:
            Budget(**budget)
            run = run.with_about({**run.about, **budget})
    else:
        run = _begin(preset, data, budget, folder, settings, start)

    from trainer.fit import fit as train  # Keras loads only once the command line is known to be right

    click.echo(f"Run {run.path}: {run.about['preset']} on {run.about['data']}")
    try:
        state = train(run, resume=resume is not None)
    except KeyboardInterrupt:
        click.echo(f"Stopped and saved. Go on with: python -m trainer fit --resume {run.path}")
        raise SystemExit(130) from None
    click.echo(f"Done: {state.step} steps, {state.seconds / 60:.1f} minutes. {run.path}")


def _begin(
    preset: str,
    data: Path | None,
    budget: dict[str, Any],
    folder: Path | None,
    settings: tuple[str, ...],
    start: Path | None,
) -> Run:
    if data is None:
        raise click.UsageError("A new run needs --data.")
    config = load_preset(preset, dict(setting(text) for text in settings))
    if not any(budget.values()) and config.epochs:
        budget["epochs"] = config.epochs
    Budget(**budget)
    if start and not is_shipped(start):
        Run.open(start)  # raises where there is none
    started = datetime.now()
    about = {
        "preset": preset,
        "data": str(data.resolve()),
        "from": str(start.resolve()) if start else None,
        **budget,
        "settings": settings,
        "started": started.isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}},
        "commit": _commit(),
    }
    return Run.create(folder or Path("runs") / f"{preset}-{started:%Y%m%d-%H%M%S}", config, about)


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
