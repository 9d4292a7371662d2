"""The processor's seconds that a gateway and a model server spend on a picture, started as the manifests have it.

    python -m tests.k8s.measure_gateway build/models/photo PICTURE.jpg

Processor time, not the clock's, so it holds on a busy machine, too. The table of docs/sizing.md.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

import httpx
from PIL import Image

from serving.gateway.auth import make_key
from tests.conftest import ROOT
from tests.k8s.containers import Container, Containers

sys.path.insert(0, str(ROOT / "k8s"))

import validate

SIZES = ((640, 480), (1600, 1200), (4000, 3000))
COUNT = 6


def seconds(container: Container) -> float:
    """That its process has used so far."""
    fields = Path(f"/proc/{container.process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(model: Path, picture: Path, folder: Path) -> None:
    """Prints a table."""
    (folder / "keys").mkdir()
    key, line = make_key()
    (folder / "keys/keys.txt").write_text(line)
    shutil.copytree(model, folder / "models/photo")
    manifests = [*validate.render(ROOT / "k8s/overlays/local"), *validate.read(ROOT / "k8s/first-version.yaml")]
    volumes = {"models": folder / "models", "keys": folder / "keys"}
    with Containers(manifests, folder, volumes) as containers:
        server = containers.start("deployment/model-server", "model-server")
        door = containers.start("deployment/model-server", "door")
        gateway = containers.start("deployment/gateway", "gateway")
        while not all(all(one.probes().values()) for one in (server, door, gateway)):
            time.sleep(0.2)
        address = f"http://127.0.0.1:{gateway.port('http')}/v1/colourise"
        print("| picture | answer | gateway, CPU s | model server, CPU s |\n|---|---|---|---|")
        for size in SIZES:
            body = BytesIO()
            Image.open(picture).convert("L").resize(size, Image.Resampling.LANCZOS).save(body, "JPEG", quality=90)
            for kind in ("jpeg", "png"):

                def ask(kind: str = kind, content: bytes = body.getvalue()) -> None:
                    options = {"params": {"format": kind}, "headers": {"X-API-Key": key}, "timeout": 120}
                    httpx.post(address, content=content, **options).raise_for_status()

                ask()
                before = [seconds(one) for one in (gateway, server)]
                for _ in range(COUNT):
                    ask()
                spent = [(seconds(one) - was) / COUNT for one, was in zip((gateway, server), before, strict=True)]
                print(f"| {size[0]} x {size[1]} | {kind} | {spent[0]:.2f} | {spent[1]:.2f} |", flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        measure(Path(sys.argv[1]), Path(sys.argv[2]), Path(made))
