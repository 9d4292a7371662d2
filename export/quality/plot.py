"""PSNR over the number of hints as a picture: a panel a group, a line a candidate, grey's level across.

draw_hinting({"Held out": psnr}, Path("hints.png"))
"""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from export.quality.candidates import GREY
from export.quality.hinting import COUNTS
from trainer.reports.plots import COLOURS, STYLES

_PANEL = (8, 6)  # inches, of 100 pixels


def draw_hinting(groups: dict[str, dict[str, dict[int, float]]], path: Path) -> None:
    """Writes a picture of the mean PSNR in dB, by group, candidate and number of hints."""
    figure = Figure(figsize=(_PANEL[0] * len(groups), _PANEL[1]), dpi=100, layout="constrained")
    axes = figure.subplots(1, len(groups), squeeze=False)[0]
    for axis, (title, candidates) in zip(axes, groups.items(), strict=True):
        axis.axhline(candidates[GREY.name][0], color="grey", ls="--", label=GREY.name)
        for number, name in enumerate(name for name in candidates if name != GREY.name):
            counts = candidates[name]
            colour, style = COLOURS[number % len(COLOURS)], STYLES[number // len(COLOURS) % len(STYLES)]
            label = name if len(counts) > 1 else f"{name} (takes no hints)"
            axis.plot(list(counts), list(counts.values()), style, marker="o", color=colour, label=label)
        axis.set_xscale("symlog", linthresh=1)  # logarithmic from 1 on, with a place for 0
        axis.set_xlim(-0.2, max(COUNTS) * 1.3)
        axis.set_xticks(COUNTS, labels=[str(count) for count in COUNTS])
        axis.xaxis.set_minor_locator(NullLocator())
        axis.set_xlabel("hints: random points with their true colours")
        axis.set_ylabel("PSNR, dB")
        axis.set_title(title, loc="left", fontsize=11)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=9, framealpha=0.8)
    figure.savefig(path)
