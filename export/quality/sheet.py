"""Pictures to look at beside the numbers: a row each, with the condition, every candidate's result and the truth.

draw_sheet(candidates, group).save("sheet.png")
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from export.quality.candidates import TRUTH, Candidate
from export.quality.pictures import Group
from trainer.colour import grey

ROWS = 10
CAPTION = 24  # pixels, above the columns
_CONDITION = "condition"


def draw_sheet(candidates: Sequence[Candidate], group: Group) -> Image.Image:
    """Ten of the group's pictures, evenly spread, under their columns' names; no hints."""
    columns: dict[str, list[np.ndarray]] = {name: [] for name in (_CONDITION, *(c.name for c in candidates), TRUTH)}
    for batch in group.fewer(ROWS).batches():
        columns[_CONDITION].append(grey(batch.conditions))
        columns[TRUTH].append(batch.targets)
        for candidate in candidates:
            columns[candidate.name].append(candidate.paint(batch.conditions))
    strips = [np.concatenate(parts).reshape(-1, group.size, 3) for parts in columns.values()]
    pictures = Image.fromarray(np.concatenate(strips, axis=1))
    sheet = Image.new("RGB", (pictures.width, pictures.height + CAPTION), "white")
    sheet.paste(pictures, (0, CAPTION))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for number, name in enumerate(columns):
        draw.text((number * group.size + 4, CAPTION // 2), name, "black", font, anchor="lm")
    return sheet
