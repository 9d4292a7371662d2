"""What is written of an ablation: its page, NAME.md, and its row in the index, README.md.

    table = write_page(Path("docs/ablations/colour-space.md"), "colour-space", paragraphs, scored)
    write_index(Path("docs/ablations/README.md"), row)

The index stands between two markers; all else in its file is left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

BEGIN = "<!-- index: written by python -m trainer ablation -->"
END = "<!-- end of the index -->"
_MEASURES = ["variant", "changes", "PSNR, dB", "SSIM", "MAE", "colourfulness", "difference to truth"]
_MEASURES += ["Fréchet distance", "steps"]
_INDEX = ["ablation", "what is compared", "each with", "PSNR, dB", "Fréchet distance"]


@dataclass(frozen=True)
class Scored:
    """A variant: its label, what it changes, and its run's scores.json."""

    label: str
    changes: str
    scores: dict[str, Any]


def write_page(path: Path, title: str, paragraphs: list[str], scored: list[Scored]) -> str:
    """Title, paragraphs, table of scores and the picture NAME.png; returns the table (Markdown)."""
    table = score_table(scored)
    picture = f"![Curves of the variants]({path.stem}.png)"
    path.write_text("\n\n".join([f"# {title}", *paragraphs, table, picture]) + "\n", encoding="utf-8")
    return table


def score_table(scored: list[Scored]) -> str:
    """A row a variant (Markdown), and one for the condition itself: the grey photograph, or the drawing."""
    rows = [_MEASURES]
    for variant in scored:
        s = variant.scores
        measures = [f"{s['psnr']:.2f}", f"{s['ssim']:.4f}", f"{s['mae']:.2f}", f"{s['colourfulness']:.1f}"]
        measures += [f"{s['colourfulness_difference']:.1f}", f"{s['frechet']:.2f}", f"{s['step']:,}"]
        rows.append([variant.label, variant.changes, *measures])
    s = scored[0].scores
    grey = [f"{s['psnr_grey']:.2f}", f"{s['ssim_grey']:.4f}", f"{s['mae_grey']:.2f}", "0.0"]
    rows.append(["the condition itself", "", *grey, f"{s['colourfulness_truth']:.1f}", f"{s['frechet_grey']:.2f}", ""])
    return _table(rows)


def index_row(name: str, about: str, spent: str, scored: list[Scored]) -> list[str]:
    """An ablation's cells in the index."""
    psnr = ", ".join(f"{variant.label} {variant.scores['psnr']:.2f}" for variant in scored)
    frechet = ", ".join(f"{variant.label} {variant.scores['frechet']:.2f}" for variant in scored)
    return [f"[{name}]({name}.md)", about, spent, psnr, frechet]


def write_index(path: Path, row: list[str]) -> None:
    """Puts `row` in its place in the index, at the end if it is new. Raises ValueError if one marker is missing."""
    text = path.read_text(encoding="utf-8") if path.exists() else "# Ablations\n"
    if BEGIN not in text and END not in text:
        text = f"{text.rstrip()}\n\n{BEGIN}\n{END}\n"
    before, begin, rest = text.partition(BEGIN)
    old, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{path} has only one of the lines {BEGIN} and {END}, in this order; add the other.")
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in old.splitlines() if "](" in line]
    rows = {each[0]: each for each in [*cells, row]}
    table = _table([_INDEX, *rows.values()])
    path.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


def _table(rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])
