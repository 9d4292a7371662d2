"""The load of test_rollout.py: k6 with rollout_load.js, its answers, and which of them are right.

load = Load([(replica.grpc, replica.rest)], tmp_path)
load.go_on()
code, metrics = load.finish()
"""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from google.protobuf import descriptor_pb2
from grpc_health.v1 import health_pb2

from serving.bench import k6

from .model_server.conftest import wait_until

CLIENTS = 6
KINDS = [(door, label) for door in ("grpc", "rest") for label in ("none", "stable")]


@dataclass(frozen=True)
class Answer:
    """One answer as k6 saw it; times in seconds since 1970."""

    began: float
    ended: float
    door: str
    label: str
    replica: int
    version: int


class Load:
    """k6 and its answers so far.

    Args:
        replicas: gRPC address and REST URL of each; the first one that is ready is asked.
        folder: for k6's files.
    """

    def __init__(self, replicas: list[tuple[str, str]], folder: Path):
        protos = descriptor_pb2.FileDescriptorSet.FromString(k6.protoset())
        health_pb2.DESCRIPTOR.CopyToProto(protos.file.add())
        (folder / "protoset").write_bytes(protos.SerializeToString())
        self._summary, self._points = folder / "summary.json", folder / "points.json"
        config = {
            "replicas": [{"grpc": address, "rest": url} for address, url in replicas],
            "protoset": str(folder / "protoset"),
            "clients": CLIENTS,
            "summary": str(self._summary),
        }
        (folder / "config.json").write_text(json.dumps(config))
        command = [k6.executable(), "run", "--quiet", "--no-usage-report", "--out", f"json={self._points}"]
        command += ["-e", f"CONFIG={folder / 'config.json'}", str(Path(__file__).with_name("rollout_load.js"))]
        self.answers: list[Answer] = []
        self._read_so_far, self._rest = 0, ""
        self._log = (folder / "k6.log").open("w+")
        self.process = subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT)

    def read(self) -> None:
        """Takes in what k6 has written meanwhile."""
        if not self._points.exists():
            return
        with self._points.open() as file:
            file.seek(self._read_so_far)
            *lines, self._rest = (self._rest + file.read()).split("\n")
            self._read_so_far = file.tell()
        for line in lines:
            point = json.loads(line)
            if point["metric"] == "asked_at" and point["type"] == "Point":
                data, tags = point["data"], point["data"]["tags"]
                ended = datetime.fromisoformat(data["time"]).timestamp()
                which = (tags["door"], tags["label"], int(tags["replica"]), int(tags["version"]))
                self.answers.append(Answer(data["value"] / 1000, ended, *which))

    def go_on(self, replica: int = 0) -> None:
        """Waits until each kind of request, asked from now on of a replica, has been answered five times."""
        began = time.time()

        def enough() -> bool:
            self.read()
            assert self.process.poll() is None, self.log()
            recent = [one for one in self.answers if one.began > began and one.replica == replica]
            counts = Counter((one.door, one.label) for one in recent)
            return all(counts[kind] >= 5 for kind in KINDS)

        wait_until(enough, 60)

    def finish(self) -> tuple[int, dict[str, dict[str, float]]]:
        """Waits for the load's own end: k6's exit status, and its metrics by name."""
        code = self.process.wait(60)
        self.read()
        metrics = json.loads(self._summary.read_text())["metrics"]
        return code, {name: metric["values"] for name, metric in metrics.items()}

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read()[-4000:]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._log.close()


class Expected:
    """Which version should answer for a label, over time; while it changes, the one before may answer, too."""

    def __init__(self) -> None:
        self._changes: dict[str, list[tuple[int, float, float]]] = {"none": [], "stable": []}

    def change(self, begun: float, **versions: int) -> None:
        """From now on these versions answer; each change was possible from `begun` on."""
        for label, version in versions.items():
            self._changes[label].append((version, begun, time.time()))

    def allows(self, answer: Answer) -> bool:
        changes = self._changes[answer.label]
        ends = [done for _, _, done in changes[1:]] + [float("inf")]
        return any(
            version == answer.version and begun <= answer.ended and answer.began <= end
            for (version, begun, _), end in zip(changes, ends, strict=True)
        )
