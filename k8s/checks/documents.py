"""Manifests as the checks look at them: by kind, by name, and the pods in them."""

from __future__ import annotations

from typing import Any, NamedTuple

Manifest = dict[str, Any]


class Pod(NamedTuple):
    """A pod or the template of one, and the workload it belongs to."""

    owner: str
    kind: str
    labels: dict[str, str]
    annotations: dict[str, str]
    spec: Manifest

    @property
    def containers(self) -> list[Manifest]:
        """Its containers, init containers first."""
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    @property
    def serves(self) -> bool:
        """Whether it answers others until it is told to stop, and so has probes and drains."""
        return self.kind in ("Deployment", "StatefulSet", "DaemonSet", "Rollout")

    def has_port(self, port: int | str) -> bool:
        """Whether a container declares this port, by number or by name."""
        return any(declares(container, port) for container in self.containers)


def declares(container: Manifest, port: int | str) -> bool:
    """Whether a container declares this port, by number or by name."""
    return any(port in (p["containerPort"], p.get("name")) for p in container.get("ports", []))


def name_of(manifest: Manifest) -> str:
    """Kind and name as kubectl writes them: `deployment/gateway`."""
    return f"{manifest['kind'].lower()}/{manifest['metadata']['name']}"


def of_kind(manifests: list[Manifest], *kinds: str) -> list[Manifest]:
    """The documents of these kinds."""
    return [manifest for manifest in manifests if manifest["kind"] in kinds]


def names(manifests: list[Manifest]) -> set[str]:
    """All documents, as `name_of` calls them."""
    return {name_of(manifest) for manifest in manifests}


def pods(manifests: list[Manifest]) -> list[Pod]:
    """Every pod of a rendering, and the pod template of every workload."""
    found = []
    for manifest in manifests:
        pod = manifest if manifest["kind"] == "Pod" else manifest.get("spec", {}).get("template")
        if pod:
            about = pod["metadata"]
            found.append(
                Pod(
                    name_of(manifest),
                    manifest["kind"],
                    about.get("labels", {}),
                    about.get("annotations", {}),
                    pod["spec"],
                )
            )
    return found


def selected(manifests: list[Manifest], labels: dict[str, str]) -> list[Pod]:
    """The pods that carry all these labels."""
    return [pod for pod in pods(manifests) if labels.items() <= pod.labels.items()]
