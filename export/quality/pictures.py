"""The pictures that models are scored on, in groups, with their names.

groups = find_groups(Path("photos"), Config(), also=("bsds500_",))      # title -> group
for batch in groups[HELD_OUT].batches(): ...                              # names, conditions, targets
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from trainer.config import Config
from trainer.data.augment import whole_view
from trainer.data.fixed import BATCH, fixed_batches
from trainer.data.sources import Example, find_examples, split, spread

SIZE = 256  # side of the scored pictures
ONE_IN = Config().validation  # of the pictures is held out
HELD_OUT = f"Held out: one picture in {ONE_IN}"
UNSEEN = "All pictures"


@dataclass(frozen=True)
class Batch:
    """Names [N], conditions uint8 [N, S, S, 1 or 3] and targets uint8 [N, S, S, 3]."""

    names: list[str]
    conditions: np.ndarray
    targets: np.ndarray


@dataclass(frozen=True)
class Group:
    """Examples that are scored together; `config`: how they are read, `size`: the side that all of them get."""

    examples: list[Example]
    config: Config
    size: int = SIZE

    def batches(self) -> Iterator[Batch]:
        """Up to 16 whole pictures at a time. One that can't be read is reported and left out."""
        for start in range(0, len(self.examples), BATCH):
            loaded = [
                (example.name, condition, target)
                for example in self.examples[start : start + BATCH]
                for targets, conditions in fixed_batches([example], self.config, self.size, whole_view)
                for target, condition in zip(targets, conditions, strict=True)
            ]
            if loaded:
                names, conditions, targets = zip(*loaded, strict=True)
                yield Batch(list(names), np.stack(conditions), np.stack(targets))

    def fewer(self, count: int) -> Group:
        """At most so many of the examples, evenly spread."""
        return replace(self, examples=spread(self.examples, count))


def find_groups(
    data: Path, config: Config, also: tuple[str, ...] = (), limit: int | None = None, unseen: bool = False
) -> dict[str, Group]:
    """What is held out under `data`, and all whose file names begin with one of `also`; at most `limit` of each.

    `unseen`: all pictures in place of what is held out, since nobody was trained on any. Raises ValueError if a group
    is empty, FileNotFoundError if there is no such data.
    """
    examples = find_examples(data, config)
    title, chosen = (UNSEEN, examples) if unseen else (HELD_OUT, split(examples, ONE_IN)[1])
    if not chosen:
        raise ValueError(
            f"None of the pictures under {data} is held out (about one in {ONE_IN} is); add more, or score all of a "
            "folder that no model was trained on with --unseen."
        )
    groups = {title: chosen}
    for prefix in also:
        found = [example for example in examples if example.begins(prefix)]
        if not found:
            raise ValueError(
                f"No picture under {data} has a name that begins with {prefix!r}. Expected the beginning of file "
                "names, as in --also bsds500_; `python -m trainer check-data` shows them."
            )
        groups[f"All pictures of {prefix}*"] = found
    return {title: Group(spread(found, limit or len(found)), config) for title, found in groups.items()}
