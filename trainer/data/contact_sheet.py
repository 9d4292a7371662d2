"""A sheet of small pictures, to see data at a glance: some spread evenly over it, then rows of what was found.

contact_sheet(examples, report).save("sheet.png")

Where the data has conditions, each stands to the right of its target.
"""

from __future__ import annotations

from itertools import chain, islice

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from trainer.data.check_data import Report
from trainer.data.sources import Example

SPREAD = 96  # pictures
_SIDE = 112  # of a picture's square, pixels
_GAP = 4
_CAPTION = 16
_TITLE = 28


def contact_sheet(examples: list[Example], report: Report) -> Image.Image:
    """96 of the examples, evenly spread, 12 in a row (8 with conditions); then a framed row for each finding."""
    paired = any(example.twin or example.target_side for example in examples)
    columns, width = (8, 2 * _SIDE) if paired else (12, _SIDE)
    sections = _sections(examples, report, columns)
    rows = sum(-(-len(shown) // columns) for _, _, shown in sections)
    size = columns * (width + _GAP) + _GAP, rows * (_SIDE + _CAPTION + _GAP) + len(sections) * _TITLE
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    top = 0
    for title, colour, shown in sections:
        draw.text((_GAP, top + _TITLE // 2), title, colour, ImageFont.load_default(15), anchor="lm")
        top += _TITLE
        for start in range(0, len(shown), columns):
            for column, example in enumerate(shown[start : start + columns]):
                left = _GAP + column * (width + _GAP)
                sheet.paste(_cell(example, width), (left, top))
                draw.rectangle((left, top, left + width - 1, top + _SIDE - 1), outline=colour, width=2)
                _write(draw, example.name, (left, top + _SIDE + 1), width)
            top += _SIDE + _CAPTION + _GAP
    return sheet


def _sections(examples: list[Example], report: Report, columns: int) -> list[tuple[str, str, list[Example]]]:
    """(title, colour, examples) of each part that has any."""
    by_name = {example.name: example for example in examples}
    within = report.copies_training | report.copies_held_out
    found = [
        ("Grey or of one tint", "darkorange", report.grey, len(report.grey)),
        ("Held out, and its copy in training", "red", _both(report.copies_across), len(report.copies_across)),
        ("Copies within training or the held-out ones", "royalblue", _both(within), len(within)),
        ("Smaller than the training size", "purple", report.small, len(report.small)),
        ("Not of the layout", "brown", list(report.wrong_layout), len(report.wrong_layout)),
        ("Can't be read", "black", list(report.unreadable), len(report.unreadable)),
    ]
    places = np.linspace(0, len(examples) - 1, min(SPREAD, len(examples))).round().astype(int)
    return [
        (f"{len(places)} of {len(examples)}, evenly spread", "grey", [examples[place] for place in places]),
        *(
            (f"{title}: {count}", colour, [by_name[name] for name in islice(names, columns)])
            for title, colour, names, count in found
            if names
        ),
    ]


def _both(copies: dict[str, str]) -> list[str]:
    return list(chain.from_iterable(copies.items()))


def _cell(example: Example, width: int) -> Image.Image:
    """The target, and its condition beside it; a picture that is no pair alone; crossed out when it can't be read."""
    cell = Image.new("RGB", (width, _SIDE), "gainsboro")
    try:
        target, condition = example.open(_SIDE)
    except Exception:  # decoders raise all sorts
        try:
            target, condition = example.picture.open(_SIDE), None
        except Exception:
            ImageDraw.Draw(cell).line((0, 0, width, _SIDE), "black")
            return cell
    for image, left in ((target, 0), (condition, _SIDE)):
        if image:
            room = (width, _SIDE) if condition is None else (_SIDE, _SIDE)
            cell.paste(ImageOps.pad(image, room, Image.Resampling.BILINEAR, "gainsboro"), (left, 0))
    return cell


def _write(draw: ImageDraw.ImageDraw, name: str, place: tuple[int, int], width: int) -> None:
    """The name's end, as much as fits: that is where names differ."""
    font = ImageFont.load_default(10)
    shown = name
    while draw.textlength(shown, font) > width:
        shown = "..." + shown.removeprefix("...")[1:]
    draw.text(place, shown, "black", font)
