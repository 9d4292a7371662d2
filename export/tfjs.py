"""SavedModel -> the TF.js folder of the page: graph model of the `chroma` signature, float16 weights, manifest.

python -m export tfjs --saved-model models/photo/1 --out web/public/models/photo
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from export.saved_model import MODEL_CARD
from export.weights import Card

SIGNATURE = "chroma"
MANIFEST = "manifest.json"


def convert(saved_model: Path, out: Path) -> dict[str, Any]:
    """A version folder -> `out` (replaced as a whole); returns the manifest.

    Raises FileNotFoundError if there is no SavedModel, ModuleNotFoundError without the `export` extra, and RuntimeError
    with the converter's last words if it fails.
    """
    if not (saved_model / "saved_model.pb").is_file():
        raise FileNotFoundError(
            f"No SavedModel at {saved_model}. Make one: python -m export saved-model --out REPO/photo."
        )
    card = Card.read(saved_model / MODEL_CARD)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".partial-") as temporary:
        folder = Path(temporary) / "model"
        _run_converter(saved_model, folder)
        manifest = {
            "format": "handtint-tfjs-1",
            "task": card.task,
            "version": int(saved_model.name) if saved_model.name.isdecimal() else 0,
            "size": card.size,
            "signature": SIGNATURE,
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


def _run_converter(saved_model: Path, out: Path) -> None:
    # its own process: the converter imports half of Python's machine learning, warnings and all
    command = [
        sys.executable,
        "-m",
        "tensorflowjs.converters.converter",
        "--input_format=tf_saved_model",
        "--output_format=tfjs_graph_model",
        f"--signature_name={SIGNATURE}",
        "--quantize_float16=*",
        str(saved_model),
        str(out),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own arguments
    if done.returncode:
        if "No module named 'tensorflowjs'" in done.stderr:
            raise ModuleNotFoundError("The TF.js converter is in the export extra: pip install 'handtint[export]'.")
        raise RuntimeError(f"tensorflowjs_converter failed: {done.stderr.strip().splitlines()[-1]}")
