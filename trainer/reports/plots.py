"""A run's curves, and several runs' beside each other, as pictures of 1200 x 800 pixels.

draw_run(Path("runs/photo"))                                          # runs/photo/losses.png
draw_comparison([Path("runs/photo"), Path("runs/other")], Path("comparison.png"))

The colours are Okabe and Ito's (2008), which colour-blind readers can tell apart.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from trainer.reports.columns import has_values, read_columns

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", ":")  # so that more runs than there are colours still differ
LOG_FROM = 30  # values whose largest is more than so many times their smallest get a logarithmic axis
CENTRAL = (1, 99)  # percentiles of a raw curve that stay in view: its spikes would flatten the smoothed one
DRAWN = 4000  # points of a curve: more than there are pixels; a long run has hundreds of thousands
LEGEND = 180  # characters of a comparison's legend in one row
RAW = "raw"

# title: the columns of losses.csv that share a panel, with their names in its legend
LOSSES = {
    "Reconstruction loss": {"reconstruction": "training"},
    "Generator loss, all terms": {"generator_loss": "training"},
    "Cross-entropy over colour bins": {"distribution": "training"},
    "Distance of features": {"features": "training"},
    "Divergence of what is recognised, nats": {"recognition": "training"},
    "Adversarial losses": {
        "adversarial": "generator",
        "discriminator_real": "discriminator, real",
        "discriminator_fake": "discriminator, fake",
    },
}
# columns of validation.csv, a panel each
MEASURES = {"psnr": "PSNR, dB", "psnr_hinted": "PSNR with hints, dB", "colourfulness": "Colourfulness"}


def run_names(folders: list[Path]) -> list[str]:
    """What to call each run: its folder's name, or the path where two folders have the same name."""
    names = [folder.resolve().name for folder in folders]
    return [name if names.count(name) == 1 else str(folder) for name, folder in zip(names, folders, strict=True)]


def draw_run(run_folder: Path) -> None:
    """Writes losses.png into the run's folder: losses and validation measures by step, with the minutes above.

    Raises ValueError if the run has no losses yet.
    """
    losses, validation = read_columns(run_folder / "losses.csv"), read_columns(run_folder / "validation.csv")
    if not losses:
        raise ValueError(f"No losses to draw: {run_folder / 'losses.csv'} is missing or has no row. Train first.")
    panels = [title for title, columns in LOSSES.items() if any(has_values(losses, column) for column in columns)]
    measures = [column for column in MEASURES if has_values(validation, column)]
    figure, axes = _panels(len(panels) + len(measures))
    figure.suptitle(run_folder.resolve().name, fontweight="bold")

    for axis, title in zip(axes, panels, strict=False):
        for (column, label), colour in zip(LOSSES[title].items(), COLOURS, strict=False):
            if has_values(losses, column):
                _curve(axis, losses["step"], losses[column], colour, label)
            if has_values(validation, column) and len(LOSSES[title]) == 1:
                _points(axis, validation["step"], validation[column])
        _finish(axis, title)
    for axis, column in zip(axes[len(panels) :], measures, strict=True):
        last = _points(axis, validation["step"], validation[column])
        _finish(axis, f"{MEASURES[column]}, held-out: last {last:.4g}")
    for axis in axes:
        if axis.dataLim.x0 < losses["step"][-1] / 4:  # a curve that begins late gets all the width instead
            axis.set_xlim(0, 1.02 * losses["step"][-1])
        if len(axis.get_legend_handles_labels()[1]) > 1:
            axis.legend(fontsize=9, framealpha=0.8)
        axis.set_xlabel("step")
        axis.xaxis.set_major_formatter(FuncFormatter(_thousands))
        if has_values(validation, "minutes"):
            _minutes(axis, validation["step"], validation["minutes"])
    figure.savefig(run_folder / "losses.png")


def draw_comparison(run_folders: list[Path], path: Path) -> None:
    """Writes a picture of the runs' reconstruction losses and validation measures over the pictures seen.

    Raises ValueError if none of the runs has losses yet.
    """
    runs = [(read_columns(folder / "losses.csv"), read_columns(folder / "validation.csv")) for folder in run_folders]
    if not any(losses for losses, _ in runs):
        raise ValueError(f"Nothing to draw: no losses.csv with a row in {', '.join(map(str, run_folders))}.")
    measures = [column for column in MEASURES if any(has_values(validation, column) for _, validation in runs)]
    figure = Figure(figsize=(12, 8), dpi=100, layout="constrained")
    grid = figure.add_gridspec(2 if measures else 1, max(1, len(measures)))
    axes = {"reconstruction": figure.add_subplot(grid[0, :])}
    axes |= {column: figure.add_subplot(grid[1, number]) for number, column in enumerate(measures)}

    handles = []
    for number, (folder, name) in enumerate(zip(run_folders, run_names(run_folders), strict=True)):
        config = json.loads((folder / "config.json").read_text())
        losses, validation = runs[number]
        colour, style = COLOURS[number % len(COLOURS)], STYLES[number // len(COLOURS) % len(STYLES)]
        handles.append(Line2D([], [], color=colour, ls=style, label=f"{name} ({config['reconstruction']})"))
        if has_values(losses, "reconstruction"):
            seen = losses["step"] * config["batch"]
            _curve(axes["reconstruction"], seen, losses["reconstruction"], colour, style=style, raw=False)
        for column in measures:
            if has_values(validation, column):
                axes[column].plot(validation["pictures"], validation[column], style, marker="o", ms=4, color=colour)
    titles = {"reconstruction": "Reconstruction loss in training (its kind is in the legend)", **MEASURES}
    for column, axis in axes.items():
        _finish(axis, titles[column])
        axis.set_xlabel("pictures seen")
        axis.set_xlim(left=0)
        axis.xaxis.set_major_formatter(FuncFormatter(_thousands))
    longest = max(len(str(handle.get_label())) for handle in handles)
    columns = max(1, min(4, LEGEND // (longest + 9)))  # 9: the line before each name, and the gaps
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, fontsize=9)
    figure.savefig(path)


def smooth(values: np.ndarray) -> np.ndarray:
    """[N] -> [N]: the mean over a window of a fiftieth of the curve, centred, so that it doesn't lag."""
    window = np.ones(max(1, len(values) // 50))
    return np.convolve(values, window, "same") / np.convolve(np.ones(len(values)), window, "same")


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    columns = 1 if count == 1 else 2 if count in (2, 4) else 3
    figure = Figure(figsize=(12, 8), dpi=100, layout="constrained")
    return figure, [figure.add_subplot(-(-count // columns), columns, number + 1) for number in range(count)]


def _curve(
    axis: Axes, x: np.ndarray, y: np.ndarray, colour: str, label: str = "", style: str = "-", raw: bool = True
) -> None:
    """The smoothed curve, over the faint raw one."""
    x, y = x[~np.isnan(y)], y[~np.isnan(y)]
    thin = slice(None, None, max(1, len(y) // DRAWN))
    if raw:
        axis.plot(x[thin], y[thin], color=colour, alpha=0.2, lw=0.6, gid=RAW)
    axis.plot(x[thin], smooth(y)[thin], style, color=colour, lw=1.8, label=label)


def _points(axis: Axes, steps: np.ndarray, values: np.ndarray) -> float:
    """What the validation found; gives the last of it."""
    axis.plot(steps, values, "o-", ms=4, color=COLOURS[1], label="held-out pictures")
    return float(values[~np.isnan(values)][-1])


def _finish(axis: Axes, title: str) -> None:
    """Title, grid, and a y axis that shows what matters, logarithmic where it has to be."""
    axis.set_title(title, loc="left", fontsize=11)
    axis.grid(alpha=0.3)
    lines = [
        (np.asarray(line.get_ydata()), CENTRAL if line.get_gid() == RAW else (0, 100)) for line in axis.get_lines()
    ]
    if not lines:
        return
    values = np.concatenate([values for values, _ in lines])
    ends = [np.nanpercentile(values, shares) for values, shares in lines]
    low, high = np.min(ends), np.max(ends)
    if np.nanmin(values) > 0 and np.nanmax(values) > LOG_FROM * np.nanmin(values):
        axis.set_yscale("log")
        axis.yaxis.set_major_formatter("{x:g}")  # 0.01 is read more easily than a power
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))  # labels also within a decade
        axis.yaxis.set_minor_formatter(NullFormatter())
        axis.set_ylim(low / 1.2, high * 1.2)
    elif high > low:
        axis.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))


def _minutes(axis: Axes, steps: np.ndarray, minutes: np.ndarray) -> None:
    """A second axis above, with the minutes where their steps were."""
    ticks = [tick for tick in MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(0, minutes[-1]) if tick <= minutes[-1]]
    above = axis.secondary_xaxis("top")
    above.set_xticks(np.interp(ticks, [0, *minutes], [0, *steps]), labels=[f"{tick:g}" for tick in ticks])
    above.set_xlabel("minutes", fontsize=9)
    above.tick_params(labelsize=8)


def _thousands(value: float, _: int | None) -> str:
    """640k or 1.2M."""
    return f"{value / 1e6:g}M" if value >= 1e6 else f"{value / 1e3:g}k" if value >= 1e3 else f"{value:g}"
