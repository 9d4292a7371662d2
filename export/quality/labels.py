"""How many pictures of known ImageNet classes a frozen classifier names right after colouring.

    pictures, shares = named_by_label(candidates, Group(find_examples("labelled", Config()), Config()))
    shares["truth"]

A picture lies in a folder that is called by the number of its class, 0 to 999: labelled/217/spaniel.jpg.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import numpy as np
from tqdm import tqdm

from export.quality.candidates import TRUTH, Candidate
from export.quality.photo import PHOTO
from export.quality.pictures import Group
from trainer.data.fixed import BATCH
from trainer.data.sources import Example
from trainer.efficientnet_lite import CLASSES
from trainer.reports.judge import Judge


def named_by_label(candidates: Sequence[Candidate], group: Group) -> tuple[int, dict[str, float]]:
    """(readable pictures, share 0..1 named right by candidate), all grey first and the truth last.

    Raises ValueError if a folder's name is no class, or if no picture can be read.
    """
    labels = {example.name: _label(example) for example in group.examples}
    network = Judge(BATCH)
    painters = [PHOTO.baseline, *candidates]
    right: dict[str, list[bool]] = {name: [] for name in (*(each.name for each in painters), TRUTH)}
    with tqdm(desc="naming", unit="picture", total=len(group.examples)) as progress:
        for batch in group.batches():
            expected = np.array([labels[name] for name in batch.names])
            for painter in painters:
                right[painter.name] += (network.classes(painter.paint(batch.conditions)) == expected).tolist()
            right[TRUTH] += (network.classes(batch.targets) == expected).tolist()
            progress.update(len(batch.names))
    if not right[TRUTH]:
        raise ValueError(f"None of the {len(group.examples)} labelled pictures could be read; give others.")
    return len(right[TRUTH]), {name: round(float(np.mean(each)), 4) for name, each in right.items()}


def _label(example: Example) -> int:
    folder = PurePath(example.name).parent.name
    if not folder.isdecimal() or int(folder) >= CLASSES:
        raise ValueError(
            f"The labelled picture {example.name} lies in no folder of a class. Expected the number of its ImageNet "
            f"class, 0 to {CLASSES - 1}, as in 217/{PurePath(example.name).name}; move it."
        )
    return int(folder)
