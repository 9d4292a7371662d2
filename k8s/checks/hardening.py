"""What a pod may do, and what it may use."""

from __future__ import annotations

from collections.abc import Iterator

from checks.documents import Manifest, name_of, of_kind, pods


def gpus(manifests: list[Manifest]) -> Iterator[str]:
    """A GPU is never overcommitted: request and limit are both given, and equal; and of one kind."""
    for pod in pods(manifests):
        for container in pod.containers:
            resources = container.get("resources", {})
            requests, limits = resources.get("requests", {}), resources.get("limits", {})
            kinds = sorted(r for r in requests.keys() | limits.keys() if r.startswith("nvidia.com/"))
            if len(kinds) > 1:
                yield f"{pod.owner}: asks for {' and '.join(kinds)}"
            for gpu in kinds:
                request, limit = requests.get(gpu), limits.get(gpu)
                if str(request) != str(limit):
                    yield f"{pod.owner}: {gpu} requests {request}, but its limit is {limit}"


def hardening(manifests: list[Manifest]) -> Iterator[str]:
    """The restricted Pod Security level, a read-only root, requests and limits, an exact image."""
    for pod in pods(manifests):
        context = pod.spec.get("securityContext", {})
        wrong = {
            "may run as root": not context.get("runAsNonRoot"),
            "has no seccomp profile": context.get("seccompProfile", {}).get("type") != "RuntimeDefault",
        }
        for container in pod.containers:
            name, context = container["name"], container.get("securityContext", {})
            resources = container.get("resources", {})
            bounds = [resources.get(k, {}).get(r) for k in ("requests", "limits") for r in ("cpu", "memory")]
            tag = container["image"].rpartition("/")[2].partition(":")[2]  # of name@sha256:digest, the digest
            wrong |= {
                f"{name} may gain privileges": context.get("allowPrivilegeEscalation", True),
                f"{name} can write its root file system": not context.get("readOnlyRootFilesystem"),
                f"{name} keeps capabilities": context.get("capabilities", {}).get("drop") != ["ALL"],
                f"{name} lacks a request or limit of CPU or memory": None in bounds,
                f"{name} has no exact image tag or digest": tag in ("", "latest"),
            }
        yield from (f"{pod.owner}: {sentence}" for sentence, is_so in wrong.items() if is_so)


def tokens(manifests: list[Manifest]) -> Iterator[str]:
    """Only a pod whose account has a right of its own gets a token for the API server."""
    bound = {
        subject["name"]
        for binding in of_kind(manifests, "RoleBinding", "ClusterRoleBinding")
        for subject in binding["subjects"]
    }
    for pod in pods(manifests):
        account = pod.spec.get("serviceAccountName", "default")
        if pod.spec.get("automountServiceAccountToken", True) and account not in bound:
            yield f"{pod.owner}: mounts a token of {account}, which has no rights"


def rights(manifests: list[Manifest]) -> Iterator[str]:
    """A role names what it is about, in this namespace only."""
    for manifest in of_kind(manifests, "ClusterRole", "ClusterRoleBinding"):
        yield f"{name_of(manifest)}: reaches beyond the namespace"
    for role in of_kind(manifests, "Role"):
        for rule in role["rules"]:
            if "*" in [*rule.get("apiGroups", []), *rule.get("resources", []), *rule.get("verbs", [])]:
                yield f"{name_of(role)}: has a wildcard"
            elif not rule.get("resourceNames"):
                yield f"{name_of(role)}: {', '.join(rule['verbs'])} on any of {', '.join(rule['resources'])}"
