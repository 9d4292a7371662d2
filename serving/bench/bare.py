"""How long a model takes without a server: its `tf.function`, called in a loop in a process of its own.

    python -m serving.bench.bare models/photo/1 --seconds 5

Prints JSON: the median of one `chroma` and of one `serving_default` call in milliseconds, and how many rows of
`chroma` a second the best batch size comes to.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import tensorflow as tf

from serving.bench.requests import chroma_inputs, jpeg
from serving.model_server.memory import keep_large_buffers

BATCHES = (1, 2, 4, 8, 16)  # rows at a time


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.option("--seconds", default=5.0, help="Time for each measurement.")
def main(folder: Path, seconds: float) -> None:
    """Measures the model of a version folder."""
    keep_large_buffers()  # as the server does
    signatures = tf.saved_model.load(str(folder)).signatures
    chroma, whole = signatures["chroma"], signatures["serving_default"]
    picture = tf.constant([jpeg()])
    found = {"chroma_ms": 0.0, "serving_default_ms": 1000 * median(lambda: whole(image_bytes=picture), seconds)}
    rates = {}
    for rows in BATCHES:
        inputs = {name: tf.constant(array) for name, array in chroma_inputs(rows).items()}
        each = median(partial(chroma, **inputs), seconds)
        rates[rows] = rows / each
        if rows == 1:
            found["chroma_ms"] = 1000 * each
    best = max(rates, key=lambda rows: rates[rows])
    click.echo(json.dumps({**found, "rows_per_second": rates[best], "best_batch": best}))


def median(call: Callable[[], dict[str, tf.Tensor]], seconds: float) -> float:
    """The median time of a call with its outputs at hand, in seconds; the first three only warm up."""
    times: list[float] = []
    deadline = time.perf_counter() + seconds
    while len(times) < 6 or time.perf_counter() < deadline:
        begun = time.perf_counter()
        for tensor in call().values():
            tensor.numpy()
        times.append(time.perf_counter() - begun)
    return statistics.median(times[3:])


if __name__ == "__main__":
    main()
