"""A gRPC server that answers at once with as many bytes as `chroma` has: what the transport alone takes.

python -m serving.bench.echo            # prints HOST:PORT, and answers until it is ended
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import click
import grpc

from serving.bench.k6 import BenchError
from serving.bench.requests import SIZE
from serving.doors import messages

_ANSWER = bytes(SIZE * SIZE * 4 * 4)  # [1, S, S, 4] floats


class _Handler(grpc.GenericRpcHandler):
    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        if handler_call_details.method != messages.PREDICT:
            return None
        return grpc.unary_unary_rpc_method_handler(lambda request, context: _ANSWER)


@contextmanager
def echoing() -> Iterator[str]:
    """Its HOST:PORT, in a process of its own, until the block ends. Raises BenchError if it does not start."""
    command = [sys.executable, "-m", "serving.bench.echo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - nothing is a user's
        try:
            address = process.stdout.readline().strip() if process.stdout else ""
            if not address:
                raise BenchError("The echo server did not start; the reason stands above.")
            yield address
        finally:
            process.terminate()
            process.wait(60)


@click.command()
def main() -> None:
    """Answers Predict with 1 MB of zeros."""
    options = [(f"grpc.max_{way}_message_length", -1) for way in ("send", "receive")]
    server = grpc.server(ThreadPoolExecutor(4), handlers=[_Handler()], options=options)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    click.echo(f"127.0.0.1:{port}")
    server.wait_for_termination()


if __name__ == "__main__":
    main()
