"""Where the texts of a roll-out lie: in a folder, or in a ConfigMap. One interface, and nobody overwrites unseen.

stored = store.read()
store.write(texts, stored)          # Conflict if somebody else wrote in between
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from serving.rollout.serving_of import CONFIG, SPLIT, STATE

NAMES = (STATE, CONFIG, SPLIT)


@dataclass(frozen=True)
class Stored:
    """Texts by name, as they were at one moment that `token` stands for."""

    texts: Mapping[str, str]
    token: str


class Store(Protocol):
    """Any number of commands on any number of machines may use one at the same time."""

    delay: float
    """Seconds that a change may take until a server has it, at most."""

    selector: str
    """Matchers of PromQL for the gateways that follow it, where Prometheus may know others."""

    def read(self) -> Stored:
        """What is there.

        Raises:
            RolloutError: it cannot be read; Unavailable, just now.
        """

    def write(self, texts: Mapping[str, str], before: Stored) -> None:
        """Replaces it.

        Raises:
            Conflict: it is not what it was when `before` was read; nothing has changed.
            RolloutError: it cannot be written; Unavailable, just now, or it is not known whether it was.
        """
