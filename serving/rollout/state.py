"""Where a roll-out stands: all that is remembered from one step to the next, as a JSON document.

    state = State.parse(text)
    text = state.render()

Whoever holds it can go on with the roll-out; nothing else is kept anywhere.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from enum import Enum
from typing import Any

from serving.errors import OptionError
from serving.rollout.errors import RolloutError

KEPT = 200  # events; a ConfigMap holds 1 MiB


class Phase(Enum):
    """What is being waited for. The order is that of a roll-out that goes well."""

    IDLE = "idle"  # nothing; the stable version serves alone
    LOADING = "loading"  # every server has loaded the candidate beside the stable version
    CHECKING = "checking"  # card, signatures, warm-up, golden set: it has had no traffic yet
    LABELLING = "labelling"  # every server knows the candidate as `canary`
    SHIFTING = "shifting"  # every gateway sends it its share
    WATCHING = "watching"  # it does as well as the stable one with that share
    PROMOTING = "promoting"  # every server knows it as `stable`, too
    SETTLING = "settling"  # every server has both labels at the version that stays, after either outcome
    UNLOADING = "unloading"  # every server has let the other version go


PROMOTED, ROLLED_BACK, STARTED, PUT_RIGHT = "promoted", "rolled back", "started", "put right"


@dataclass(frozen=True)
class Bounds:
    """What a candidate has to keep to; times in seconds.

    Args:
        window: how long each share is watched.
        patience: how long any phase before the last two may take; a watch that long beyond its window.
        requests: that each version must have had for a comparison.
        error_rate: how much more of its requests may fail than of the stable version's, 0..1.
        latency: how many times the stable version's mean time it may take.
        colourfulness: the share of the stable version's that it must have; nor may the stable version have less than
            that share of its: noise is colourful.
        darker: how much darker a golden picture may be, in L* (0..100).
        distance: how far the golden pictures' colours may be from the stable version's, in the mean of all pixels, in
            Lab units of a* and b*. Grey is 18 from what the shipped photo model says, and noise in its weights 24, with
            the same colourfulness: one pink over everything.
        delay: what a change of the files may take to reach a server: until then, what it says is of before.

    Raises:
        OptionError: a number makes no sense.
    """

    window: float = 300.0
    patience: float = 900.0
    requests: int = 50
    error_rate: float = 0.01
    latency: float = 1.5
    colourfulness: float = 0.7
    darker: float = 2.0
    distance: float = 15.0
    delay: float = 90.0

    def odd_colours(self, candidate: float, stable: float) -> str:
        """What is wrong with a mean colourfulness, beside the stable version's; nothing if it is in order."""
        if self.colourfulness * stable <= candidate and self.colourfulness * candidate <= stable:
            return ""
        kind = "grey" if candidate < stable else "garish"
        return f"colourfulness {candidate:.1f}, which is {kind} beside the stable version's {stable:.1f}"

    def __post_init__(self) -> None:
        for each in fields(self):
            if not getattr(self, each.name) >= 0:
                raise OptionError(f"{each.name} is {getattr(self, each.name)}.", "Give a number of 0 or more.")


@dataclass(frozen=True)
class Event:
    """One line of the history: `time` in seconds since 1970, what happened to which version, and why."""

    time: float
    version: int
    what: str
    why: str = ""


@dataclass(frozen=True)
class State:
    """A roll-out of one model.

    `candidate` is the other version in memory: the one that is tried, and in the end the one that goes. `share` per
    cent of the traffic go to the label `canary`, the `step`th of `steps`. `since`, `mended` and `baseline` are seconds
    since 1970: when the phase began, when what others had written was last put right, and from when on the stable
    version's figures count. While `mending`, the phase stands still: servers load again what they let go, and no label
    moves before they have. `revision` grows with every write.
    """

    model: str
    stable: int
    candidate: int | None = None
    phase: Phase = Phase.IDLE
    steps: tuple[float, ...] = ()
    step: int = 0
    since: float = 0.0
    mending: bool = False
    mended: float = 0.0
    baseline: float = 0.0
    bounds: Bounds = field(default_factory=Bounds)
    history: tuple[Event, ...] = ()
    revision: int = 0

    @property
    def share(self) -> float:
        """Per cent of the traffic that the candidate should have now."""
        if self.phase in (Phase.SHIFTING, Phase.WATCHING, Phase.PROMOTING) and not self.mending:
            return self.steps[self.step]
        return 0.0

    @property
    def told(self) -> float:
        """Since when servers and gateways can know what the phase wants of them."""
        return max(self.since, self.mended)

    @property
    def done(self) -> bool:
        """Whether there is nothing left to do."""
        return self.phase is Phase.IDLE and not self.mending

    @property
    def outcome(self) -> Event | None:
        """How the last roll-out ended; None while one is under way, or before the first."""
        if self.phase is not Phase.IDLE or not self.history:
            return None
        return next((event for event in reversed(self.history) if event.what in (PROMOTED, ROLLED_BACK)), None)

    def render(self) -> str:
        """As JSON, for programs and for whoever looks into the ConfigMap."""
        document = {**asdict(self), "phase": self.phase.value}
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def parse(cls, text: str) -> State:
        """The state that `render` wrote.

        Raises:
            RolloutError: it is none.
        """
        try:
            found: dict[str, Any] = json.loads(text)
            found |= {
                "phase": Phase(found["phase"]),
                "steps": tuple(found["steps"]),
                "bounds": Bounds(**found["bounds"]),
                "history": tuple(Event(**event) for event in found["history"]),
            }
            return cls(**found)
        except (ValueError, TypeError, KeyError) as error:
            raise RolloutError(
                f"The state of the roll-out, rollout.json, cannot be read: {error!r}.",
                "Write it as it was, or remove it: the version with the label `stable` in models.config counts then.",
            ) from error
