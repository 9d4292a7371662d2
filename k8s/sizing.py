"""How many pictures a second a GPU should do: estimated from what one picture costs and what its data sheet says.

    python k8s/sizing.py build/models/photo/1

Counts the arithmetic of one `chroma` and the bytes that its operations write, in the graph itself, and prints the table
of docs/sizing.md. TensorFlow runs operation by operation, so nearly each result goes to the GPU's memory and back: a
model of 5 GFLOP with 250 MB of them waits for memory, not for arithmetic.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

# What small convolutions one after the other reach of a data sheet's number; 0.25 to 0.5 is usual.
SHARE = 0.35
NETWORK = 10e9 / 8 * 0.8  # bytes a second, each way, that a node's 10 Gbit/s carry
WIRE = 256 * 256 * 4 * 4  # bytes of a request, and as many of its answer: four maps of floats


class Gpu(NamedTuple):
    """A data sheet's FP32 arithmetic (TFLOP/s) and memory (GB/s), and what asks for it here."""

    name: str
    arithmetic: float
    memory: float
    component: str


GPUS = (
    Gpu("Tesla T4", 8.1, 320, "gpu"),
    Gpu("L4", 30.3, 300, "gpu"),
    Gpu("A10", 31.2, 600, "gpu"),
    Gpu("A100 80 GB, one seventh", 2.8, 242, "gpu-sharing/mig"),
    Gpu("A100 40 GB", 19.5, 1555, "gpu"),
    Gpu("H100 SXM", 66.9, 3350, "gpu"),
)


@dataclass(frozen=True)
class Cost:
    """Of one picture: floating-point operations, and bytes that operations write."""

    operations: float
    written: float

    def bounds(self, gpu: Gpu) -> tuple[float, float, float]:
        """Pictures a second by arithmetic, by memory (written once, read once), and by a 10 Gbit/s network."""
        arithmetic = SHARE * gpu.arithmetic * 1e12 / self.operations
        memory = SHARE * gpu.memory * 1e9 / (2 * self.written)
        return arithmetic, memory, NETWORK / WIRE


def measure(version: Path) -> Cost:
    """Counts in the graph of a version folder, for one picture."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    model = tf.saved_model.load(str(version))  # kept: the signature alone does not keep the variables
    chroma = model.signatures["chroma"]
    shapes = {name: [1, *spec.shape[1:]] for name, spec in chroma.structured_input_signature[1].items()}
    one = tf.function(lambda **inputs: chroma(**inputs)).get_concrete_function(
        **{name: tf.TensorSpec(shape, tf.float32, name) for name, shape in shapes.items()}
    )
    graph_def = convert_variables_to_constants_v2(one).graph.as_graph_def()
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(graph_def, name="")
        options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
        options["output"] = "none"
        operations = tf.compat.v1.profiler.profile(graph, options=options).total_float_ops
    moving = [op for op in graph.get_operations() if op.type not in ("Const", "Identity", "NoOp", "Placeholder")]
    results = [out for op in moving for out in op.outputs if out.shape.is_fully_defined()]
    return Cost(operations, sum(result.shape.num_elements() * result.dtype.size for result in results))


def table(cost: Cost) -> str:
    """The estimates, as Markdown."""
    lines = [
        "| GPU | component | by arithmetic | by memory | by the network | pictures/s, an estimate |",
        "|---|---|---|---|---|---|",
    ]
    for gpu in GPUS:
        bounds = cost.bounds(gpu)
        cells = " | ".join(f"{bound:.0f}" for bound in bounds)
        lines.append(f"| {gpu.name} | `{gpu.component}` | {cells} | **{round(min(bounds), -1):.0f}** |")
    return "\n".join(lines)


def main() -> None:
    """Prints the cost of one picture and the table."""
    cost = measure(Path(sys.argv[1]))
    print(f"{cost.operations / 1e9:.1f} GFLOP and {cost.written / 1e6:.0f} MB of results for one `chroma`\n")
    print(table(cost))


if __name__ == "__main__":
    main()
