"""`handtint colourise`: pictures in, coloured pictures out.

handtint colourise old.jpg -o new.png --confidence sure.png
handtint colourise scans/*.jpg -o coloured/ --server grpc://127.0.0.1:8500
HANDTINT_API_KEY=... handtint colourise old.jpg -o new.png --server gateway+https://example.org
handtint colourise old.jpg -o new.png --alternatives 4        # new-1.png to new-4.png
handtint colourise old.jpg -o new.png --palette "#264653,#2a9d8f,#e9c46a"
handtint colourise drawing.png -o drawing.ora                 # lines and colours as layers
handtint colourise page.png -o coloured.png --panels          # each panel of a comic by itself
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from serving.cli.door import Door, door_options
from serving.cli.plan import Job, format_of, plan
from serving.client import MAX_ALTERNATIVES, MAX_SATURATION, Colouriser, Picture, draw_confidence, encode_picture
from serving.colouring.hints import Hint
from serving.colouring.layers import ORA, encode_layers
from serving.colouring.palette import MAX_COLOURS, check_palette
from serving.commands import FAILED
from serving.errors import HandtintError, OptionError, PictureError, RateLimited, ServerError
from serving.pictures import FORMATS, QUALITY


@click.command()
@click.argument("pictures", nargs=-1, required=True, metavar="IN...", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", required=True, metavar="OUT", type=click.Path(path_type=Path),
    help="A file for one picture, a folder for several.",
)  # fmt: skip
@door_options
@click.option(
    "--saturation", type=click.FloatRange(0, MAX_SATURATION), default=1.0, show_default=True,
    help="0 is grey, 1 as the model says.",
)  # fmt: skip
@click.option(
    "--palette", metavar="COLOURS",
    help=f'Steer towards 1 to {MAX_COLOURS} colours: "#264653,#2a9d8f,#e9c46a". Hints go before.',
)  # fmt: skip
@click.option(
    "--flat", is_flag=True,
    help="Of a drawing only the flat colours, without its lines, and transparent where the paper is white (PNG).",
)  # fmt: skip
@click.option("--panels", is_flag=True, help="Colour each framed panel of a comic page as a picture of its own.")
@click.option(
    "--alternatives", type=click.IntRange(1, MAX_ALTERNATIVES), metavar="N",
    help="N different believable colourings instead of one.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), help="Of --alternatives: another one gives others. Default: 0.")
@click.option(
    "--confidence", metavar="MAP", type=click.Path(path_type=Path),
    help="Also draw how sure the model is of each place: bright is sure. A file or a folder, like OUT.",
)  # fmt: skip
@click.option("--format", "format_", type=click.Choice([*FORMATS, ORA]), help="Default: as OUT ends, else png.")
@click.option("--quality", type=click.IntRange(1, 100), default=QUALITY, show_default=True, help="Of JPEG and WebP.")
@click.option("--no-metadata", is_flag=True, help="Leave out EXIF, XMP and resolution: place, time and camera.")
@click.option("--force", is_flag=True, help="Overwrite pictures that are there already; never an input.")
def colourise(
    pictures: tuple[Path, ...],
    output: Path,
    door: Door,
    saturation: float,
    palette: str | None,
    flat: bool,
    panels: bool,
    alternatives: int | None,
    seed: int | None,
    confidence: Path | None,
    format_: str | None,
    quality: int,
    no_metadata: bool,
    force: bool,
) -> int:
    """Colourise pictures: JPEG, PNG, WebP, TIFF or GIF, of any size up to 100 megapixels.

    OUT is a file if there is one picture and OUT ends in .png, .jpg, .webp, .tif or .ora; else a folder, made if
    needed, where the names are NAME-colour.png (NAME-flat.png with --flat). With --alternatives these names are
    numbered: new-1.png, NAME-colour-1.png. An .ora file (OpenRaster, for Krita, GIMP and MyPaint) has the
    lines and the colours of a drawing as layers.
    A picture that cannot be used is reported and the others go on; the exit status is then 1. Transparency is kept
    in all but JPEG, where it is laid on white. Colour profile, EXIF, XMP and resolution are kept; 16 bits in PNG and
    TIFF.
    """
    if seed is not None and alternatives is None:
        raise OptionError(
            f"--seed {seed} chooses among alternatives, but there are none.", "Add --alternatives 4, or leave --seed."
        )
    if panels and (flat or alternatives or format_ == ORA or output.suffix.lower() == f".{ORA}"):
        raise OptionError(
            "--panels makes one whole picture; received --flat, --alternatives or .ora, too.", "Leave out one of them."
        )
    jobs, format_ = plan(pictures, output, format_, alternatives, confidence, flat)
    colours = () if palette is None else check_palette([colour.strip() for colour in palette.split(",")])
    wishes = _Wishes(
        door.hints, saturation, colours, flat, panels, alternatives, seed or 0, format_, quality, not no_metadata, force
    )
    failures = 0
    with door.open() as colouriser:
        beginning = time.monotonic()
        for number, job in enumerate(jobs, start=1):
            started = time.monotonic()
            try:
                written, picture = _do_in_turn(colouriser, job, wishes)
            except ServerError:
                raise  # the next picture would meet the same
            except HandtintError as error:
                failures += 1
                click.echo(f"handtint: {job.source}: {error}", err=True)
                continue
            now = time.monotonic()
            left = (now - beginning) / number * (len(jobs) - number)
            names = f"{written[0]} to {written[-1].name}" if len(written) > 1 else f"{written[0]}"
            click.echo(
                f"[{number}/{len(jobs)}] {names}  {picture.width}x{picture.height}  {now - started:.1f} s"
                + (f", {left:.0f} s left" if left else "")
            )
            fewer = f"There are no more than {len(written)} believable ones of it; {len(job.colours)} were asked for."
            for note in (*picture.notes, *([fewer] if len(written) < len(job.colours) else [])):
                click.echo(f"handtint: {job.source}: {note}", err=True)
    return FAILED if failures else 0


@dataclass(frozen=True)
class _Wishes:
    """How all pictures should come out."""

    hints: list[Hint]
    saturation: float
    palette: tuple[str, ...]
    flat: bool
    panels: bool
    alternatives: int | None
    seed: int
    format: str
    quality: int
    keep_metadata: bool
    force: bool


def _do_in_turn(colouriser: Colouriser, job: Job, wishes: _Wishes) -> tuple[list[Path], Picture]:
    """As `_do`, a second time if the server says when it may be asked again: a folder may hold more than its rate."""
    try:
        return _do(colouriser, job, wishes)
    except RateLimited as error:
        click.echo(f"handtint: {job.source}: waiting {error.retry_after} s, as the server wants it.", err=True)
        time.sleep(error.retry_after)
        return _do(colouriser, job, wishes)


def _do(colouriser: Colouriser, job: Job, wishes: _Wishes) -> tuple[list[Path], Picture]:
    """Colours one picture; the files with its colours, and the last of these pictures.

    Raises:
        HandtintError: of the kind that says why not.
    """
    for target in job.targets:
        if target.exists() and not wishes.force:
            raise OptionError(f"{target} is there already.", "Move it away, or add --force to overwrite it.")
    # first, so that a model that cannot tell leaves no files
    sure = colouriser.confidence(job.source, wishes.hints) if job.confidence else None
    written, picture = [], None
    for target, (coloured, content) in zip(job.colours, _coloured(colouriser, job.source, wishes), strict=False):
        _write(target, content)
        written.append(target)
        picture = coloured
    if picture is None:
        one = "one layout of the palette in it" if wishes.palette else "only one believable colour at each place of it"
        raise PictureError(
            f"The model finds {one}, so there are no alternatives.",
            "Leave out --alternatives, or say with --hints which colours you want.",
        )
    if job.confidence and sure is not None:
        drawn = draw_confidence(sure, picture.width, picture.height)
        _write(job.confidence, encode_picture(drawn, format_of(job.confidence), wishes.quality))
    return written, picture


def _coloured(colouriser: Colouriser, source: Path, wishes: _Wishes) -> Iterator[tuple[Picture, bytes]]:
    """Pictures, and the files to write of them."""
    if wishes.flat or wishes.format == ORA:
        layers = colouriser.layers(source, wishes.hints, wishes.saturation, palette=wishes.palette)
        flat = encode_picture(layers.flat, keep_metadata=wishes.keep_metadata) if wishes.flat else encode_layers(layers)
        yield layers.merged, flat
        return
    if wishes.alternatives is None:
        given = (source, wishes.hints, wishes.saturation)
        pictures = iter([colouriser.colourise(*given, palette=wishes.palette, panels=wishes.panels)])
    else:
        pictures = colouriser.alternatives(
            source, wishes.alternatives, wishes.seed, wishes.hints, wishes.saturation, palette=wishes.palette
        )
    for picture in pictures:
        yield picture, encode_picture(picture, wishes.format, wishes.quality, keep_metadata=wishes.keep_metadata)


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
