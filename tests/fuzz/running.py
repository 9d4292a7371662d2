"""The gateway as a process, in front of a model server that always has colours.

with running_gateway() as address:
    httpx.post(f"{address}/v1/colourise", content=b"")
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import numpy as np

from tests.serving.gateway.predict_server import PredictServer, colour


def _answer(request: Any, context: grpc.ServicerContext) -> dict[str, np.ndarray]:
    """Version 1 and the label stable of both models; other versions are not there."""
    spec = request.model_spec
    if spec.HasField("version") and spec.version.value != 1:
        context.abort(grpc.StatusCode.NOT_FOUND, "Servable not found for request: Specific")
    if spec.version_label not in ("", "stable"):
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "Unrecognized servable version label: other")
    if spec.signature_name == "flats":
        return {"maps": np.full((1, 256, 256, 5), 0.5, np.float32)}
    return {"coefficients": colour(20, 20)}


@contextmanager
def running_gateway() -> Iterator[str]:
    """The address of a gateway for as long as the context.

    Raises:
        SystemExit: it was no longer there at the end; the last it said is printed.
    """
    flags = ["--port=0", "--no-authentication", "--rate=none", "--max-megapixels=4", "--max-batch-megabytes=20"]
    with PredictServer(_answer) as server, tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        command = [sys.executable, "-m", "serving.gateway.main", f"--server=grpc://{server.address}", *flags]
        with log.open("w") as errors:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield line.split()[-1]
            if process.poll() is not None:
                raise SystemExit(f"The gateway ended with {process.returncode}: {log.read_text()[-2000:]}")
        finally:
            process.terminate()
            process.wait()
            if process.stdout:
                process.stdout.close()
