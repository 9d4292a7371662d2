"""Clients that cost next to nothing: the request is made once, sent as bytes, and the answer is not read.

    python -m serving.bench.direct --grpc 127.0.0.1:8500 --model photo --clients 16 --seconds 5

k6 turns every request from JSON into a message, on the very processors that the server needs. This measures the
server instead. Prints JSON: requests a second, the median time of one in milliseconds, and these clients' own share
of the machine's processors.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import threading
import time
from collections.abc import Callable

import click
import grpc

from serving.bench.requests import chroma_request, rest_body
from serving.doors import messages

Send = Callable[[], None]


@click.command()
@click.option("--grpc", "grpc_address", help="HOST:PORT of the gRPC door: sends `chroma` there.")
@click.option("--rest", "rest_address", help="HOST:PORT of the REST door: sends a picture to `serving_default` there.")
@click.option("--model", required=True, help="The model's name.")
@click.option("--clients", default=1, help="Threads, each with a connection of its own.")
@click.option("--seconds", default=5.0, help="How long.")
def main(grpc_address: str | None, rest_address: str | None, model: str, clients: int, seconds: float) -> None:
    """Measures a running server."""
    times: list[float] = []
    ready = threading.Barrier(clients + 1)

    def work() -> None:
        try:
            send = _over_grpc(grpc_address, model) if grpc_address else _over_rest(str(rest_address), model)
            for _ in range(3):
                send()
        except BaseException:
            ready.abort()  # or the others would wait for this one for ever
            raise
        ready.wait()
        deadline = time.perf_counter() + seconds
        while (begun := time.perf_counter()) < deadline:
            send()
            times.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        ready.wait()
    except threading.BrokenBarrierError:
        raise click.ClickException("a client was not answered; the reason stands above.") from None
    begun, worked = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - begun
    share = (time.process_time() - worked) / (elapsed * (os.cpu_count() or 1))
    found = {"per_second": len(times) / elapsed, "median_ms": 1000 * statistics.median(times), "share": share}
    click.echo(json.dumps(found))


def _over_grpc(address: str, model: str) -> Send:
    options = [(f"grpc.max_{way}_message_length", -1) for way in ("send", "receive")]
    channel = grpc.insecure_channel(address, options=[*options, ("grpc.use_local_subchannel_pool", 1)])
    predict = channel.unary_unary(messages.PREDICT)  # bytes in, bytes out
    request = chroma_request(model).SerializeToString()

    def send() -> None:
        predict(request, timeout=120)

    return send


def _over_rest(address: str, model: str) -> Send:
    connection = http.client.HTTPConnection(address, timeout=120)
    body = rest_body()

    def send() -> None:
        connection.request("POST", f"/v1/models/{model}:predict", body)
        response = connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise click.ClickException(f"the server answered {response.status}: {answer[:200]!r}")

    return send


if __name__ == "__main__":
    main()
