"""How many there are: autoscalers and disruption budgets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from checks.documents import Manifest, name_of, names, of_kind

AUTOSCALERS = {  # where each kind says its bounds
    "HorizontalPodAutoscaler": ("minReplicas", "maxReplicas"),
    "ScaledObject": ("minReplicaCount", "maxReplicaCount"),
}


def autoscalers(manifests: list[Manifest]) -> Iterator[str]:
    """Bounds that make sense, and one autoscaler for a workload that is there and says no number of its own."""
    targets: Counter[str] = Counter()
    for manifest in of_kind(manifests, *AUTOSCALERS):
        spec = manifest["spec"]
        low, high = (spec.get(field) for field in AUTOSCALERS[manifest["kind"]])
        if low is None or high is None or not 1 <= low <= high:
            yield f"{name_of(manifest)}: from {low} to {high} replicas"
        target = f"{spec['scaleTargetRef'].get('kind', 'Deployment').lower()}/{spec['scaleTargetRef']['name']}"
        targets[target] += 1
        if target not in names(manifests):
            yield f"{name_of(manifest)}: there is no {target}"
    for manifest in manifests:
        if name_of(manifest) in targets and "replicas" in manifest["spec"]:
            yield f"{name_of(manifest)}: an apply would undo what its autoscaler did"
    for target, times in targets.items():
        if times > 1:
            yield f"{target}: has {times} autoscalers"


def budgets(manifests: list[Manifest]) -> Iterator[str]:
    """A budget says one thing, and lets a node be drained; what serves has one."""
    covered = []
    for manifest in of_kind(manifests, "PodDisruptionBudget"):
        spec = manifest["spec"]
        covered.append(spec["selector"].get("matchLabels", {}))
        said = [field for field in ("minAvailable", "maxUnavailable") if field in spec]
        if len(said) != 1:
            yield f"{name_of(manifest)}: says {' and '.join(said) or 'neither minAvailable nor maxUnavailable'}"
        elif str(spec.get("maxUnavailable")) in ("0", "0%") or str(spec.get("minAvailable")) == "100%":
            yield f"{name_of(manifest)}: lets no node be drained"
    for manifest in of_kind(manifests, "Deployment", "StatefulSet"):
        labels = manifest["spec"]["template"]["metadata"].get("labels", {})
        if not any(selector and selector.items() <= labels.items() for selector in covered):
            yield f"{name_of(manifest)}: has no disruption budget"
