"""The times as a picture: a panel for each number of threads.

draw(results, Path("docs/benchmarks/web.png"))
"""

from __future__ import annotations

from pathlib import Path
from statistics import median

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from export.page_bench.report import NAMES, Results
from trainer.reports.plots import COLOURS


def draw(results: list[Results], path: Path) -> None:
    """Seconds over megapixels, both logarithmic: solid to the first view, dashed to the full-size file."""
    figure = Figure(figsize=(12, 5), dpi=100, layout="constrained")
    panels = figure.subplots(1, len(results), sharey=True, squeeze=False)[0]
    for panel, result in zip(panels, results, strict=True):
        threads = result["networks"]["photo"]["threads"]
        sizes = [picture["megapixels"] for picture in result["pictures"]]
        for colour, name in zip(COLOURS, result["networks"], strict=False):
            for key, line in (("first", "-"), ("full", "--")):
                if name == "photo":
                    times = [median(one[key] for one in picture["rounds"]) for picture in result["pictures"]]
                else:
                    times = [picture[key] for picture in result["networks"][name]["pictures"]]
                label = f"{NAMES[name]}, {'first view' if key == 'first' else 'full-size file'}"
                panel.plot(sizes, [one / 1000 for one in times], line, color=colour, marker="o", label=label)
        panel.set(xscale="log", yscale="log", xlabel="megapixels", title=f"wasm, {threads} thread{'s'[: threads - 1]}")
        panel.set_xticks(sizes, [f"{size:g}" for size in sizes])
        panel.yaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds:g}"))
        panel.minorticks_off()
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("seconds")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.savefig(path)
