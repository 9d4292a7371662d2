"""SavedModel -> the TF.js folder of the page: graph model of the task's small maps, float16 weights, manifest.

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

from export.saved_model import MODEL_CARD
from export.signatures import MODULES
from export.weights import Card

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
    signature = MODULES[card.task].maps
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".partial-") as temporary:
        folder = Path(temporary) / "model"
        _run_converter(saved_model, signature, folder)
        _flatten_biases(folder / "model.json")
        manifest = {
            "format": "handtint-tfjs-1",
            "task": card.task,
            "version": int(saved_model.name) if saved_model.name.isdecimal() else 0,
            "size": card.size,
            "signature": signature,
            **_shapes(folder / "model.json"),
            "files": [
                {
                    "path": file.name,
                    "bytes": file.stat().st_size,
                    "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
                }
                for file in sorted(folder.iterdir(), key=lambda file: (file.suffix != ".json", file.name))
            ],
        }
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
        shutil.rmtree(out, ignore_errors=True)
        folder.rename(out)
    return manifest


def _flatten_biases(model: Path) -> None:
    """Gives the biases of fused convolutions the rank 1 that TF.js insists on; their bytes stay as they are.

    TensorFlow's optimiser fuses the bias of a convolution with a single filter as it finds it: [1, 1, 1, 1].
    """
    graph = json.loads(model.read_text())
    nodes = [node for node in graph["modelTopology"]["node"] if "Fused" in node["op"]]
    biases = {node["input"][2] for node in nodes if len(node["input"]) > 2}
    for weight in (weight for group in graph["weightsManifest"] for weight in group["weights"]):
        if weight["name"] in biases:
            weight["shape"] = [math.prod(weight["shape"])]
    model.write_text(json.dumps(graph))


def _shapes(model: Path) -> dict[str, dict[str, list[int]]]:
    """What the graph takes and gives: {"inputs": {name: shape}, "outputs": {name: shape}}; -1 is any number."""
    signature = json.loads(model.read_text())["signature"]
    return {
        side: {
            name: [int(axis["size"]) for axis in tensor["tensorShape"]["dim"]]
            for name, tensor in signature[side].items()
        }
        for side in ("inputs", "outputs")
    }


def _run_converter(saved_model: Path, signature: str, out: Path) -> None:
    # its own process: the converter imports half of Python's machine learning, warnings and all
    command = [
        sys.executable,
        "-m",
        "tensorflowjs.converters.converter",
        "--input_format=tf_saved_model",
        "--output_format=tfjs_graph_model",
        f"--signature_name={signature}",
        "--quantize_float16=*ReadVariableOp*",  # the weights, float16 as they ship; not the formulas' own numbers
        str(saved_model),
        str(out),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own arguments
    if done.returncode:
        if "No module named 'tensorflowjs'" in done.stderr:
            raise ModuleNotFoundError("The TF.js converter is in the export extra: pip install 'handtint[export]'.")
        raise RuntimeError(f"tensorflowjs_converter failed: {done.stderr.strip().splitlines()[-1]}")
