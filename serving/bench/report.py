"""The benchmark's results as a page of Markdown.

Path("docs/benchmarks/serving.md").write_text(page(results))
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from serving.bench.k6 import Row


@dataclass(frozen=True)
class Results:
    """What was measured; times in milliseconds, memory in MB."""

    machine: str
    date: str
    seconds: float  # of each row
    batching: str
    grpc: list[tuple[Row, float]]  # with the server's resident memory after it
    rest: list[tuple[Row, float]]
    peak_mb: float
    bare: dict[str, float]  # of bench.bare: the model
    direct_rows: float  # a second, through gRPC
    direct_clients: int
    direct_share: float  # of the machine's processors, that these clients take
    echo: float  # a gRPC call of the same size, of a server that does nothing
    overhead_grpc: float
    overhead_rest: float

    @property
    def ratio(self) -> float:
        """Rows a second through gRPC over the bare function's best."""
        return self.direct_rows / self.bare["rows_per_second"]

    @property
    def ratio_of_the_rest(self) -> float:
        """The same, over what the bare function would make of the processors that the clients leave."""
        return self.ratio / (1 - self.direct_share)


def page(results: Results) -> str:
    """The page, with the command that makes it again."""
    bare = results.bare
    return f"""# The embedded model server, measured

Written by `make bench-serving` (`python -m serving.bench`) on {results.date}. {results.machine}

| what | measured | wanted |
|---|---|---|
| `chroma` through gRPC, batched, against the bare `tf.function`'s best | {results.ratio:.2f} | at least 0.9 |
| the same, of the processors that the clients leave | {results.ratio_of_the_rest:.2f} | |
| added to one `chroma` request by gRPC and the server, median | {results.overhead_grpc:.2f} ms | under 2 ms |
| of it, by gRPC alone: a call with the same bytes to a server that does nothing | {results.echo:.2f} ms | |
| added to one b64 JPEG over REST, median, without decoding | {results.overhead_rest:.2f} ms | under 3 ms |
| the server's memory at its highest | {results.peak_mb:.0f} MB | |

Rows a second of `chroma`: {results.direct_rows:.1f} through gRPC with {results.direct_clients} clients that send ready
bytes, {bare["rows_per_second"]:.1f} by the bare function in batches of {bare["best_batch"]:.0f}, measured before and
after the server in a process of its own. One bare `chroma` takes {bare["chroma_ms"]:.1f} ms, one `serving_default`
{bare["serving_default_ms"]:.1f} ms. What is added is measured with a model of the same signatures that computes next to
nothing, less that model's own time.

Clients, server and model share the machine's processors. k6 makes each gRPC request from JSON: the last column is what
it takes of the machine, which the server then lacks.

## `chroma` over gRPC, 1 MB there and 1 MB back
{_table(results.grpc)}

## `serving_default` over REST, a JPEG of 512 x 512 as b64
{_table(results.rest)}

Each row took {results.seconds:.0f} seconds. Batching parameters:

```
{results.batching.strip()}
```
"""


def _table(rows: Iterable[tuple[Row, float]]) -> str:
    head = (
        "| clients | p50 ms | p95 ms | p99 ms | requests a second | failed | memory MB | k6's share |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    lines = [
        f"| {row.clients} | {row.p50:.1f} | {row.p95:.1f} | {row.p99:.1f} | {row.per_second:.1f} | {row.failed} | "
        f"{memory:.0f} | {row.tool_share:.0%} |"
        for row, memory in rows
    ]
    return "\n".join([head, *lines])
