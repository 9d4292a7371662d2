"""The `handtint` command.

    handtint colourise old.jpg -o new.png
    handtint colourise scans/*.jpg -o coloured/ --server grpc://127.0.0.1:8500

Without --server it works in this process (which needs TensorFlow), with it through a model server (which does
not).
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from serving.client import MAX_SATURATION, Colouriser
from serving.commands import FAILED, as_main
from serving.errors import HandtintError, OptionError, ServerError
from serving.hints import parse_hints
from serving.local_model import MODEL_DIR_VARIABLE
from serving.pictures import FORMATS, QUALITY, encode_picture

_SUFFIXES = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg"}
_ENDINGS = {"png": ".png", "jpeg": ".jpg"}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="handtint")
def cli() -> None:
    """Colourise black-and-white photographs."""


@cli.command()
@click.argument("pictures", nargs=-1, required=True, metavar="IN...", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", required=True, metavar="OUT", type=click.Path(path_type=Path),
    help="A file for one picture, a folder for several.",
)  # fmt: skip
@click.option("--server", metavar="URL", help="A model server: grpc://HOST:PORT or http://HOST:PORT.")
@click.option("--model", default="photo", show_default=True, help="The model's name.")
@click.option(
    "--model-dir", type=click.Path(path_type=Path), envvar=MODEL_DIR_VARIABLE, show_envvar=True,
    help="Without --server: use the newest exported version here, not the shipped weights.",
)  # fmt: skip
@click.option("--hints", type=click.Path(path_type=Path), help="A JSON file of points and colours.")
@click.option(
    "--saturation", type=click.FloatRange(0, MAX_SATURATION), default=1.0, show_default=True,
    help="0 is grey, 1 as the model says.",
)  # fmt: skip
@click.option("--format", "format_", type=click.Choice(list(FORMATS)), help="Default: as OUT ends, else png.")
@click.option("--quality", type=click.IntRange(1, 100), default=QUALITY, show_default=True, help="Of JPEG.")
@click.option("--force", is_flag=True, help="Overwrite pictures that are there already; never an input.")
def colourise(
    pictures: tuple[Path, ...],
    output: Path,
    server: str | None,
    model: str,
    model_dir: Path | None,
    hints: Path | None,
    saturation: float,
    format_: str | None,
    quality: int,
    force: bool,
) -> int:
    """Colourise pictures: JPEG, PNG, WebP, TIFF or GIF, of any size up to 100 megapixels.

    OUT is a file if there is one picture and OUT ends in .png, .jpg or .jpeg; else a folder, made if needed,
    where the names are NAME-colour.png. A picture that cannot be used is reported and the others go on; the
    exit status is then 1. Transparency is kept in PNG and laid on white in JPEG.
    """
    jobs, format_ = _plan(pictures, output, format_)
    points = parse_hints(_read(hints)) if hints else []
    failures = 0
    with _connect(server, model, model_dir) as colouriser:
        beginning = time.monotonic()
        for number, (source, target) in enumerate(jobs, start=1):
            started = time.monotonic()
            try:
                if target.exists() and not force:
                    raise OptionError(f"{target} is there already.", "Move it away, or add --force to overwrite it.")
                picture = colouriser.colourise(source, points, saturation)
                _write(target, encode_picture(picture, format_, quality))
            except ServerError:
                raise  # the next picture would meet the same
            except HandtintError as error:
                failures += 1
                click.echo(f"handtint: {source}: {error}", err=True)
                continue
            now = time.monotonic()
            left = (now - beginning) / number * (len(jobs) - number)
            click.echo(
                f"[{number}/{len(jobs)}] {target}  {picture.width}x{picture.height}  {now - started:.1f} s"
                + (f", {left:.0f} s left" if left else "")
            )
            for note in picture.notes:
                click.echo(f"handtint: {source}: {note}", err=True)
    return FAILED if failures else 0


def _plan(pictures: tuple[Path, ...], output: Path, format: str | None) -> tuple[list[tuple[Path, Path]], str]:
    """Which picture goes where, and in which format: mistakes here are found before the work begins.

    Raises:
        OptionError: OUT does not fit the pictures or the format, or would overwrite one of them.
    """
    by_suffix = _SUFFIXES.get(output.suffix.lower())
    if output.is_dir() or not output.suffix:
        format = format or "png"
        jobs = [(source, output / f"{source.stem}-colour{_ENDINGS[format]}") for source in pictures]
    elif by_suffix and format in (by_suffix, None) and len(pictures) == 1:
        format = by_suffix
        jobs = [(pictures[0], output)]
    else:
        raise OptionError(
            f"The output {output} does not fit {len(pictures)} picture(s) in {format or 'PNG or JPEG'}; "
            "expected a folder, or for one picture a file that ends in .png, .jpg or .jpeg.",
            "Change -o, or let it name a folder.",
        )
    sources = {source.resolve() for source in pictures}
    taken: set[Path] = set()
    for _, target in jobs:
        if target.resolve() in sources:
            raise OptionError(f"{target} is one of the pictures to colourise.", "Let -o name another place.")
        if target in taken:
            raise OptionError(f"Two of the pictures would become {target}.", "Colourise them into two folders.")
        taken.add(target)
    return jobs, format


def _connect(server: str | None, model: str, model_dir: Path | None) -> Colouriser:
    if server:
        return Colouriser(server, model)
    with _quiet():
        return Colouriser(None, model, model_dir=model_dir)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silences file descriptor 2: loading TensorFlow writes a dozen lines about accelerators there."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OptionError(f"{path} cannot be read: {error.strerror}.", "Give the path of a file.") from error


def _write(target: Path, content: bytes) -> None:
    """Writes a file whole or not at all."""
    partial = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise OptionError(f"{target} cannot be written: {error.strerror}.", "Let -o name another place.") from error


main = as_main("handtint", cli)

if __name__ == "__main__":
    main()
