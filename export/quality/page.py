"""What was measured, as Markdown tables for the terminal and for quality.md.

print(score_table(scores, parameters, PHOTO.columns)); print(hint_table(psnr)); print(size_table(differences))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from export.quality.candidates import TRUTH
from export.quality.clicking import MOST
from export.quality.columns import SHARED, Column
from export.quality.hinting import COUNTS
from export.quality.naming import gap_closed
from export.quality.photo import PHOTO
from export.quality.task import Scores


def score_table(scores: dict[str, Scores], parameters: dict[str, int | None], columns: tuple[Column, ...]) -> str:
    """A row a candidate, the baseline first; `columns`: what the task measures besides."""
    shown = SHARED + columns
    rows = [["", "parameters", *(column.heading for column in shown)]]
    for name, measures in scores.items():
        cells = [_written(measures.get(column.measure), column.form) for column in shown]
        rows.append([name, _written(parameters.get(name), ","), *cells])
    return _table(rows)


def hint_table(psnr: dict[str, dict[int, float]], given: str = "hint", numbers: Sequence[int] = COUNTS) -> str:
    """PSNR in dB: a row a candidate, a column a number of what is `given`."""
    rows = [["PSNR, dB, with", *(f"{count} {given}{'s' * (count != 1)}" for count in numbers)]]
    rows += [[name, *(_written(counts.get(count), ".2f") for count in numbers)] for name, counts in psnr.items()]
    return _table(rows)


def label_table(pictures: int, named_right: dict[str, float]) -> str:
    """A section: the share named right by their labels, and how much of the gap between grey and truth is closed."""
    ends = named_right[PHOTO.baseline.name], named_right[TRUTH]
    rows = [["", "named right", "gap closed"]]
    for name, share in named_right.items():
        rows.append([name, f"{share:.1%}", _written(gap_closed(share, *ends), ".0%")])
    return f"## Named right, by label\n\n{pictures:,} pictures of known ImageNet classes\n\n{_table(rows)}"


def size_table(differences: dict[str, tuple[int, dict[str, float]]]) -> str:
    """Lab units: a row a candidate, a column a size."""
    rows = [["distance of ab to that at 256 px", *(f"{size} ({n} pictures)" for size, (n, _) in differences.items())]]
    for name in next(iter(differences.values()))[1]:
        rows.append([name, *(f"{away[name]:.2f}" for _, away in differences.values())])
    return _table(rows)


def page(about: dict[str, Any], groups: list[str], sizes: str, pictures: dict[str, str]) -> str:
    """The whole page: the protocol's numbers, a section a group, the sizes if they were measured, and the pictures.

    `pictures`: what each shows, by its file's name.
    """
    limits = f"at most {about['limit']:,} of a group" if about["limit"] else "all of a group"
    parts = [
        f"# How well models colour: {about['task']}",
        f"`{about['data']}`, {limits}, at {about['size']} x {about['size']} pixels; what the plots show on at "
        f"most {about['hint_limit']:,}. Judge: {about['judge']}. docs/evaluation.md says what is measured, and how.",
        *groups,
        *(f"![{shown}]({name})" for name, shown in pictures.items()),
    ]
    if sizes:
        parts += [f"## The same picture at other sizes\n\nPictures of `{about['large']}`; short sides.", sizes]
    return "\n\n".join(parts) + "\n"


def section(title: str, found: dict[str, Any], parameters: dict[str, int | None], columns: tuple[Column, ...]) -> str:
    """A group's heading and tables."""
    hints = found["hints"]
    parts = [
        f"## {title}",
        f"{found['pictures']:,} pictures"
        + (f"; {found['unreadable']:,} could not be read" if found["unreadable"] else ""),
        score_table(found["scores"], parameters, columns),
        f"With hints at random places, on {hints['pictures']:,} of them:",
        hint_table(hints["psnr"]),
    ]
    if hints["clicks"]:
        parts += [
            "With hints where the result is most wrong:",
            hint_table(hints["clicks"], "click", range(MOST + 1)),
        ]
    return "\n\n".join(parts)


def _written(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _table(rows: list[list[str]]) -> str:
    """Aligned, so that the terminal shows it well too."""
    widths = [max(3, *map(len, column)) for column in zip(*rows, strict=True)]
    lines = [f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |" for row in rows]
    return "\n".join([lines[0], f"|{'|'.join('-' * (width + 2) for width in widths)}|", *lines[1:]])
