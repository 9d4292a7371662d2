"""Which picture goes where, and in which format: mistakes here are found before the work begins.

jobs, format = plan(pictures, Path("coloured/"), None, alternatives=None, confidence=None)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from serving.colouring.layers import ORA
from serving.errors import OptionError
from serving.pictures import ENDINGS

_PLAIN = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp", ".tif": "tiff", ".tiff": "tiff"}
_LAYERED = _PLAIN | {".ora": ORA}
_ENDINGS = {**ENDINGS, ORA: ".ora"}


@dataclass(frozen=True)
class Job:
    """A picture, the files that its colours go to, and the one for its map of confidence."""

    source: Path
    colours: list[Path]
    confidence: Path | None

    @property
    def targets(self) -> list[Path]:
        """All files that this job writes."""
        return self.colours + ([self.confidence] if self.confidence else [])


def plan(
    pictures: tuple[Path, ...],
    output: Path,
    format: str | None,
    alternatives: int | None,
    confidence: Path | None,
    flat: bool = False,
) -> tuple[list[Job], str]:
    """Jobs for the pictures, and the format of their colours.

    Args:
        pictures: what to colour.
        output: a file for one picture, a folder for several (or one): NAME-colour.png.
        format: one of `serving.pictures.FORMATS`, or `ora`; None takes what `output` says, else png.
        alternatives: so many files instead of one, numbered: new-1.png, NAME-colour-1.png.
        confidence: like `output`; in a folder the names are NAME-confidence.png.
        flat: only flat colours, as PNG: NAME-flat.png.

    Raises:
        OptionError: `output` or `confidence` does not fit the pictures or the format, or would overwrite one of
            them or each other; or layers are asked for in a format without transparency, or in several colourings.
    """
    colours, format = _places("-o", output, pictures, "flat" if flat else "colour", format, _LAYERED)
    _check_layers(format, flat, alternatives)
    maps: list[Path | None] = [None] * len(pictures)
    if confidence:
        maps[:], _ = _places("--confidence", confidence, pictures, "confidence", None, _PLAIN)
    jobs = [
        Job(source, _numbered(target, alternatives), map_)
        for source, target, map_ in zip(pictures, colours, maps, strict=True)
    ]
    sources = {source.resolve() for source in pictures}
    taken: set[Path] = set()
    for target in (target for job in jobs for target in job.targets):
        if target.resolve() in sources:
            raise OptionError(f"{target} is one of the pictures to colourise.", "Let -o name another place.")
        if target.resolve() in taken:
            raise OptionError(
                f"Two of the pictures would become {target}.", "Colourise them into two folders, or name them apart."
            )
        taken.add(target.resolve())
    return jobs, format


def format_of(path: Path) -> str:
    """One of `serving.pictures.FORMATS`, as the file's name ends."""
    return _PLAIN[path.suffix.lower()]


def _check_layers(format: str, flat: bool, alternatives: int | None) -> None:
    if flat and format == ORA:
        raise OptionError("An .ora file has the flat colours as a layer already.", "Leave out --flat, or write a .png.")
    if flat and format != "png":
        raise OptionError(
            f"--flat leaves the paper transparent: expected PNG, which keeps that; received {format}.",
            "Let -o end in .png, or name a folder and leave out --format.",
        )
    if alternatives is not None and (flat or format == ORA):
        raise OptionError(
            f"{'--flat' if flat else 'An .ora file'} holds one colouring; received --alternatives {alternatives}.",
            "Leave out --alternatives, or write whole pictures.",
        )


def _places(
    option: str, output: Path, pictures: tuple[Path, ...], word: str, format: str | None, suffixes: dict[str, str]
) -> tuple[list[Path], str]:
    by_suffix = suffixes.get(output.suffix.lower())
    if output.is_dir() or not output.suffix:
        format = format or "png"
        return [output / f"{source.stem}-{word}{_ENDINGS[format]}" for source in pictures], format
    if by_suffix and format in (by_suffix, None) and len(pictures) == 1:
        return [output], by_suffix
    *first, last = suffixes
    raise OptionError(
        f"The output {output} does not fit {len(pictures)} picture(s) in {format or 'any format'}; "
        f"expected a folder, or for one picture a file that ends in {', '.join(first)} or {last}.",
        f"Change {option}, or let it name a folder.",
    )


def _numbered(target: Path, alternatives: int | None) -> list[Path]:
    if alternatives is None:
        return [target]
    return [target.with_name(f"{target.stem}-{number}{target.suffix}") for number in range(1, alternatives + 1)]
