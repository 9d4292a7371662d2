"""What was measured, as Markdown tables for the terminal and for quality.md.

print(score_table(scores, parameters)); print(hint_table(psnr)); print(size_table(differences))
"""

from __future__ import annotations

from typing import Any

from export.quality.candidates import GREY, TRUTH
from export.quality.hinting import COUNTS
from export.quality.scores import Scores

_MEASURES = ["PSNR, dB", "SSIM", "Fréchet distance", "colourfulness", "difference to truth", "cast a*, b*"]
_MEASURES += ["named right", "gap closed"]


def score_table(scores: dict[str, Scores], parameters: dict[str, int | None]) -> str:
    """A row a candidate, all grey first and the truth last."""
    rows = [["", "parameters", *_MEASURES]]
    for name, s in scores.items():
        cast = f"{s['cast_a']:+.2f}, {s['cast_b']:+.2f}"
        measures = [_written(s.get("psnr"), ".2f"), _written(s.get("ssim", 1.0), ".4f"), _written(s["frechet"], ".2f")]
        measures += [_written(s["colourfulness"], ".1f"), _written(s["colourfulness_difference"], ".1f"), cast]
        measures += [_written(s["named_right"], ".1%"), _written(s["gap_closed"], ".0%")]
        rows.append([name, _written(parameters.get(name), ","), *measures])
    return _table(rows)


def hint_table(psnr: dict[str, dict[int, float]]) -> str:
    """PSNR in dB: a row a candidate, a column a number of hints."""
    rows = [["PSNR, dB, with", *(f"{count} hint{'s' * (count != 1)}" for count in COUNTS)]]
    rows += [[name, *(_written(counts.get(count), ".2f") for count in COUNTS)] for name, counts in psnr.items()]
    return _table(rows)


def label_table(pictures: int, named_right: dict[str, float]) -> str:
    """A section: the share named right by their labels, and how much of the gap between grey and truth is closed."""
    grey, truth = named_right[GREY.name], named_right[TRUTH]
    rows = [["", "named right", "gap closed"]]
    for name, share in named_right.items():
        rows.append([name, f"{share:.1%}", f"{(share - grey) / (truth - grey):.0%}" if truth != grey else ""])
    return f"## Named right, by label\n\n{pictures:,} pictures of known ImageNet classes\n\n{_table(rows)}"


def size_table(differences: dict[str, tuple[int, dict[str, float]]]) -> str:
    """Lab units: a row a candidate, a column a size."""
    rows = [["distance of ab to that at 256 px", *(f"{size} ({n} pictures)" for size, (n, _) in differences.items())]]
    for name in next(iter(differences.values()))[1]:
        rows.append([name, *(f"{away[name]:.2f}" for _, away in differences.values())])
    return _table(rows)


def page(about: dict[str, Any], groups: list[str], sizes: str, plots: tuple[str, str]) -> str:
    """The whole page: the protocol's numbers, a section a group, the plots, and the sizes if they were measured."""
    limits = f"at most {about['limit']:,} of a group" if about["limit"] else "all of a group"
    parts = [
        "# How well models colour",
        f"`{about['data']}`, {limits}, at {about['size']} x {about['size']} pixels; what the plots show on at "
        f"most {about['hint_limit']:,}. Judge: {about['judge']}. docs/evaluation.md says what is measured, and how.",
        *groups,
        f"![PSNR by the number of hints]({plots[0]})",
        f"![PSNR against colourfulness, for more and less of the same colours]({plots[1]})",
    ]
    if sizes:
        parts += [f"## The same picture at other sizes\n\nPictures of `{about['large']}`; short sides.", sizes]
    return "\n\n".join(parts) + "\n"


def section(title: str, found: dict[str, Any], parameters: dict[str, int | None]) -> str:
    """A group's heading and tables."""
    hints = found["hints"]
    return "\n\n".join(
        [
            f"## {title}",
            f"{found['pictures']:,} pictures"
            + (f"; {found['unreadable']:,} could not be read" if found["unreadable"] else ""),
            score_table(found["scores"], parameters),
            f"With hints, on {hints['pictures']:,} of them:",
            hint_table(hints["psnr"]),
        ]
    )


def _written(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _table(rows: list[list[str]]) -> str:
    """Aligned, so that the terminal shows it well too."""
    widths = [max(3, *map(len, column)) for column in zip(*rows, strict=True)]
    lines = [f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |" for row in rows]
    return "\n".join([lines[0], f"|{'|'.join('-' * (width + 2) for width in widths)}|", *lines[1:]])
