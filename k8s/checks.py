"""What must hold for a set of manifests that is applied together.

Each check takes all documents of one rendering and yields one sentence for each thing that is wrong. `schema`
is Kubernetes' own; the others are what a schema cannot express, most of them mistakes that the API server
accepts and that then silently do nothing. A new check is a function here and its name in `CHECKS`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from kubernetes_validate import SchemaNotFoundError, ValidationError, validate

KUBERNETES = "1.34"  # the release whose schemas count

Manifest = dict[str, Any]


class Pod(NamedTuple):
    """A pod or the template of one, and the workload it belongs to."""

    owner: str
    kind: str
    labels: dict[str, str]
    spec: Manifest

    @property
    def containers(self) -> list[Manifest]:
        """Its containers, init containers first."""
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

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


def pods(manifests: list[Manifest]) -> list[Pod]:
    """Every pod of a rendering, and the pod template of every workload."""
    found = []
    for manifest in manifests:
        pod = manifest if manifest["kind"] == "Pod" else manifest.get("spec", {}).get("template")
        if pod:
            labels = pod["metadata"].get("labels", {})
            found.append(Pod(name_of(manifest), manifest["kind"], labels, pod["spec"]))
    return found


def selected(manifests: list[Manifest], labels: dict[str, str]) -> list[Pod]:
    """The pods that carry all these labels."""
    return [pod for pod in pods(manifests) if labels.items() <= pod.labels.items()]


def schema(manifests: list[Manifest]) -> Iterator[str]:
    """Kubernetes' schema, unknown fields refused. A kind without a schema is an error, not waved through."""
    for manifest in manifests:
        try:
            validate(manifest, KUBERNETES, strict=True)
        except ValidationError as error:
            yield f"{name_of(manifest)}: {'.'.join(map(str, error.path))}: {error.message}"
        except SchemaNotFoundError as error:
            yield f"{name_of(manifest)}: {error.message}"


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


def ports(manifests: list[Manifest]) -> Iterator[str]:
    """A Service's target port exists in each pod behind it, and a policy lets in on ports that exist only."""
    for manifest in of_kind(manifests, "Service"):
        for port in manifest["spec"]["ports"]:
            target = port.get("targetPort", port["port"])
            for pod in selected(manifests, manifest["spec"].get("selector", {})):
                if not pod.has_port(target):
                    yield f"{name_of(manifest)}: target port {target} does not exist in {pod.owner}"
    for manifest in of_kind(manifests, "NetworkPolicy"):
        opened = [p["port"] for rule in manifest["spec"].get("ingress", []) for p in rule.get("ports", [])]
        for pod in selected(manifests, manifest["spec"]["podSelector"].get("matchLabels", {})):
            for port in opened:
                if not pod.has_port(port):
                    yield f"{name_of(manifest)}: port {port} does not exist in {pod.owner}"


def gpus(manifests: list[Manifest]) -> Iterator[str]:
    """A GPU is never overcommitted: request and limit are both given, and equal."""
    for pod in pods(manifests):
        for container in pod.containers:
            resources = container.get("resources", {})
            requests, limits = resources.get("requests", {}), resources.get("limits", {})
            for gpu in sorted(r for r in requests.keys() | limits.keys() if r.startswith("nvidia.com/")):
                request, limit = requests.get(gpu), limits.get(gpu)
                if str(request) != str(limit):
                    yield f"{pod.owner}: {gpu} requests {request}, but its limit is {limit}"


def probes(manifests: list[Manifest]) -> Iterator[str]:
    """A server has all three probes, and each asks a port that its container declares."""
    for pod in pods(manifests):
        for container in pod.spec["containers"]:
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                if probe not in container and pod.kind == "Deployment":
                    yield f"{pod.owner}: {container['name']} has no {probe}"
                for action in ("httpGet", "tcpSocket", "grpc"):
                    port = container.get(probe, {}).get(action, {}).get("port")
                    if port is not None and not declares(container, port):
                        yield f"{pod.owner}: {probe} asks port {port}, unknown to {container['name']}"


def hardening(manifests: list[Manifest]) -> Iterator[str]:
    """The restricted Pod Security level, a read-only root, requests and limits, an exact image."""
    for pod in pods(manifests):
        context = pod.spec.get("securityContext", {})
        wrong = {
            "may run as root": not context.get("runAsNonRoot"),
            "has no seccomp profile": context.get("seccompProfile", {}).get("type") != "RuntimeDefault",
            "mounts a service account token": pod.spec.get("automountServiceAccountToken", True),
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


def grace(manifests: list[Manifest]) -> Iterator[str]:
    """The grace outlasts preStop, or a server would be killed before it is told to stop."""
    for pod in pods(manifests):
        period = pod.spec.get("terminationGracePeriodSeconds", 30)
        for container in pod.spec["containers"]:
            pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            if pause >= period:
                yield f"{pod.owner}: {container['name']} waits {pause} s in preStop, of {period} s of grace"


def workers(manifests: list[Manifest]) -> Iterator[str]:
    """An Indexed Job runs all its pods at once, and TF_CONFIG calls each by the name that its Service gives it."""
    for job in of_kind(manifests, "Job"):
        spec, pod = job["spec"], job["spec"]["template"]["spec"]
        environment = {e["name"]: e.get("value", "") for c in pod["containers"] for e in c.get("env", [])}
        if "TF_CONFIG" not in environment:
            continue
        named = json.loads(environment["TF_CONFIG"].replace("$(WORKER)", "0"))["cluster"]["worker"]
        service, count = pod.get("subdomain"), spec.get("completions")
        expected = [f"{job['metadata']['name']}-{index}.{service}:2222" for index in range(count or 0)]
        if named != expected or spec.get("parallelism") != count or spec.get("completionMode") != "Indexed":
            yield f"{name_of(job)}: TF_CONFIG names {named}, but {spec.get('parallelism')} at a time run of {expected}"
        if f"service/{service}" not in map(name_of, manifests):
            yield f"{name_of(job)}: there is no Service {service} to give its pods their names"


CHECKS = (schema, selectors, ports, gpus, probes, hardening, grace, workers)


def problems(manifests: list[Manifest]) -> list[str]:
    """Everything that is wrong with one rendering, as `check: sentence`."""
    return [f"{check.__name__}: {sentence}" for check in CHECKS for sentence in check(manifests)]
