"""Containers of a rendering as processes of this machine, asked as the kubelet asks them.

    with Containers(manifests, folder, {"models": path}) as containers:
        server = containers.start("deployment/model-server", "model-server")
        server.probe("readinessProbe")          # True, or False

Command and arguments are the manifest's. What a cluster gives and this machine has not is put in its place: a mounted
folder becomes one below `folder`, filled from the rendering's ConfigMaps; a port becomes a free one; a Service's name
becomes 127.0.0.1; TensorFlow Serving becomes the embedded server.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import grpc
import httpx
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from tests.conftest import ROOT
from tests.programs import find_program
from tests.serving.gateway.processes import free_port

Manifest = dict[str, Any]
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


class Container:
    """One of them, running; `log` is where its output goes."""

    def __init__(self, spec: Manifest, command: list[str], ports: Mapping[str, int], log: Path):
        self.spec, self.ports, self.log = spec, ports, log
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with log.open("w") as file:
            self.process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, start_new_session=True)

    def kill(self) -> None:
        """Ends it at once, with the processes that it started: nginx's workers outlive their master."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def port(self, name: str) -> int:
        """Where this machine has a port of the manifest, by its name there."""
        (number,) = (port["containerPort"] for port in self.spec["ports"] if port["name"] == name)
        return self.ports[str(number)]

    def probe(self, name: str) -> bool:
        """As the kubelet asks: within its time, any status of 200 to 399, or SERVING."""
        probe, seconds = self.spec[name], self.spec[name].get("timeoutSeconds", 1)
        if "grpc" in probe:
            with grpc.insecure_channel(f"127.0.0.1:{self.ports[str(probe['grpc']['port'])]}") as channel:
                try:
                    answer = HealthStub(channel).Check(HealthCheckRequest(), timeout=seconds)
                except grpc.RpcError:
                    return False
                return answer.status == HealthCheckResponse.SERVING
        address = f"http://127.0.0.1:{self.port(probe['httpGet']['port'])}{probe['httpGet']['path']}"
        try:
            return 200 <= httpx.get(address, timeout=seconds).status_code < 400
        except httpx.TransportError:
            return False

    def probes(self) -> dict[str, bool]:
        """All three."""
        return {name: self.probe(name) for name in PROBES}


class Containers:
    """Starts what a rendering describes; all of it ends with the context.

    Args:
        manifests: the rendering, with the ConfigMaps that its pods mount.
        folder: an empty one.
        volumes: folders for the volumes that no ConfigMap fills, by the volume's name.
        ports: where ports of the manifest already are; free ones are taken for all others.
    """

    def __init__(
        self,
        manifests: list[Manifest],
        folder: Path,
        volumes: Mapping[str, Path],
        ports: Mapping[str, int] | None = None,
    ):
        self._by_name = {f"{each['kind'].lower()}/{each['metadata']['name']}": each for each in manifests}
        self._folder, self._volumes = folder, dict(volumes)
        self._running: list[Container] = []
        numbers = (str(port["containerPort"]) for pod in self._pods() for c in pod["containers"] for port in c["ports"])
        self._ports = {number: free_port() for number in sorted(set(numbers))} | dict(ports or {})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for container in self._running:
            container.kill()

    def start(self, workload: str, name: str) -> Container:
        """The container `name` of a workload, `kind/name`."""
        pod = self._by_name[workload]["spec"]["template"]["spec"]
        (spec,) = (container for container in pod["containers"] if container["name"] == name)
        folders = {mount["mountPath"]: self._folder_of(name, mount["name"]) for mount in spec["volumeMounts"]}
        self._fill(pod, spec, folders)
        program, *arguments = (self._here(word, folders) for word in [*spec["command"], *spec.get("args", [])])
        log = self._folder / f"{name}-{len(self._running)}.log"
        self._running.append(Container(spec, [*_program(program), *arguments], self._ports, log))
        return self._running[-1]

    def _pods(self) -> list[Manifest]:
        return [each["spec"]["template"]["spec"] for each in self._by_name.values() if each["kind"] == "Deployment"]

    def _here(self, text: str, folders: Mapping[str, Path]) -> str:
        """Text of the manifest in this machine's words."""
        paths = "|".join(map(re.escape, sorted(folders, key=len, reverse=True)))
        text = re.sub(rf"(?<![\w/.])({paths})(?=/|\b)", lambda found: str(folders[found[0]]), text)
        for service in (name.removeprefix("service/") for name in self._by_name if name.startswith("service/")):
            text = re.sub(rf"\b{service}:(?=\d)", "127.0.0.1:", text)
        return re.sub(r"(?<=[:= ])\d{4}\b", lambda found: str(self._ports.get(found[0], found[0])), text)

    def _folder_of(self, container: str, volume: str) -> Path:
        if volume not in self._volumes:  # each container has its own: their words for paths differ
            folder = self._folder / f"{container}-{volume}"
            folder.mkdir(exist_ok=True)
            return folder
        return self._volumes[volume]

    def _fill(self, pod: Manifest, spec: Manifest, folders: Mapping[str, Path]) -> None:
        """Writes what ConfigMaps say, into the folders that they are mounted at."""
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        for mount in spec["volumeMounts"]:
            if source := volumes[mount["name"]].get("configMap"):
                data = self._by_name[f"configmap/{source['name']}"]["data"]
                for item in source.get("items") or [{"key": key, "path": key} for key in data]:
                    text = self._here(data[item["key"]], folders)
                    (folders[mount["mountPath"]] / item["path"]).write_text(text)


def _program(name: str) -> list[str]:
    """The command of an image, as this machine has it."""
    if name == "nginx":
        user = "user root;" if os.geteuid() == 0 else ""  # else its workers are «nobody», who reads none of our folders
        return [str(find_program("nginx")), *(["-g", user] if user else [])]
    modules = {"tensorflow_model_server": "serving.model_server.main", "handtint-gateway": "serving.gateway.main"}
    return [sys.executable, "-m", modules[name]]
