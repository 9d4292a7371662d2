"""What documents say of each other by name."""

from __future__ import annotations

import json
from collections.abc import Iterator

from checks.documents import Manifest, Pod, name_of, names, of_kind, pods

# Made by hand or by another program, so in no rendering: k8s/README.md says how.
GIVEN = {
    "configmap/handtint-rollout",  # first-version.yaml, then `handtint rollout`
    "secret/gateway-keys",
    "secret/model-store",
    "secret/handtint-tls",  # cert-manager
    "serviceaccount/default",
    "persistentvolumeclaim/models",  # the loaders' and the rollout's, whose rendering may lack it
    "persistentvolumeclaim/training-data",
    "persistentvolumeclaim/runs",
}


def references(manifests: list[Manifest]) -> Iterator[str]:
    """Whatever a pod, an Ingress or a route names is there, or known to be made by somebody else."""
    there = names(manifests) | GIVEN
    for pod in pods(manifests):
        for wanted in sorted(_wanted(pod) - there):
            yield f"{pod.owner}: there is no {wanted}"
    services = {manifest["metadata"]["name"]: manifest for manifest in of_kind(manifests, "Service")}
    for manifest, service, port in _backends(manifests):
        found = [p for p in services.get(service, {"spec": {"ports": []}})["spec"]["ports"]]
        if port not in [each for p in found for each in (p["port"], p.get("name"))]:
            yield f"{name_of(manifest)}: there is no Service {service} with port {port}"


def mounts(manifests: list[Manifest]) -> Iterator[str]:
    """A mount has its volume, a volume its mount, and a folder in the node's memory or disk a limit."""
    for pod in pods(manifests):
        volumes = {volume["name"]: volume for volume in pod.spec.get("volumes", [])}
        mounted = {mount["name"] for container in pod.containers for mount in container.get("volumeMounts", [])}
        for name in sorted(mounted ^ volumes.keys()):
            yield f"{pod.owner}: volume {name} is {'mounted nowhere' if name in volumes else 'not there'}"
        for name, volume in volumes.items():
            if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
                yield f"{pod.owner}: {name} may fill the node's disk"


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
        if f"service/{service}" not in names(manifests):
            yield f"{name_of(job)}: there is no Service {service} to give its pods their names"


def _wanted(pod: Pod) -> set[str]:
    wanted = {f"serviceaccount/{pod.spec.get('serviceAccountName', 'default')}"}
    for volume in pod.spec.get("volumes", []):
        if "configMap" in volume and not volume["configMap"].get("optional"):
            wanted.add(f"configmap/{volume['configMap']['name']}")
        if "secret" in volume and not volume["secret"].get("optional"):
            wanted.add(f"secret/{volume['secret']['secretName']}")
        if "persistentVolumeClaim" in volume:
            wanted.add(f"persistentvolumeclaim/{volume['persistentVolumeClaim']['claimName']}")
    for container in pod.containers:
        for variable in container.get("env", []):
            source = variable.get("valueFrom", {})
            if "secretKeyRef" in source:
                wanted.add(f"secret/{source['secretKeyRef']['name']}")
            if "configMapKeyRef" in source:
                wanted.add(f"configmap/{source['configMapKeyRef']['name']}")
    return wanted


def _backends(manifests: list[Manifest]) -> Iterator[tuple[Manifest, str, int | str]]:
    for manifest in of_kind(manifests, "Ingress"):
        for rule in manifest["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                service = path["backend"]["service"]
                yield manifest, service["name"], service["port"].get("name") or service["port"]["number"]
    for manifest in of_kind(manifests, "HTTPRoute"):
        for rule in manifest["spec"]["rules"]:
            for backend in rule["backendRefs"]:
                yield manifest, backend["name"], backend["port"]
