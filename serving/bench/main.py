"""Measures the embedded model server with k6: latencies, throughput, memory, and the bare model beside it.

    python -m serving.bench --model build/models/photo                                    # prints the page
    python -m serving.bench --model build/models/photo --out docs/benchmarks/serving.md   # writes it, too

Nothing else should run on the machine meanwhile. It takes about four minutes.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

BATCHING = """\
max_batch_size { value: 8 }
batch_timeout_micros { value: 0 }
max_enqueued_batches { value: 100 }
num_batch_threads { value: 2 }
"""


@click.command()
@click.option(
    "--model",
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Base path of a photo model: a folder of version folders.",
)
@click.option("--seconds", default=10.0, show_default=True, help="Time for each measurement.")
@click.option("--clients", default="1,4,16,64", show_default=True, help="Numbers of clients, separated by commas.")
@click.option(
    "--batching_parameters_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Other BatchingParameters than the benchmark's own.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Page to write.")
def main(model: Path, seconds: float, clients: str, batching_parameters_file: Path | None, out: Path | None) -> None:
    """Measures the embedded model server with k6."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # has to be set before TensorFlow is imported
    from serving.bench.k6 import BenchError
    from serving.bench.report import page

    numbers = [int(text) for text in clients.split(",") if text.strip().isdecimal()]
    if not numbers or min(numbers) < 1:
        raise click.UsageError(f"--clients={clients}: expected numbers of 1 or more, such as 1,4,16,64.")
    batching = batching_parameters_file.read_text() if batching_parameters_file else BATCHING
    try:
        text = page(_measure(model, seconds, numbers, batching))
    except BenchError as error:
        raise click.ClickException(str(error)) from None
    click.echo(text)
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text)


def _measure(base: Path, seconds: float, clients: list[int], batching: str) -> Any:
    from serving.bench import k6, requests
    from serving.bench.echo import echoing
    from serving.bench.report import Results
    from serving.bench.server_process import Server, running

    versions = [path for path in base.iterdir() if path.name.isdecimal()]
    if not versions:
        raise k6.BenchError(f"{base} holds no version. Expected folders named 1, 2, ...; `make` exports them.")
    folder = max(versions, key=lambda path: int(path.name))

    def direct(server: Server, model: str, *more: str, door: str = "grpc") -> dict[str, float]:
        address = server.grpc_address if door == "grpc" else server.rest_address
        return _tool("direct", f"--{door}", address, "--model", model, "--seconds", str(seconds), *more)

    def rows(load: dict[str, Any], server: Server) -> Iterable[tuple[k6.Row, float]]:
        for count in clients:
            click.echo(f"{count} clients, {'gRPC' if 'address' in load else 'REST'}", err=True)
            yield k6.run(load, count, seconds), server.memory_mb()[0]

    with tempfile.TemporaryDirectory() as scratch:
        stand_in = Path(scratch) / "stand-in"
        requests.save_stand_in(stand_in / "1")
        click.echo("the bare model", err=True)
        before = _tool("bare", str(folder), "--seconds", str(seconds / 2))
        nothing = _tool("bare", str(stand_in / "1"), "--seconds", str(seconds / 2))
        with echoing() as address:
            echo = _tool("direct", "--grpc", address, "--model", "echo", "--seconds", str(seconds))
        with running({"photo": base, "nothing": stand_in}, batching) as server:
            most = max(clients)
            click.echo("the server by itself", err=True)
            through = direct(server, "photo", "--clients", str(min(most, 16)))
            added_grpc = direct(server, "nothing")["median_ms"] - nothing["chroma_ms"]
            added_rest = direct(server, "nothing", door="rest")["median_ms"] - nothing["serving_default_ms"]
            grpc = list(rows(k6.grpc_load(server.grpc_address, requests.chroma_request("photo")), server))
            url = f"http://{server.rest_address}/v1/models/photo:predict"
            rest = list(rows(k6.rest_load(url, requests.rest_body()), server))
            peak = server.memory_mb()[1]
        after = _tool("bare", str(folder), "--seconds", str(seconds / 2))
    return Results(
        machine=f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}.",
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        seconds=seconds,
        batching=batching,
        grpc=grpc,
        rest=rest,
        peak_mb=peak,
        bare=max(before, after, key=lambda one: one["rows_per_second"]),
        direct_rows=through["per_second"],
        direct_clients=min(most, 16),
        direct_share=through["share"],
        echo=echo["median_ms"],
        overhead_grpc=added_grpc,
        overhead_rest=added_rest,
    )


def _tool(module: str, *arguments: str) -> dict[str, float]:
    """What a module of this package prints, run in a process of its own."""
    from serving.bench.k6 import BenchError

    command = [sys.executable, "-m", f"serving.bench.{module}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 - nothing in it is a user's
    if done.returncode:
        raise BenchError(f"serving.bench.{module} failed: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "a processor")
