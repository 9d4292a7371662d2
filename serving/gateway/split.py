"""Which label of the model a request goes to: shares of the traffic, that may change while it flows.

    split = Split.parse("stable=90,canary=10")
    label = split.pick(sticky_point(b"somebody"))       # the same for the same client
    label = split.pick(random.random())

Shares are per cent and add up to 100, so half of a file that is just being written is never taken for the whole.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from serving.errors import OptionError

LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FIX = "Write it as stable=90,canary=10."


@dataclass(frozen=True)
class Split:
    """Labels and their per cent, the first one at the beginning of the line from 0 to 1."""

    shares: tuple[tuple[str, float], ...]

    @classmethod
    def parse(cls, text: str) -> Split:
        """LABEL=PER CENT, with commas or line ends between.

        Raises:
            OptionError: not of that form, a label twice, or not 100 in all.
        """
        shares: dict[str, float] = {}
        for piece in re.split(r"[,\n]", text.strip()):
            label, _, share = (part.strip() for part in piece.partition("="))
            if not LABEL.fullmatch(label) or not re.fullmatch(r"\d{1,3}(\.\d+)?", share) or label in shares:
                raise OptionError(f"Expected labels with their per cent, each once; received {piece.strip()!r}.", _FIX)
            shares[label] = float(share)
        if abs(sum(shares.values()) - 100) > 1e-6:  # 33.3 + 33.3 + 33.4 is not exact in binary
            raise OptionError(f"The shares must add up to 100; received {sum(shares.values()):g}.", _FIX)
        return cls(tuple(shares.items()))

    def pick(self, point: float) -> str:
        """The label at a point 0..1; who has moved to a later label stays there while that one's share grows."""
        reached = 0.0
        for label, share in self.shares:
            reached += share / 100
            if point < reached:
                return label
        return self.shares[-1][0]


def sticky_point(client: bytes) -> float:
    """A point 0..1 that is a client's own."""
    return int.from_bytes(hashlib.blake2b(client, digest_size=6).digest(), "big") / 2**48
