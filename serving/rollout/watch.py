"""Whether the canary does as well as the stable version, from what the gateways count.

    seen = Watch(Prometheus(url), "photo").judge(bounds, window=60, baseline=600)

The canary is judged over the time that it has had its present share; the stable version over the whole roll-out and
one window before it, since at 100 % it has no traffic of its own any more. Latency and colourfulness are means: a mean
needs no buckets, and of fifty requests it says more than a quantile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from serving.rollout.machine import YES, Seen, no, not_yet
from serving.rollout.prometheus import Prometheus
from serving.rollout.serving_of import CANARY, STABLE
from serving.rollout.state import Bounds

_PREFIX = "handtint_gateway"
_FEW = 3  # errors that may be chance, whatever share of the requests they are


@dataclass(frozen=True)
class Figures:
    """Of one label: requests, how many of them failed, mean seconds, mean colourfulness; None where there are none."""

    requests: float
    errors: float
    seconds: float | None
    colourfulness: float | None

    @property
    def error_rate(self) -> float:
        """0..1."""
        return self.errors / self.requests if self.requests else 0.0


class Watch:
    """One model's figures in Prometheus."""

    def __init__(self, prometheus: Prometheus, model: str):
        self._prometheus = prometheus
        self._model = model

    def judge(self, bounds: Bounds, window: float, baseline: float) -> Seen:
        """No as soon as it is plain, yes while nothing speaks against it, not yet while there are too few requests.

        Args:
            bounds: what is out of bounds.
            window: seconds back from now that the canary is judged by.
            baseline: the same for the stable version.

        Raises:
            Unavailable: Prometheus does not answer.
        """
        canary, stable = self.figures(CANARY, window), self.figures(STABLE, baseline)
        return compare(canary, stable, bounds)

    def figures(self, label: str, seconds: float) -> Figures:
        """Of a label over so many seconds until now. Raises Unavailable if Prometheus does not answer."""
        found = [self._prometheus.number(query) for query in queries(self._model, label, seconds)]
        answered, errors = found[0] or 0.0, found[1] or 0.0
        return Figures(answered + errors, errors, *found[2:])

    def held(self, label: str = CANARY) -> tuple[float, float] | None:
        """The least and the greatest share of a label that a gateway holds, in per cent; None if none says so.

        Raises:
            Unavailable: Prometheus does not answer.
        """
        series = f'{_PREFIX}_split_share{{label="{label}"}}'
        least, most = (self._prometheus.number(f"{each}({series})") for each in ("min", "max"))
        return None if least is None or most is None else (least, most)


def queries(model: str, label: str, seconds: float) -> Iterator[str]:
    """What Prometheus is asked: requests answered, requests failed, mean seconds, mean colourfulness."""
    span = f"[{max(1, round(seconds))}s]"
    which = f'model="{model}",label="{label}"'
    for outcome in ("ok", "error"):
        yield f'sum(increase({_PREFIX}_model_requests_total{{{which},outcome="{outcome}"}}{span}))'
    for name in ("model_seconds", "colourfulness"):
        total, count = (f"sum(increase({_PREFIX}_{name}_{part}{{{which}}}{span}))" for part in ("sum", "count"))
        yield f"{total} / {count}"


def compare(canary: Figures, stable: Figures, bounds: Bounds) -> Seen:
    """The verdict on the canary's figures."""
    allowed = stable.error_rate + bounds.error_rate
    if canary.errors >= _FEW and canary.error_rate > allowed:
        return no(
            f"{canary.errors:.0f} of {canary.requests:.0f} requests failed, {canary.error_rate:.1%}; "
            f"at most {allowed:.1%} may"
        )
    for name, figures in (("canary", canary), ("stable version", stable)):
        if figures.requests < bounds.requests:
            return not_yet(f"the {name} has had {figures.requests:.0f} requests of {bounds.requests}")
    if canary.seconds is None or stable.seconds is None or canary.colourfulness is None or stable.colourfulness is None:
        return not_yet("Prometheus has no seconds or no colourfulness of one of them")
    if canary.seconds > bounds.latency * stable.seconds:
        return no(
            f"a request takes {canary.seconds * 1000:.0f} ms, the stable version {stable.seconds * 1000:.0f} ms; "
            f"at most {bounds.latency:g} times as long is allowed"
        )
    if canary.colourfulness < bounds.colourfulness * stable.colourfulness:
        return no(
            f"its pictures have a colourfulness of {canary.colourfulness:.1f}, the stable version's "
            f"{stable.colourfulness:.1f}; at least {bounds.colourfulness:.0%} of that is wanted"
        )
    return YES
