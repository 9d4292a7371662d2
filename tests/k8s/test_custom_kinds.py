"""Kinds that are not Kubernetes' own: each has a schema that takes a good manifest and refuses a broken one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from custom_kinds import SCHEMAS, is_known, violations

from tests.k8s.queries import COMPONENTS

Manifest = dict[str, Any]

GOOD = {
    manifest["kind"]: manifest
    for file in COMPONENTS.glob("**/*.yaml")
    if file.name != "kustomization.yaml"
    for manifest in yaml.safe_load_all(file.read_text("utf-8"))
    if is_known(manifest)
}
# No component brings one: whose Gateway it is depends on the cluster.
GOOD["Gateway"] = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "Gateway",
    "metadata": {"name": "door"},
    "spec": {"gatewayClassName": "any", "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]},
}


def listener(manifest: Manifest) -> None:
    manifest["spec"]["listeners"][0]["port"] = 65536


def endpoint(manifest: Manifest) -> None:
    manifest["spec"]["endpoints"][0]["intervall"] = "15s"


def duration(manifest: Manifest) -> None:
    manifest["spec"]["groups"][0]["rules"][-1]["for"] = "5 minutes"


def recorded(manifest: Manifest) -> None:
    manifest["spec"]["groups"][0]["rules"][0]["for"] = "5m"


def bare_number(manifest: Manifest) -> None:
    manifest["spec"]["triggers"][0]["metadata"]["threshold"] = 4


def no_target(manifest: Manifest) -> None:
    del manifest["spec"]["scaleTargetRef"]


def weight(manifest: Manifest) -> None:
    manifest["spec"]["strategy"]["canary"]["steps"][0]["setWeight"] = 110


def two_in_one(manifest: Manifest) -> None:
    manifest["spec"]["strategy"]["canary"]["steps"][0]["pause"] = {}


def scale_down(manifest: Manifest) -> None:
    manifest["spec"]["workloadRef"]["scaleDown"] = "always"


def provider(manifest: Manifest) -> None:
    manifest["spec"]["metrics"][0]["provider"] = {"prometeus": {}}


def share(manifest: Manifest) -> None:
    manifest["spec"]["rules"][0]["backendRefs"] = [{"name": "gateway", "port": 80, "weight": "10%"}]


def no_backend_port(manifest: Manifest) -> None:
    manifest["spec"]["rules"][0]["backendRefs"] = [{"name": "gateway"}]


BREAKS: list[tuple[str, Callable[[Manifest], None], str]] = [
    ("Gateway", listener, "spec.listeners.0.port: 65536 is greater than the maximum"),
    ("ServiceMonitor", endpoint, "spec.endpoints.0: Additional properties are not allowed ('intervall'"),
    ("PrometheusRule", duration, "for: '5 minutes' does not match"),
    ("PrometheusRule", recorded, "spec.groups.0.rules.0: "),
    ("ScaledObject", bare_number, "spec.triggers.0.metadata.threshold: 4 is not of type 'string'"),
    ("ScaledObject", no_target, "spec: 'scaleTargetRef' is a required property"),
    ("Rollout", weight, "spec.strategy.canary.steps.0.setWeight: 110 is greater"),
    ("Rollout", two_in_one, "spec.strategy.canary.steps.0: "),
    ("Rollout", scale_down, "spec.workloadRef.scaleDown: 'always' is not one of"),
    ("AnalysisTemplate", provider, "spec.metrics.0.provider: "),
    ("HTTPRoute", share, "spec.rules.0.backendRefs.0.weight: '10%' is not of type 'integer'"),
    ("HTTPRoute", no_backend_port, "spec.rules.0.backendRefs.0: 'port' is a required property"),
]


def test_each_schema_has_a_good_manifest_and_a_broken_one() -> None:
    kinds = {file.name.partition("-")[0] for file in SCHEMAS.glob("*-*.yaml")}
    assert {kind.lower() for kind in GOOD} == kinds
    assert {kind.lower() for kind, _, _ in BREAKS} == kinds


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_a_good_manifest_holds(kind: str) -> None:
    assert list(violations(GOOD[kind])) == []


@pytest.mark.parametrize(("kind", "breaks", "sentence"), BREAKS)
def test_a_broken_manifest_is_refused(kind: str, breaks: Callable[[Manifest], None], sentence: str) -> None:
    manifest = copy.deepcopy(GOOD[kind])
    breaks(manifest)
    assert sentence in "\n".join(violations(manifest))


def test_a_kind_without_a_schema_is_not_known() -> None:
    assert not is_known({"apiVersion": "monitoring.coreos.com/v1", "kind": "Alertmanager"})
    assert not is_known({"apiVersion": "argoproj.io/v1", "kind": "Rollout"})
