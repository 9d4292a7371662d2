"""`python -m trainer check-data PATH`: what a folder, shards or pairs hold, before hours of training go into them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainer.commands._settings import setting
from trainer.config import Config, load_preset, presets
from trainer.data.sources import find_examples

if TYPE_CHECKING:
    from trainer.data.check_data import Report

_SHOWN = 5  # names of each finding
_CONTAINERS = 20
_GREY = {
    "photo": "grey or one tint (mean chroma below 4, spread below 2.5)",
    "sketch": "nearly without colour (under 10% of it with a chroma above 8)",
}
_SHEETS = (".png", ".jpg")


@click.command("check-data")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--preset", type=click.Choice(presets()), default="photo", show_default=True, help="What it is to train.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override a setting of the preset.")
@click.option(
    "--sheet", type=click.Path(path_type=Path, dir_okay=False), help="Draw a contact sheet here (.png, .jpg)."
)
@click.option(
    "--json", "as_json", type=click.Path(path_type=Path, dir_okay=False), help="Write all that was found here."
)
def command(path: Path, preset: str, settings: tuple[str, ...], sheet: Path | None, as_json: Path | None) -> None:
    """Look at training data: is all of it readable, coloured, large enough, and there only once?

    PATH is a folder of pictures, of .tar shards or of CIFAR-10 batches, or one such file; for pairs give
    --set layout=pairs, for two folders --set layout=twins. A thousand of very many: --set limit=1000.

    \b
    Exit code
      0  nothing wrong
      1  usable, but something is worth a look: unreadable, of another layout,
         grey, small, or copies across training and held-out pictures
      2  not usable: no picture, nothing held out, or most are unreadable,
         of another layout, grey or far too small
    """
    if sheet and sheet.suffix.lower() not in _SHEETS:
        raise click.BadParameter(
            f"{sheet} ends in neither {' nor '.join(_SHEETS)}, as in sheet.png.", param_hint="--sheet"
        )
    try:
        raise SystemExit(_check(path, preset, settings, sheet, as_json))
    except (ValueError, OSError) as error:  # main would end with 1, which here means usable
        click.echo(f"trainer: {error}", err=True)
        raise SystemExit(2) from error


def _check(path: Path, preset: str, settings: tuple[str, ...], sheet: Path | None, as_json: Path | None) -> int:
    from trainer.data.check_data import check

    config = load_preset(preset, dict(setting(text) for text in settings))
    examples = find_examples(path, config)
    report = check(examples, config, path)
    click.echo(describe(report, config))
    if as_json:
        as_json.parent.mkdir(parents=True, exist_ok=True)
        as_json.write_text(json.dumps(asdict(report), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        click.echo(f"All that was found: {as_json}")
    if sheet:
        from trainer.data.contact_sheet import contact_sheet

        sheet.parent.mkdir(parents=True, exist_ok=True)
        contact_sheet(examples, report).save(sheet)
        click.echo(f"Contact sheet: {sheet}")
    else:
        click.echo("To see them, add --sheet sheet.png.")
    return report.exit_code


def describe(report: Report, config: Config) -> str:
    """The report as lines for the terminal, the verdict last."""
    smallest, median, largest = report.short_sides
    containers = [f"  {count:>7}  {name}" for name, count in report.containers.items()]
    if len(containers) > _CONTAINERS:
        containers[_CONTAINERS:] = [f"  and {len(containers) - _CONTAINERS} more folders or shards"]
    lines = [
        f"{report.pictures} pictures: {report.training} to train on, {report.held_out} held out "
        f"(one in {config.validation})",
        *containers,
        f"Short side {smallest} to {largest} pixels, median {median}",
        "",
        *_finding(f"under the training size of {report.size} pixels", report.small, report.pictures),
        *_finding("unreadable", report.unreadable.values(), report.pictures),
        *_finding("of another layout", report.wrong_layout.values(), report.pictures),
        *_finding(_GREY[config.task], report.grey, report.pictures),
        *_finding("held out, with a copy in training", _arrows(report.copies_across), report.held_out),
        *_finding("copies within training", _arrows(report.copies_training), report.training),
        *_finding("copies within the held-out ones", _arrows(report.copies_held_out), report.held_out),
        "",
    ]
    verdict = {0: "Nothing wrong.", 1: "Usable; worth a look:", 2: "Not usable as it is:"}[report.exit_code]
    return "\n".join([*lines, verdict, *(f"  - {each}" for each in report.obstacles + report.remarks)])


def _finding(what: str, names: Iterable[str], of: int) -> list[str]:
    names = list(names)
    more = [f"           and {len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    share = f" {len(names) / of:.1%}" if names else ""
    return [f"  {len(names):>7}  {what}{share}", *(f"           {name}" for name in names[:_SHOWN]), *more]


def _arrows(copies: Mapping[str, str]) -> list[str]:
    return [f"{name} = {original}" for name, original in copies.items()]
