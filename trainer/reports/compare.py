"""Runs beside each other: a table of what they differ in and how far they came, and their curves in one picture.

    print(compare([Path("runs/first"), Path("runs/second")], Path("comparison")))

comparison/
  comparison.md     a column a run
  comparison.png    losses and validation measures over pictures seen
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trainer.reports.columns import read_columns
from trainer.reports.plots import draw_comparison, run_names

# keys of scores.json, what they are called in the table, and how they are written
SCORES = {
    "psnr": ("PSNR, dB", ".2f"),
    "ssim": ("SSIM", ".4f"),
    "mae": ("mean absolute error", ".2f"),
    "colourfulness": ("colourfulness", ".1f"),
    "colourfulness_difference": ("colourfulness, difference to truth", ".1f"),
    "frechet": ("Fréchet distance", ".2f"),
}


@dataclass(frozen=True)
class Summary:
    """What the table says of a run: its settings, and facts by the name of their row, blank where unknown."""

    name: str
    settings: dict[str, Any]
    facts: dict[str, str]


def compare(run_folders: list[Path], out: Path) -> str:
    """Writes comparison.md and comparison.png into `out`, which is made; returns the table (Markdown).

    Raises FileNotFoundError for a folder that is no run, and ValueError if no run has losses yet.
    """
    summaries = [summarise(folder, name) for folder, name in zip(run_folders, run_names(run_folders), strict=True)]
    text = table(summaries)
    out.mkdir(parents=True, exist_ok=True)
    draw_comparison(run_folders, out / "comparison.png")
    (out / "comparison.md").write_text(f"{text}\n\n![Curves of the runs](comparison.png)\n")
    return text


def summarise(folder: Path, name: str) -> Summary:
    """A run's row of facts. Raises FileNotFoundError if `folder` is no run, ValueError if a file of it is no JSON."""
    if not (folder / "config.json").exists():
        raise FileNotFoundError(
            f"No run at {folder}: expected a folder with a config.json, made by `fit`, as in runs/photo."
        )
    settings, about, scores = (_read(folder / f"{part}.json") for part in ("config", "run", "scores"))
    step, minutes = _progress(folder)
    pictures = step * settings.get("batch", np.nan)
    validation = read_columns(folder / "validation.csv")
    parameters = scores.get("generator_parameters", about.get("generator_parameters"))
    facts = {
        "preset": str(about.get("preset") or ""),
        "generator parameters": _written(parameters, ",.0f"),
        "steps": _written(step, ",.0f"),
        "pictures seen": _written(pictures, ",.0f"),
        "minutes": _written(minutes, ".1f"),
        "pictures/s": _written(pictures / (60 * minutes) if minutes else None, ".1f"),
        "last validation: PSNR, dB": _written(_last(validation, "psnr"), ".2f"),
        "last validation: colourfulness": _written(_last(validation, "colourfulness"), ".1f"),
    }
    if scores:  # only those of the same pictures at the same size compare
        facts["scored on"] = f"{scores.get('pictures', '?')} of {scores.get('data', '?')}, {scores.get('size', '?')} px"
    facts |= {f"score: {label}": _written(scores.get(key), form) for key, (label, form) in SCORES.items()}
    return Summary(name, settings, facts)


def differing(all_settings: list[dict[str, Any]]) -> list[str]:
    """The settings that are not the same in all runs, in the configuration's order."""
    keys = dict.fromkeys(key for settings in all_settings for key in settings)
    return [key for key in keys if any(settings.get(key) != all_settings[0].get(key) for settings in all_settings)]


def table(summaries: list[Summary]) -> str:
    """A Markdown table aligned for the terminal: a column a run, a row a setting or a fact that any of them has."""
    settings = {
        key: [_setting(summary.settings.get(key)) for summary in summaries]
        for key in differing([summary.settings for summary in summaries])
    }
    known = dict.fromkeys(key for summary in summaries for key in summary.facts)
    facts = {key: [summary.facts.get(key, "") for summary in summaries] for key in known}
    preset = {"preset": facts.pop("preset")}
    rows = [["", *(summary.name for summary in summaries)]]
    rows += [[key, *cells] for key, cells in (preset | settings | facts).items() if any(cells)]
    widths = [max(3, *map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line([cell.ljust(width) for cell, width in zip(row, widths, strict=True)]) for row in rows]
    return "\n".join([lines[0], _line(["-" * width for width in widths]), *lines[1:]])


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is no JSON ({error}). Expected what `fit` or `evaluate` wrote.") from error


def _progress(folder: Path) -> tuple[float, float]:
    """(steps, minutes of training) so far: the newest checkpoint's, else the last validation's; NaN if unknown."""
    checkpoints = sorted(folder.glob("checkpoints/step-*/state.json"))
    if checkpoints:
        state = _read(checkpoints[-1])
        return state["step"], state["seconds"] / 60
    validation = read_columns(folder / "validation.csv")
    return _last(validation, "step"), _last(validation, "minutes")


def _last(columns: dict[str, np.ndarray], name: str) -> float:
    return float(columns[name][-1]) if name in columns else float("nan")


def _written(value: Any, form: str) -> str:
    return "" if value is None or np.isnan(value) else format(value, form)


def _setting(value: Any) -> str:
    return "" if value is None else json.dumps(value).strip('"')


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
