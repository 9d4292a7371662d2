"""Scores models of one task beside its baseline and the truth, and writes down what came out.

print(report(["shipped=photo", "new=runs/new"], Path("photos"), Path("quality")))

quality/
  quality.md       the tables
  quality.json     everything that was measured, and the protocol's numbers
  hints.png        PSNR over the number of hints
  saturation.png   PSNR against colourfulness, for more and less of the same colours
  sheet.png        ten pictures of the first group: condition, results, truth
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from export.quality.candidates import Candidate
from export.quality.clicking import psnr_by_clicks
from export.quality.hinting import psnr_by_hints
from export.quality.labels import named_by_label
from export.quality.opening import open_candidates
from export.quality.page import label_table, page, section, size_table
from export.quality.photo import PhotoCandidate
from export.quality.pictures import ONE_IN, SIZE, Group, find_groups
from export.quality.plot import draw_hinting, draw_saturating
from export.quality.saturating import by_saturation
from export.quality.scores import score_all
from export.quality.sheet import draw_sheet
from export.quality.sizes import size_differences
from export.quality.task import Task
from trainer.config import Config
from trainer.data.sources import find_examples
from trainer.reports import judge

HINT_LIMIT = 300
HINTS, SATURATION, SHEET = "hints.png", "saturation.png", "sheet.png"
PICTURES = {
    HINTS: "PSNR by the number of hints",
    SATURATION: "PSNR against colourfulness, for more and less of the same colours",
    SHEET: "Condition, results and truth of ten pictures",
}
FILES = ("quality.md", "quality.json", *PICTURES)


def report(
    candidates: list[str],
    data: Path,
    out: Path,
    also: tuple[str, ...] = (),
    large: Path | None = None,
    labelled: Path | None = None,
    limit: int | None = None,
    hint_limit: int = HINT_LIMIT,
    unseen: bool = False,
    reading: dict[str, Any] | None = None,
) -> str:
    """Writes `FILES` into `out`, which is made; returns the page (Markdown).

    `candidates`: NAME=PATH each. `also`: beginnings of file names, a group each. `large`: pictures to compare sizes on.
    `labelled`: pictures in folders named by their ImageNet class; both are for photo models.
    `limit`, `hint_limit`: pictures of a group, evenly spread. `unseen`: no model was trained on any of the data, so all
    of it is scored. `reading`: settings of `Config` for data of another form than the task's usual, layout and
    target_side. Raises ValueError and FileNotFoundError for what can't be found or scored, before the long part begins.
    """
    large_examples = find_examples(large, Config()) if large else []
    labelled_group = Group(find_examples(labelled, Config()), Config()) if labelled else None
    task, opened = open_candidates(candidates, unseen)
    photos = [candidate for candidate in opened if isinstance(candidate, PhotoCandidate)]
    if (large or labelled) and not photos:
        raise ValueError(
            f"--large and --labelled take photographs, and what is scored are models of task {task.name}. Leave them "
            "out."
        )
    config = replace(task.config, **(reading or {}))
    groups = find_groups(data, config, also, limit, unseen)
    sizes = size_differences(photos, large_examples) if large else {}  # first: it is quick, and may refuse the pictures
    found: dict[str, Any] = {
        "protocol": {
            "task": task.name,
            "data": data.resolve().name,
            "layout": config.layout,
            "size": SIZE,
            "one_in": 1 if unseen else ONE_IN,
            "limit": limit or 0,
            "hint_limit": hint_limit,
            "large": large.resolve().name if large else None,
            "judge": judge.NAME,
        },
        "candidates": {each.name: _about(each) for each in (task.baseline, *opened)},
        "groups": {title: _measure(task, opened, group, hint_limit) for title, group in groups.items()},
    }
    if labelled_group:
        count, shares = named_by_label(photos, labelled_group)
        found["labelled"] = {"pictures": count, "named_right": shares}
    found["sizes"] = {size: {"pictures": count, "distance": away} for size, (count, away) in sizes.items()}

    out.mkdir(parents=True, exist_ok=True)
    (out / "quality.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    draw_hinting({title: group["hints"]["psnr"] for title, group in found["groups"].items()}, out / HINTS)
    draw_saturating({title: group["saturation"] for title, group in found["groups"].items()}, out / SATURATION)
    draw_sheet(opened, next(iter(groups.values()))).save(out / SHEET)
    parameters = {each.name: each.parameters for each in opened}
    sections = [section(title, group, parameters, task.columns) for title, group in found["groups"].items()]
    if labelled:
        sections.append(label_table(**found["labelled"]))
    text = page(found["protocol"], sections, size_table(sizes) if sizes else "", PICTURES)
    (out / "quality.md").write_text(text, encoding="utf-8")
    return text


def _measure(task: Task, candidates: list[Candidate], group: Group, hint_limit: int) -> dict[str, Any]:
    pictures, scores = score_all(task, candidates, group)
    fewer = group.fewer(hint_limit)
    hinted, psnr = psnr_by_hints(task, candidates, fewer)
    truth, curves = by_saturation(candidates, fewer)
    return {
        "pictures": pictures,
        "unreadable": len(group.examples) - pictures,
        "scores": scores,
        "hints": {"pictures": hinted, "psnr": psnr, "clicks": psnr_by_clicks(task, candidates, fewer)},
        "saturation": {"pictures": hinted, "truth": truth, "curves": curves},
    }


def _about(candidate: Candidate) -> dict[str, Any]:
    return {
        "made_from": candidate.made_from,
        "parameters": candidate.parameters,
        "size": candidate.size,
        "takes_hints": candidate.takes_hints,
    }
