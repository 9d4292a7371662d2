"""What makes a server's start, readiness and end right."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.documents import Manifest, declares, pods

# The paths that each container answers without a body. tests/k8s/test_probes.py asks the real servers.
PATHS = {
    "gateway": re.compile(r"/(healthz|readyz)"),
    "model-server": re.compile(r"/v1/models/[a-z]+((/versions/\d+|/labels/[a-z]+)?/metadata)?"),
    "door": re.compile(r"/healthz"),
    "web": re.compile(r"/|/healthz"),
}
DRAIN = "handtint.dev/drain-seconds"


def probes(manifests: list[Manifest]) -> Iterator[str]:
    """A server has all three probes, and each asks a port that its container declares and a path that it knows."""
    for pod in pods(manifests):
        for container in pod.spec["containers"]:
            name = container["name"]
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                if probe not in container and pod.serves:
                    yield f"{pod.owner}: {name} has no {probe}"
                for action in ("httpGet", "tcpSocket", "grpc"):
                    port = container.get(probe, {}).get(action, {}).get("port")
                    if port is not None and not declares(container, port):
                        yield f"{pod.owner}: {probe} asks port {port}, unknown to {name}"
                path = container.get(probe, {}).get("httpGet", {}).get("path")
                if path is not None and not (name in PATHS and PATHS[name].fullmatch(path)):
                    yield f"{pod.owner}: {probe} asks {path}, unknown to {name}"
            if pod.serves and container.get("readinessProbe") == container.get("livenessProbe") is not None:
                yield f"{pod.owner}: {name} is restarted as soon as it is not ready"


def grace(manifests: list[Manifest]) -> Iterator[str]:
    """The grace outlasts preStop and the drain, or a server is killed with requests in its hands."""
    for pod in pods(manifests):
        if not pod.serves:
            continue
        period = pod.spec.get("terminationGracePeriodSeconds", 30)
        if DRAIN not in pod.annotations:
            yield f"{pod.owner}: does not say its {DRAIN}"
            continue
        drain = int(pod.annotations[DRAIN])
        for container in pod.spec["containers"]:
            name, pause = container["name"], container.get("lifecycle", {}).get("preStop", {}).get("sleep", {})
            if not pause:
                yield f"{pod.owner}: {name} is told to stop before its clients have forgotten it"
            elif pause["seconds"] + drain >= period:
                yield f"{pod.owner}: {name} waits {pause['seconds']} s and drains {drain} s, of {period} s of grace"
