"""What the canary's figures lead to, and what Prometheus is asked for them."""

from __future__ import annotations

from dataclasses import replace

import promql_parser
import pytest

from serving.rollout.errors import Unavailable
from serving.rollout.machine import Answer, Seen
from serving.rollout.prometheus import Prometheus
from serving.rollout.state import Bounds
from serving.rollout.watch import Figures, Watch, compare, queries, too_many_errors

BOUNDS = Bounds(requests=50, error_rate=0.01, latency=1.5, colourfulness=0.7, window=60)
STABLE = Figures(requests=900, errors=0, seconds=0.2, colourfulness=30)
CANARY = Figures(requests=100, errors=0, seconds=0.2, colourfulness=30)


@pytest.mark.parametrize(
    ("canary", "answer", "why"),
    [
        (CANARY, Answer.YES, ""),
        (replace(CANARY, seconds=0.29, colourfulness=22), Answer.YES, ""),
        (replace(CANARY, seconds=0.31), Answer.NO, "takes 310 ms, the stable version 200 ms"),
        (
            replace(CANARY, colourfulness=20.9),
            Answer.NO,
            "its pictures have a colourfulness 20.9, which is grey beside the stable version's 30.0",
        ),
        (replace(CANARY, requests=49), Answer.NOT_YET, "the canary has had 49 requests of 50"),
        (replace(CANARY, colourfulness=None), Answer.NOT_YET, "no colourfulness"),
        (replace(CANARY, colourfulness=43), Answer.NO, "which is garish"),
    ],
)
def test_latency_and_colours(canary: Figures, answer: Answer, why: str) -> None:
    seen = compare(canary, STABLE, BOUNDS)
    assert seen.answer is answer
    assert why in seen.why


def test_nothing_to_compare_with() -> None:
    seen = compare(CANARY, replace(STABLE, requests=3), BOUNDS)
    assert (seen.answer, seen.why) == (Answer.NOT_YET, "the stable version has had 3 requests of 50")


@pytest.mark.parametrize(
    ("canary", "stable", "many"),
    [
        (replace(CANARY, errors=3), STABLE, True),
        (replace(CANARY, requests=4, errors=4), STABLE, True),  # before there were requests enough
        (replace(CANARY, errors=2), STABLE, False),  # two may be chance
        (replace(CANARY, errors=3), replace(STABLE, errors=90), False),  # the stable one does no better
        (replace(CANARY, requests=1000, errors=10), STABLE, False),
        (Figures(0, 0, None, None), STABLE, False),
    ],
)
def test_errors(canary: Figures, stable: Figures, many: bool) -> None:
    assert (too_many_errors(canary, stable, BOUNDS) is not None) is many


def scripted(answers: dict[str, Figures], monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A watch whose Prometheus has these figures, by label and span."""
    watch = Watch(Prometheus("http://127.0.0.1:9"), "photo")
    monkeypatch.setattr(watch, "figures", lambda label, seconds: answers[f"{label} {seconds:g}"])
    return watch


def judge(watch: Watch, since: float) -> Seen:
    return watch.judge(BOUNDS, since=since, baseline=600)


def test_errors_count_at_once_all_else_when_the_window_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, failing = replace(CANARY, seconds=9.0), replace(CANARY, errors=50)
    early = scripted({"canary 10": slow, "stable 10": STABLE}, monkeypatch)
    assert judge(early, 10) == Seen(Answer.NOT_YET, "nothing speaks against it; its 60 s are not over")
    over = scripted({"canary 60": slow, "stable 60": STABLE}, monkeypatch)
    assert judge(over, 60).answer is Answer.NO
    at_once = scripted({"canary 10": failing, "stable 10": STABLE}, monkeypatch)
    assert "50 of 100 requests failed, 50.0%" in judge(at_once, 10).why


def test_with_all_the_traffic_it_is_compared_with_what_was_before(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = Figures(0, 0, None, None)
    answers = {"canary 60": CANARY, "stable 60": nothing, "stable 600": replace(STABLE, colourfulness=90)}
    assert "which is grey beside" in judge(scripted(answers, monkeypatch), 60).why


@pytest.mark.parametrize("selector", ["", 'namespace="handtint"', 'namespace="handtint",job=~"gateway.*"'])
def test_the_queries_parse(selector: str) -> None:
    found = list(queries("photo", "canary", 59.7, selector))
    assert len(found) == 4
    assert all("[60s]" in query and 'label="canary"' in query and selector in query for query in found)
    for query in found:
        promql_parser.parse(query)


def test_no_prometheus() -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        Prometheus("http://127.0.0.1:9").number("up")
