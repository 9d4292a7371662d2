"""Every question to Prometheus in k8s/ and of `handtint rollout`, and which metrics and labels it needs.

for query in all_queries():
    needs(query.text)                # {"handtint_gateway_split_share": {"label": {"canary"}, "namespace": set()}}
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import promql_parser as promql
import yaml

from serving.rollout import watch
from tests.conftest import ROOT

COMPONENTS = ROOT / "k8s/components"

# What Prometheus itself writes, and what its operator sets on each series.
OWN_METRICS = {"up", "ALERTS"}
TARGET_LABELS = {"namespace", "job", "pod", "instance", "service", "endpoint", "container"}

# What stands in a query until somebody else puts a value there.
_GRAFANA = {"$__rate_interval": "5m", "$namespace": "handtint"}
_ARGO = re.compile(r"\{\{args\.(\w+)\}\}")

Needs = dict[str, dict[str, set[str]]]  # metric -> label -> values that are asked for as they are


class Query(NamedTuple):
    """A query and where it stands, with values for its variables."""

    where: str
    text: str


def rule_groups() -> list[dict[str, Any]]:
    """The groups of the PrometheusRule."""
    return yaml.safe_load((COMPONENTS / "monitoring/rules.yaml").read_text("utf-8"))["spec"]["groups"]


def rules() -> list[dict[str, Any]]:
    return [rule for group in rule_groups() for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    return json.loads((COMPONENTS / "monitoring/dashboard.json").read_text("utf-8"))


def scaling_queries() -> dict[str, Query]:
    """KEDA's, by the trigger's name."""
    scaled = yaml.safe_load((COMPONENTS / "keda/scaled-object.yaml").read_text("utf-8"))
    return {t["name"]: Query(f"keda: {t['name']}", t["metadata"]["query"]) for t in scaled["spec"]["triggers"]}


def analysis_queries(**arguments: str) -> dict[str, Query]:
    """Argo's, by the metric's name; an argument that is not given stands for itself."""
    template = yaml.safe_load((COMPONENTS / "argo-rollouts/analysis.yaml").read_text("utf-8"))
    return {
        metric["name"]: Query(
            f"argo-rollouts: {metric['name']}",
            _ARGO.sub(lambda found: arguments.get(found[1], found[1]), metric["provider"]["prometheus"]["query"]),
        )
        for metric in template["spec"]["metrics"]
    }


def all_queries() -> Iterator[Query]:
    for rule in rules():
        yield Query(f"rules: {rule.get('alert') or rule['record']}", rule["expr"])
    yield from scaling_queries().values()
    yield from analysis_queries().values()
    for number, text in enumerate(watch.queries("photo", "canary", 60)):
        yield Query(f"handtint rollout: {number}", text)
    shown = dashboard()
    for owner in [*shown["annotations"]["list"], *shown["panels"]]:
        for target in owner.get("targets", [owner] if "expr" in owner else []):
            text = target["expr"]
            for variable, value in _GRAFANA.items():
                text = text.replace(variable, value)
            yield Query(f"dashboard: {owner.get('title') or owner['name']} {target.get('refId', '')}".strip(), text)


def needs(text: str) -> Needs:
    """The metrics that a query names, with the labels that it selects or groups them by.

    Raises:
        ValueError: it is no PromQL.
    """
    found: Needs = {}
    _collect(promql.parse(text), found)
    return found


def _collect(node: Any, found: Needs) -> None:
    if isinstance(node, promql.MatrixSelector):
        node = node.vector_selector
    if isinstance(node, promql.VectorSelector):
        labels = found.setdefault(node.name, {})
        for matcher in node.matchers.matchers:
            values = labels.setdefault(matcher.name, set())
            if matcher.op == promql.MatchOp.Equal:
                values.add(matcher.value)
    elif isinstance(node, promql.AggregateExpr):
        within: Needs = {}
        _collect(node.expr, within)
        for metric, labels in within.items():
            mine = found.setdefault(metric, {})
            for label in [*labels, *(node.modifier.labels if node.modifier else [])]:
                mine.setdefault(label, set()).update(labels.get(label, set()))
    elif isinstance(node, promql.BinaryExpr):
        _collect(node.lhs, found)
        _collect(node.rhs, found)
    elif isinstance(node, promql.Call):
        for argument in node.args:
            _collect(argument, found)
    elif isinstance(node, promql.ParenExpr | promql.UnaryExpr | promql.SubqueryExpr):
        _collect(node.expr, found)
    else:
        assert isinstance(node, promql.NumberLiteral | promql.StringLiteral), f"{node!r} may hide a metric"
