"""Scores models beside all grey and the truth, and writes down what came out.

print(report(["shipped=photo", "new=runs/new"], Path("photos"), Path("quality")))

quality/
  quality.md       the tables
  quality.json     everything that was measured, and the protocol's numbers
  hints.png        PSNR over the number of hints
  saturation.png   PSNR against colourfulness, for more and less of the same colours
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from export.quality.candidates import GREY, ONE_IN, Candidate, open_candidates
from export.quality.hinting import psnr_by_hints
from export.quality.naming import named_by_label
from export.quality.page import label_table, page, section, size_table
from export.quality.pictures import find_groups
from export.quality.plot import draw_hinting, draw_saturating
from export.quality.saturating import by_saturation
from export.quality.scores import SIZE, score_all
from export.quality.sizes import size_differences
from trainer.config import Config
from trainer.data.sources import Example, find_examples, spread
from trainer.reports import judge

HINT_LIMIT = 300
HINTS, SATURATION = "hints.png", "saturation.png"


def report(
    candidates: list[str],
    data: Path,
    out: Path,
    also: tuple[str, ...] = (),
    large: Path | None = None,
    labelled: Path | None = None,
    limit: int | None = None,
    hint_limit: int = HINT_LIMIT,
) -> str:
    """Writes quality.md, quality.json and the plots into `out`, which is made; returns the page (Markdown).

    `candidates`: NAME=PATH each. `also`: beginnings of file names, a group each. `large`: pictures to compare sizes on.
    `labelled`: pictures in folders named by their ImageNet class.
    `limit`, `hint_limit`: pictures of a group, evenly spread. Raises ValueError and FileNotFoundError for what can't be
    found or scored, before the long part begins.
    """
    groups = find_groups(data, also, limit)
    large_examples = find_examples(large, Config()) if large else []
    labelled_examples = find_examples(labelled, Config()) if labelled else []
    opened = open_candidates(candidates)
    sizes = size_differences(opened, large_examples) if large else {}  # first: it is quick, and may refuse the pictures
    found: dict[str, Any] = {
        "protocol": {
            "data": data.resolve().name,
            "size": SIZE,
            "one_in": ONE_IN,
            "limit": limit or 0,
            "hint_limit": hint_limit,
            "large": large.resolve().name if large else None,
            "judge": judge.NAME,
        },
        "candidates": {each.name: _about(each) for each in (GREY, *opened)},
        "groups": {title: _measure(opened, examples, hint_limit) for title, examples in groups.items()},
    }
    if labelled:
        count, shares = named_by_label(opened, labelled_examples)
        found["labelled"] = {"pictures": count, "named_right": shares}
    found["sizes"] = {size: {"pictures": count, "distance": away} for size, (count, away) in sizes.items()}

    out.mkdir(parents=True, exist_ok=True)
    (out / "quality.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    draw_hinting({title: group["hints"]["psnr"] for title, group in found["groups"].items()}, out / HINTS)
    draw_saturating({title: group["saturation"] for title, group in found["groups"].items()}, out / SATURATION)
    parameters = {each.name: each.parameters for each in opened}
    sections = [section(title, group, parameters) for title, group in found["groups"].items()]
    if labelled:
        sections.append(label_table(**found["labelled"]))
    text = page(found["protocol"], sections, size_table(sizes) if sizes else "", (HINTS, SATURATION))
    (out / "quality.md").write_text(text, encoding="utf-8")
    return text


def _measure(candidates: list[Candidate], examples: list[Example], hint_limit: int) -> dict[str, Any]:
    pictures, scores = score_all(candidates, examples)
    fewer = spread(examples, hint_limit)
    hinted, psnr = psnr_by_hints(candidates, fewer)
    truth, curves = by_saturation(candidates, fewer)
    return {
        "pictures": pictures,
        "unreadable": len(examples) - pictures,
        "scores": scores,
        "hints": {"pictures": hinted, "psnr": psnr},
        "saturation": {"pictures": hinted, "truth": truth, "curves": curves},
    }


def _about(candidate: Candidate) -> dict[str, Any]:
    return {
        "made_from": candidate.made_from,
        "parameters": candidate.parameters,
        "size": candidate.size,
        "takes_hints": candidate.takes_hints,
    }
