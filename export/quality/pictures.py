"""The pictures that models are scored on, in groups, with their names.

groups = find_groups(Path("photos"), also=("bsds500_",), limit=None)      # title -> examples
for names, targets in named_batches(examples, size=256): ...
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from export.quality.candidates import ONE_IN
from trainer.config import Config
from trainer.data.augment import whole_view
from trainer.data.fixed import BATCH, fixed_batches
from trainer.data.sources import Example, find_examples, split, spread

HELD_OUT = f"Held out: one picture in {ONE_IN}"


def find_groups(data: Path, also: tuple[str, ...] = (), limit: int | None = None) -> dict[str, list[Example]]:
    """What is held out under `data`, and all whose file names begin with one of `also`; at most `limit` of each.

    Raises ValueError if a group is empty, FileNotFoundError if there is no such data.
    """
    examples = find_examples(data, Config())
    _, held_out = split(examples, ONE_IN)
    if not held_out:
        raise ValueError(f"None of the pictures under {data} is held out (about one in {ONE_IN} is); add more.")
    groups = {HELD_OUT: held_out}
    for prefix in also:
        found = [example for example in examples if example.begins(prefix)]
        if not found:
            raise ValueError(
                f"No picture under {data} has a name that begins with {prefix!r}. Expected the beginning of file "
                "names, as in --also bsds500_; `python -m trainer check-data` shows them."
            )
        groups[f"All pictures of {prefix}*"] = found
    return {title: spread(found, limit or len(found)) for title, found in groups.items()}


def named_batches(examples: list[Example], size: int) -> Iterator[tuple[list[str], np.ndarray]]:
    """Names and whole pictures, uint8 [N, size, size, 3], up to 16 at a time.

    One that can't be read is reported and left out.
    """
    for start in range(0, len(examples), BATCH):
        loaded = [
            (example.name, targets)
            for example in examples[start : start + BATCH]
            for targets, _ in fixed_batches([example], Config(), size, whole_view)
        ]
        if loaded:
            names, targets = zip(*loaded, strict=True)
            yield list(names), np.concatenate(targets)
