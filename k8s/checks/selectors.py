"""Selectors and the labels that they must find."""

from __future__ import annotations

from collections.abc import Iterator

from checks.documents import Manifest, name_of, of_kind, pods, selected


def selectors(manifests: list[Manifest]) -> Iterator[str]:
    """A workload's selector is among its pods' labels, and every other selector finds a pod."""
    for manifest in of_kind(manifests, "Deployment", "StatefulSet", "DaemonSet"):
        wanted = manifest["spec"]["selector"].get("matchLabels", {})
        labels = manifest["spec"]["template"]["metadata"].get("labels", {})
        if not wanted or not wanted.items() <= labels.items():
            yield f"{name_of(manifest)}: its selector {wanted} does not match its pods' labels {labels}"
    for manifest in of_kind(manifests, "Service"):
        if not selected(manifests, manifest["spec"].get("selector", {})):
            yield f"{name_of(manifest)}: its selector {manifest['spec']['selector']} finds no pod"
    for manifest in of_kind(manifests, "PodDisruptionBudget", "NetworkPolicy"):
        for selector in pod_selectors(manifest["spec"]):
            if not selected(manifests, selector.get("matchLabels", {})):
                yield f"{name_of(manifest)}: its selector {selector} finds no pod"


def pod_selectors(spec: Manifest) -> list[Manifest]:
    """The selectors in a disruption budget or network policy that mean pods of the same namespace."""
    rules = [*spec.get("ingress", []), *spec.get("egress", [])]
    peers = [peer for rule in rules for peer in [*rule.get("from", []), *rule.get("to", [])]]
    own = [peer["podSelector"] for peer in peers if "podSelector" in peer and "namespaceSelector" not in peer]
    return [spec.get("selector") or spec.get("podSelector", {}), *own]


def spread(manifests: list[Manifest]) -> Iterator[str]:
    """What serves is spread over nodes and zones, and each spread counts the pods that it is about."""
    for pod in pods(manifests):
        if not pod.serves:
            continue
        constraints = pod.spec.get("topologySpreadConstraints", [])
        keys = {constraint["topologyKey"] for constraint in constraints}
        for missing in sorted({"kubernetes.io/hostname", "topology.kubernetes.io/zone"} - keys):
            yield f"{pod.owner}: is not spread over {missing}"
        for constraint in constraints:
            labels = constraint.get("labelSelector", {}).get("matchLabels", {})
            if not labels or not labels.items() <= pod.labels.items():
                yield f"{pod.owner}: its spread counts the pods with {labels}, which it is not among"
