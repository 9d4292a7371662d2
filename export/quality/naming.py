"""What a frozen classifier takes coloured photographs for: a look at recognisability that needs no labels.

naming = Naming(Judge(), "all grey")
naming.add(batch, {"all grey": greys, "shipped": results, TRUTH: truths})
naming.measures()["shipped"]["named_right"]
"""

from __future__ import annotations

import numpy as np

from export.quality.candidates import TRUTH
from export.quality.pictures import Batch
from trainer.reports.judge import Judge


class Naming:
    """The share of the pictures that the judge gives the class that it gives their truth; a `Gauge`."""

    def __init__(self, network: Judge, baseline: str) -> None:
        self._network = network
        self._baseline = baseline
        self._right: dict[str, list[bool]] = {}

    def add(self, batch: Batch, results: dict[str, np.ndarray]) -> None:
        """Pictures uint8 [N, H, W, 3] by candidate, the baseline and the truth among them."""
        classes = {name: self._network.classes(pictures) for name, pictures in results.items()}
        for name, found in classes.items():
            self._right.setdefault(name, []).extend((found == classes[TRUTH]).tolist())

    def measures(self) -> dict[str, dict[str, float | None]]:
        """By candidate: `named_right`, a share 0..1, and `gap_closed`."""
        shares = {name: float(np.mean(right)) for name, right in self._right.items()}
        ends = shares[self._baseline], shares[TRUTH]
        return {
            name: {"named_right": round(share, 4), "gap_closed": gap_closed(share, *ends)}
            for name, share in shares.items()
        }


def gap_closed(share: float, grey: float, truth: float) -> float | None:
    """How much of the way from grey's share to the truth's this one has gone; None where there is no way to go."""
    return None if truth == grey else round((share - grey) / (truth - grey), 4)
