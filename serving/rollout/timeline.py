"""What happened during roll-outs, as a picture: who got the requests, how long they took, how colourful they came back.

    python -m serving.rollout.timeline --folder rollout --prometheus http://127.0.0.1:9090 --out rollout.png

The events are the history's, the curves Prometheus's, over the time of the last roll-outs; times in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from serving.commands import as_main
from serving.rollout.errors import RolloutError
from serving.rollout.files import FileStore
from serving.rollout.prometheus import Prometheus
from serving.rollout.serving_of import CANARY, STABLE, state_of
from serving.rollout.state import PROMOTED, ROLLED_BACK, STARTED, Event

_PREFIX = "handtint_gateway"
_COLOURS = {STABLE: "tab:blue", CANARY: "tab:orange"}
_MARKS = {STARTED: "grey", PROMOTED: "tab:green", ROLLED_BACK: "tab:red"}
_POINTS = 300
_MARGIN = 0.03  # of the time that is shown, on both sides

Curve = list[tuple[float, float]]


@click.command()
@click.option("--model", default="photo", show_default=True)
@click.option("--folder", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--prometheus", default="http://127.0.0.1:9090", show_default=True, metavar="URL")
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), default=60.0, show_default=True, help="Shown.")
@click.option("--span", type=click.IntRange(min=1), default=60, show_default=True, help="Seconds that a point is of.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A PNG or SVG.")
def timeline(model: str, folder: Path, prometheus: str, minutes: float, span: int, out: Path) -> None:
    """Draw the roll-outs of the last minutes."""
    events = state_of(model, FileStore(folder).read().texts).history
    if not events:
        raise RolloutError("There was no roll-out yet.", "Start one.")
    last = events[-1].time
    shown = [event for event in events if event.time > last - 60 * minutes]
    margin = max(span, _MARGIN * (last - shown[0].time))
    begin, end = shown[0].time - margin, last + margin
    step = max(1.0, (end - begin) / _POINTS)
    with closing(Prometheus(prometheus)) as source:
        panels = {title: source.series(query, begin, end, step) for title, query in _queries(model, span).items()}
    draw(shown, panels, (begin, end), out)
    click.echo(f"{out}: {len(shown)} events")


def draw(
    events: Sequence[Event], panels: Mapping[str, Mapping[str, Curve]], ends: tuple[float, float], out: Path
) -> None:
    """A panel for each title, with a curve for each label; events are lines across all of them."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import dates, pyplot

    figure, axes = pyplot.subplots(len(panels), 1, figsize=(11, 2.2 * len(panels)), sharex=True, squeeze=False)
    for axis, (title, curves) in zip(axes[:, 0], panels.items(), strict=True):
        for label in (STABLE, CANARY):
            points = curves.get(label, [])
            axis.plot([_when(time) for time, _ in points], [value for _, value in points], _COLOURS[label], label=label)
        for event in events:
            if event.what in _MARKS:
                axis.axvline(_when(event.time), color=_MARKS[event.what], linestyle="--", linewidth=1)
        axis.set_ylabel(title)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
    top = axes[0, 0]
    for number, event in enumerate(event for event in events if event.what in _MARKS):
        height = 1.03 + 0.13 * (number % 3)  # neighbours may be seconds apart
        where, colour = (_when(event.time), height), _MARKS[event.what]
        top.annotate(f" {event.version} {event.what}", where, xycoords=("data", "axes fraction"), color=colour)
    axes[-1, 0].set_xlim(_when(ends[0]), _when(ends[1]))
    axes[-1, 0].xaxis.set_major_formatter(dates.DateFormatter("%H:%M:%S"))
    top.legend(loc="center left")
    figure.tight_layout()
    figure.savefig(out, dpi=110)
    pyplot.close(figure)


def _queries(model: str, span: int) -> dict[str, str]:
    which, over = f'model="{model}",label=~"{STABLE}|{CANARY}"', f"[{max(span, 2)}s]"

    def mean(name: str) -> str:
        total, count = (f"sum by (label) (rate({_PREFIX}_{name}_{part}{{{which}}}{over}))" for part in ("sum", "count"))
        return f"{total} / {count}"

    return {
        "per cent due": f'avg by (label) ({_PREFIX}_split_share{{label=~"{STABLE}|{CANARY}"}})',
        "requests a second": f"sum by (label) (rate({_PREFIX}_model_requests_total{{{which}}}{over}))",
        "errors a second": f'sum by (label) (rate({_PREFIX}_model_requests_total{{{which},outcome="error"}}{over}))',
        "milliseconds": f"1000 * {mean('model_seconds')}",
        "colourfulness": mean("colourfulness"),
    }


def _when(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


main = as_main("timeline", timeline)

if __name__ == "__main__":
    main()
