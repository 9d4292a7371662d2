"""The embedded model server as a process of its own, with its memory.

with running({"photo": Path("build/models/photo")}, batching) as server:
    print(server.grpc_address, server.resident_mb())
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from serving.bench.k6 import BenchError

_STATUS = re.compile(r"^(VmRSS|VmHWM):\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True)
class Server:
    """A running server; the addresses are HOST:PORT."""

    process_id: int
    grpc_address: str
    rest_address: str

    def memory_mb(self) -> tuple[float, float]:
        """Resident memory now and at its highest so far, in MB; Linux only."""
        found = dict(_STATUS.findall(Path(f"/proc/{self.process_id}/status").read_text()))
        return int(found["VmRSS"]) / 1024, int(found["VmHWM"]) / 1024


@contextmanager
def running(models: Mapping[str, Path], batching: str) -> Iterator[Server]:
    """Serves base paths by name, with these BatchingParameters in text format, until the block ends.

    Raises:
        BenchError: the server does not start.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        entries = "".join(
            f'config {{ name: "{name}" base_path: "{path.resolve()}" model_platform: "tensorflow" }}\n'
            for name, path in models.items()
        )
        (folder / "models.config").write_text(f"model_config_list {{\n{entries}}}\n")
        (folder / "batching.config").write_text(batching)
        command = [
            *(sys.executable, "-m", "serving.model_server.main", "--host=127.0.0.1", "--port=free"),
            *("--rest_api_port=free", f"--model_config_file={folder / 'models.config'}", "--enable_batching"),
            *(f"--batching_parameters_file={folder / 'batching.config'}", "--enable_serialization_as_tensor_content"),
        ]
        with (
            (folder / "log").open("w+") as log,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,  # noqa: S603
        ):
            try:
                line = process.stdout.readline() if process.stdout else ""
                found = re.search(r"grpc://(\S+) and http://(\S+)", line)
                if not found:
                    raise BenchError(f"The server did not start: {(folder / 'log').read_text()[-2000:]}")
                yield Server(process.pid, found[1], found[2])
            finally:
                process.terminate()
                process.wait(60)
