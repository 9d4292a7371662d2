"""PSNR over the number of hints, and against colourfulness, as pictures: a panel a group, a line a candidate.

draw_hinting({"Held out": psnr}, Path("hints.png"))
draw_saturating({"Held out": found}, Path("saturation.png"))
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from export.quality.hinting import COUNTS
from trainer.reports.plots import COLOURS, STYLES

_PANEL = (8, 6)  # inches, of 100 pixels


def draw_hinting(groups: dict[str, dict[str, dict[int, float]]], path: Path) -> None:
    """Writes a picture of the mean PSNR in dB, by group, candidate and number of hints; the baseline comes first."""
    figure, panels = _panels(groups)
    for axis, candidates in panels:
        baseline, *names = candidates
        axis.axhline(candidates[baseline][0], color="grey", ls="--", label=baseline)
        for number, name in enumerate(names):
            counts = candidates[name]
            colour, style = _looks(number)
            label = name if len(counts) > 1 else f"{name} (takes no hints)"
            axis.plot(list(counts), list(counts.values()), style, marker="o", color=colour, label=label)
        axis.set_xscale("symlog", linthresh=1)  # logarithmic from 1 on, with a place for 0
        axis.set_xlim(-0.2, max(COUNTS) * 1.3)
        axis.set_xticks(COUNTS, labels=[str(count) for count in COUNTS])
        axis.xaxis.set_minor_locator(NullLocator())
        axis.set_xlabel("hints: random points with their true colours")
        axis.set_ylabel("PSNR, dB")
        axis.legend(fontsize=9, framealpha=0.8)
    figure.savefig(path)


def draw_saturating(groups: dict[str, dict[str, Any]], path: Path) -> None:
    """Writes a picture of each candidate's curve over the factors on its ab; a ring marks it as it is, 1."""
    figure, panels = _panels(groups)
    for axis, found in panels:
        axis.axvline(found["truth"], color="grey", ls=":", label="the truth's colourfulness")
        for number, (name, curve) in enumerate(found["curves"].items()):
            colour, style = _looks(number)
            axis.plot(*zip(*curve.values(), strict=True), style, marker=".", color=colour, label=name)
            axis.plot(*curve[1.0], "o", ms=11, mfc="none", mec=colour)
        axis.set_xlabel("colourfulness; a point each for 0.5 to 2 times the colours, the ring as they are")
        axis.set_ylabel("PSNR, dB")
        axis.legend(fontsize=9, framealpha=0.8)
    figure.savefig(path)


def _panels(groups: dict[str, Any]) -> tuple[Figure, Iterator[tuple[Axes, Any]]]:
    figure = Figure(figsize=(_PANEL[0] * len(groups), _PANEL[1]), dpi=100, layout="constrained")
    axes = figure.subplots(1, len(groups), squeeze=False)[0]
    for axis, title in zip(axes, groups, strict=True):
        axis.set_title(title, loc="left", fontsize=11)
        axis.grid(alpha=0.3)
    return figure, zip(axes, groups.values(), strict=True)


def _looks(number: int) -> tuple[str, str]:
    return COLOURS[number % len(COLOURS)], STYLES[number // len(COLOURS) % len(STYLES)]
