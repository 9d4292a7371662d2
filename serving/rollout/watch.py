"""Whether the canary does as well as the stable version, from what the gateways count.

    seen = Watch(Prometheus(url), "photo").judge(bounds, since=60, baseline=600)

Both are judged over the time that the canary has had its present share: what else happened then happened to both. Only
if the stable version had too few requests then, as at 100 %, its figures are of the whole roll-out and one window
before it. Errors count at once. Latency and colourfulness are means, compared when the window is over: a mean needs no
buckets, and of fifty requests it says more than a quantile.
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
    """One model's figures in Prometheus.

    Args:
        prometheus: which may know other installations, too.
        model: the model's name.
        selector: tells ours from those, in PromQL's words, as 'namespace="handtint"'.
    """

    def __init__(self, prometheus: Prometheus, model: str, selector: str = ""):
        self._prometheus = prometheus
        self._model = model
        self._selector = selector

    def judge(self, bounds: Bounds, since: float, baseline: float) -> Seen:
        """No if it is out of bounds, not yet until the window is over and there were requests enough.

        Args:
            bounds: what is out of bounds.
            since: seconds that the canary has had its share.
            baseline: seconds back from now that the stable version may be judged by.

        Raises:
            Unavailable: Prometheus does not answer.
        """
        canary, stable = self.figures(CANARY, since), self.figures(STABLE, since)
        if stable.requests < bounds.requests:
            stable = self.figures(STABLE, baseline)
        return too_many_errors(canary, stable, bounds) or (
            not_yet(f"nothing speaks against it; its {bounds.window:g} s are not over")
            if since < bounds.window
            else compare(canary, stable, bounds)
        )

    def figures(self, label: str, seconds: float) -> Figures:
        """Of a label over so many seconds until now. Raises Unavailable if Prometheus does not answer."""
        found = [self._prometheus.number(query) for query in queries(self._model, label, seconds, self._selector)]
        answered, errors = found[0] or 0.0, found[1] or 0.0
        return Figures(answered + errors, errors, *found[2:])

    def held(self, label: str = CANARY) -> tuple[float, float] | None:
        """The least and the greatest share of a label that a gateway holds, in per cent; None if none says so.

        Raises:
            Unavailable: Prometheus does not answer.
        """
        series = f"{_PREFIX}_split_share{{{_matchers(self._selector, label=label)}}}"
        least, most = (self._prometheus.number(f"{each}({series})") for each in ("min", "max"))
        return None if least is None or most is None else (least, most)


def queries(model: str, label: str, seconds: float, selector: str = "") -> Iterator[str]:
    """What Prometheus is asked: requests answered, requests failed, mean seconds, mean colourfulness."""
    span = f"[{max(1, round(seconds))}s]"
    for outcome in ("ok", "error"):
        which = _matchers(selector, model=model, label=label, outcome=outcome)
        yield f"sum(increase({_PREFIX}_model_requests_total{{{which}}}{span}))"
    which = _matchers(selector, model=model, label=label)
    for name in ("model_seconds", "colourfulness"):
        total, count = (f"sum(increase({_PREFIX}_{name}_{part}{{{which}}}{span}))" for part in ("sum", "count"))
        yield f"{total} / {count}"


def _matchers(selector: str, **labels: str) -> str:
    return ",".join([*(f'{name}="{value}"' for name, value in labels.items()), *filter(None, [selector])])


def too_many_errors(canary: Figures, stable: Figures, bounds: Bounds) -> Seen | None:
    """No if there are; however short the time was."""
    allowed = stable.error_rate + bounds.error_rate
    if canary.errors < _FEW or canary.error_rate <= allowed:
        return None
    return no(
        f"{canary.errors:.0f} of {canary.requests:.0f} requests failed, {canary.error_rate:.1%}; "
        f"at most {allowed:.1%} may"
    )


def compare(canary: Figures, stable: Figures, bounds: Bounds) -> Seen:
    """The verdict on the canary's latency and colours."""
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
    if odd := bounds.odd_colours(canary.colourfulness, stable.colourfulness):
        return no(f"its pictures have a {odd}")
    return YES
