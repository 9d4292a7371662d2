"""SavedModel -> the TF.js folder of the page: the task's small maps and the likely colours, a graph in two halves with
float16 weights, and a manifest.

python -m export tfjs --saved-model models/photo/1 --out web/public/models/photo
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from export.halves import split
from export.saved_model import MODEL_CARD
from export.serving_module import ServingModule
from export.signatures import MODULES
from export.weights import Card
from trainer.colour import to_symmetric

MANIFEST = "manifest.json"


def convert(saved_model: Path, out: Path) -> dict[str, Any]:
    """A version folder -> `out` (replaced as a whole); returns the manifest.

    Raises FileNotFoundError if there is no SavedModel, ModuleNotFoundError without the `export` extra, and RuntimeError
    with the converter's last words if it fails.
    """
    if not (saved_model / "saved_model.pb").is_file():
        raise FileNotFoundError(
            f"No SavedModel at {saved_model}. Make one: python -m export saved-model --weights photo --out REPO/photo."
        )
    card = Card.read(saved_model / MODEL_CARD)
    task = MODULES[card.task]
    loaded = tf.saved_model.load(str(saved_model))
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".partial-") as temporary:
        joined, whole, folder = (Path(temporary) / name for name in ("joined", "whole", "model"))
        tf.saved_model.save(loaded, str(joined), signatures=_join(loaded, task))
        run_converter(joined, whole)
        graph = json.loads((whole / "model.json").read_text())
        weights = b"".join((whole / path).read_bytes() for group in graph["weightsManifest"] for path in group["paths"])
        folder.mkdir()
        for name, half in zip(("see", "guide"), split(graph, weights, late="hints"), strict=True):
            (folder / f"{name}.json").write_text(json.dumps(half.graph, separators=(",", ":")))
            (folder / f"{name}.bin").write_bytes(half.weights)
        manifest = {
            "format": "handtint-tfjs-2",
            "task": card.task,
            "version": int(saved_model.name) if saved_model.name.isdecimal() else 0,
            "size": card.size,
            "signature": task.maps,
            **_shapes(graph),
            "centres": _centres(loaded, task),
            "probe": _probe(loaded, task),
            "files": [
                {
                    "path": file.name,
                    "bytes": file.stat().st_size,
                    "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
                }
                for file in sorted(folder.iterdir(), key=lambda file: (file.suffix != ".json", file.name))
            ],
        }
        (folder / MANIFEST).write_text(json.dumps(manifest) + "\n")
        shutil.rmtree(out, ignore_errors=True)
        folder.rename(out)
    return manifest


def _join(loaded: Any, task: type[ServingModule]) -> tf.types.experimental.ConcreteFunction:
    """One signature for one picture: what the task's maps and, if there are any, `colours` answer."""
    signatures = [loaded.signatures[name] for name in (task.maps, "colours") if name in loaded.signatures]

    @tf.function
    def joined(inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        answers = [signature(**inputs) for signature in signatures]
        return {name: tensor for answer in answers for name, tensor in answer.items() if name != "centres"}

    return joined.get_concrete_function(
        {name: tf.TensorSpec([1, *shape], tf.float32, name) for name, shape in _inputs(loaded, task).items()}
    )


def _inputs(loaded: Any, task: type[ServingModule]) -> dict[str, list[int]]:
    """The shapes of one picture's."""
    _, inputs = loaded.signatures[task.maps].structured_input_signature
    return {name: spec.shape[1:].as_list() for name, spec in inputs.items()}


def _centres(loaded: Any, task: type[ServingModule]) -> list[list[float]]:
    """a* and b* of the colours whose probabilities `colours` gives, in Lab units; none without that signature."""
    if "colours" not in loaded.signatures:
        return []
    zeros = {name: tf.zeros([1, *shape]) for name, shape in _inputs(loaded, task).items()}
    return loaded.signatures["colours"](**zeros)["centres"].numpy().astype(float).round(4).tolist()


def _probe(loaded: Any, task: type[ServingModule]) -> list[list[float]]:
    """The maps of a made picture with one hint, at 4 x 4 pixels, rows from the top.

    web/src/worker/engine/probe.ts makes the same picture, and refuses a backend that finds other numbers in it.
    """
    shapes = _inputs(loaded, task)
    size, _, channels = shapes["hints"]
    y, x = np.mgrid[0:size, 0:size]
    tone = ((3 * x + 5 * y) % size / (size - 1)).astype(np.float32)
    hints = np.zeros((1, *shapes["hints"]), np.float32)
    hints[0, size // 2, size // 2] = [0.5, -0.25, 1.0] if channels == 3 else [0.5, -0.25, 0.25, 1.0]
    seen = to_symmetric(tone) if task.seen == "luminance" else tone
    answer = loaded.signatures[task.maps](
        **{task.seen: tf.constant(seen[None, ..., None]), "hints": tf.constant(hints)}
    )
    pixels = slice(size // 8, None, size // 4)
    return answer[task.answer].numpy()[0, pixels, pixels].reshape(16, -1).astype(float).round(5).tolist()


def _shapes(graph: dict[str, Any]) -> dict[str, dict[str, list[int]]]:
    """What the graph takes and gives: {"inputs": {name: shape}, "outputs": {name: shape}}."""
    return {
        side: {
            name: [int(axis["size"]) for axis in tensor["tensorShape"]["dim"]]
            for name, tensor in graph["signature"][side].items()
        }
        for side in ("inputs", "outputs")
    }


def run_converter(saved_model: Path, out: Path, rounded: str = "*ReadVariableOp*") -> None:
    """A SavedModel of one signature -> model.json and shards of weights as TensorFlow's own converter makes them.

    `rounded`: which constants are stored as float16; the weights, not the formulas' own numbers.

    Raises ModuleNotFoundError without the `export` extra, and RuntimeError with the converter's last words if it fails.
    """
    # its own process: the converter imports half of Python's machine learning, warnings and all
    command = [
        sys.executable,
        "-m",
        "tensorflowjs.converters.converter",
        "--input_format=tf_saved_model",
        "--output_format=tfjs_graph_model",
        f"--quantize_float16={rounded}",
        str(saved_model),
        str(out),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own arguments
    if done.returncode:
        if "No module named 'tensorflowjs'" in done.stderr:
            raise ModuleNotFoundError("The TF.js converter is in the export extra: pip install 'handtint[export]'.")
        raise RuntimeError(f"tensorflowjs_converter failed: {done.stderr.strip().splitlines()[-1]}")
    _flatten_biases(out / "model.json")


def _flatten_biases(model: Path) -> None:
    """Gives the biases of fused convolutions the rank 1 that TF.js insists on; their bytes stay as they are.

    TensorFlow's optimiser fuses the bias of a convolution as it finds it: [1, 1, 1, filters] after some.
    """
    graph = json.loads(model.read_text())
    nodes = [node for node in graph["modelTopology"]["node"] if "Fused" in node["op"]]
    biases = {node["input"][2] for node in nodes if len(node["input"]) > 2}
    for weight in (weight for group in graph["weightsManifest"] for weight in group["weights"]):
        if weight["name"] in biases:
            weight["shape"] = [math.prod(weight["shape"])]
    model.write_text(json.dumps(graph))
