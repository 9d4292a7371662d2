"""Ports, and who may speak to whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from checks.documents import Manifest, Pod, name_of, of_kind, pods, selected


def ports(manifests: list[Manifest]) -> Iterator[str]:
    """A port is one, stands once in its pod, and exists in each pod behind a Service or policy that names it."""
    for pod in pods(manifests):
        declared = [p["containerPort"] for container in pod.containers for p in container.get("ports", [])]
        for port in declared:
            if not 1 <= port <= 65535:
                yield f"{pod.owner}: there is no port {port}"
        for port, times in Counter(declared).items():
            if times > 1:
                yield f"{pod.owner}: {times} containers listen on port {port}"
    for manifest in of_kind(manifests, "Service"):
        for entry in manifest["spec"]["ports"]:
            if not 1 <= entry["port"] <= 65535:
                yield f"{name_of(manifest)}: there is no port {entry['port']}"
            target = entry.get("targetPort", entry["port"])
            for pod in selected(manifests, manifest["spec"].get("selector", {})):
                if not pod.has_port(target):
                    yield f"{name_of(manifest)}: target port {target} does not exist in {pod.owner}"
    for manifest in of_kind(manifests, "NetworkPolicy"):
        opened = [p["port"] for rule in manifest["spec"].get("ingress", []) for p in rule.get("ports", [])]
        for pod in selected(manifests, manifest["spec"]["podSelector"].get("matchLabels", {})):
            for port in opened:
                if not pod.has_port(port):
                    yield f"{name_of(manifest)}: port {port} does not exist in {pod.owner}"


def policies(manifests: list[Manifest]) -> Iterator[str]:
    """A policy names the directions it has rules for, and no rule is open to all pods of the namespace by mistake."""
    for manifest in of_kind(manifests, "NetworkPolicy"):
        spec = manifest["spec"]
        types = spec.get("policyTypes")
        if not types:
            yield f"{name_of(manifest)}: does not name its policyTypes"
            continue
        for direction, kind in (("ingress", "Ingress"), ("egress", "Egress")):
            if direction in spec and kind not in types:
                yield f"{name_of(manifest)}: has rules for {direction}, which its policyTypes leave out"
        if spec["podSelector"] == {} and (spec.get("ingress") or spec.get("egress")):
            yield f"{name_of(manifest)}: opens something for every pod"
    if of_kind(manifests, "Namespace") and not any(_denies_all(m) for m in of_kind(manifests, "NetworkPolicy")):
        yield "namespace/handtint: no policy denies what no other policy allows"


def edges(manifests: list[Manifest]) -> Iterator[str]:
    """What a pod may send to another pod, that one may receive."""
    for manifest in of_kind(manifests, "NetworkPolicy"):
        for sender in selected(manifests, manifest["spec"]["podSelector"].get("matchLabels", {})):
            for rule in manifest["spec"].get("egress", []):
                own = [
                    p["podSelector"] for p in rule.get("to", []) if "namespaceSelector" not in p and "podSelector" in p
                ]
                for selector in own:
                    for receiver in selected(manifests, selector.get("matchLabels", {})):
                        for port in [entry["port"] for entry in rule.get("ports", [])] or [None]:
                            if not _lets_in(manifests, receiver, sender, port):
                                yield f"{name_of(manifest)}: {receiver.owner} does not let {sender.owner} in at {port}"


def _denies_all(policy: Manifest) -> bool:
    return policy["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def _lets_in(manifests: list[Manifest], receiver: Pod, sender: Pod, port: int | None) -> bool:
    for manifest in of_kind(manifests, "NetworkPolicy"):
        about = manifest["spec"]["podSelector"].get("matchLabels", {})
        if not about.items() <= receiver.labels.items():
            continue
        for rule in manifest["spec"].get("ingress", []):
            peers = [p["podSelector"].get("matchLabels", {}) for p in rule.get("from", []) if "podSelector" in p]
            from_sender = "from" not in rule or any(labels.items() <= sender.labels.items() for labels in peers)
            if from_sender and ("ports" not in rule or port in [entry["port"] for entry in rule["ports"]]):
                return True
    return False
