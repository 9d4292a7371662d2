"""The same pixels from Keras, SavedModel and TF.js (wasm, in Node) on fixtures, or it fails.

python -m export verify --weights photo --saved-model models/photo/1 --tfjs web/public/models/photo
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from export.signatures import load_module
from trainer.hints import draw_hints

TOLERANCE = 1  # of 255: one step of rounding
WEB = Path(__file__).resolve().parent.parent / "web"


class Fixture(NamedTuple):
    """A picture as a PNG file and its hints float32 [K, 5]."""

    name: str
    png: bytes
    hints: np.ndarray


def verify(weights: str | Path, saved_model: Path, tfjs: Path) -> list[tuple[str, str, int, float]]:
    """Rows (fixture, backend, largest difference to Keras, mean difference), in steps of 255.

    Of pixels, and of TF.js's probabilities of colours, too, if the generator has them.

    Raises FileNotFoundError if an artifact or Node's modules are missing, RuntimeError if Node fails.
    """
    module, _ = load_module(weights)
    signatures = tf.saved_model.load(str(saved_model)).signatures
    pictures = fixtures()
    seen = np.concatenate([module.see(module.decode(tf.constant(picture.png))) for picture in pictures])
    hints = np.stack([draw_hints(one.hints[None], module.size, channels=module.channels)[0] for one in pictures])
    from_tfjs, likely = _run_in_node(tfjs, seen, hints)

    rows = []
    for picture, maps in zip(pictures, from_tfjs, strict=True):
        inputs = {
            "image_bytes": tf.constant([picture.png]),
            "hints": tf.constant(picture.hints[None]),
            "saturation": tf.ones([1]),
        }
        truth = _pixels(module.guided(**inputs))
        results = {
            "saved_model": _pixels(signatures["guided"](**inputs)),
            "tfjs": module.finish(
                module.decode(inputs["image_bytes"][0]), tf.constant(maps[None]), tf.ones([])
            ).numpy(),
        }
        for backend, result in results.items():
            difference = np.abs(result.astype(int) - truth)
            rows.append((picture.name, backend, int(difference.max()), float(difference.mean())))
    if "colours" in module.signatures:
        truth = module.colours(tf.constant(seen), tf.constant(hints))["probabilities"].numpy()
        for picture, difference in zip(pictures, np.abs(likely.reshape(truth.shape) - truth) * 255, strict=True):
            rows.append((picture.name, "tfjs colours", round(float(difference.max())), float(difference.mean())))
    return rows


def fixtures() -> list[Fixture]:
    """Edges soft and hard; wide, tall, small; with and without hints; lines dark on light and light on dark."""
    none = np.full((1, 5), np.nan, np.float32)
    red_left = np.array([[0.25, 0.5, 0.7, 0.2, 0.15], [0.8, 0.2, 0.2, 0.4, 0.8]], np.float32)
    return [
        Fixture("wide", _draw(480, 320, 1), none),
        Fixture("tall", _draw(301, 557, 2), none),
        Fixture("small", _draw(97, 61, 3), none),
        Fixture("hinted", _draw(400, 400, 4), red_left),
        Fixture("drawing", _draw_lines(500, 350, 5, paper=0.9, ink=0.2), red_left),
        Fixture("chalk", _draw_lines(350, 500, 6, paper=0.1, ink=0.8), none),
    ]


def _draw(width: int, height: int, seed: int) -> bytes:
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    picture = 0.6 - 0.4 * y + 0.05 * random.standard_normal((height, width))
    for _ in range(6):
        cx, cy, radius, grey = random.uniform([0, 0, 0.05, 0], [1, 1, 0.3, 1])
        picture = np.where((x - cx) ** 2 + (y - cy) ** 2 < radius**2, grey + 0.3 * (x - cx), picture)
    return _png(picture)


def _draw_lines(width: int, height: int, seed: int, paper: float, ink: float) -> bytes:
    """Circles of lines of 3 pixels on paper that lies half in a soft shadow."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    picture = paper * (1 - 0.15 / (1 + np.exp((x - width / 2) / 20)))
    for _ in range(8):
        cx, cy, radius = random.uniform([0, 0, 20], [width, height, 100])
        picture[np.abs(np.hypot(x - cx, y - cy) - radius) < 1.5] = ink
    return _png(picture)


def _png(picture: np.ndarray) -> bytes:
    """Greys 0..1 [H, W] as a file."""
    return tf.io.encode_png((picture.clip(0, 1) * 255).astype(np.uint8)[..., None]).numpy()


def _pixels(answer: dict[str, tf.Tensor]) -> np.ndarray:
    return tf.io.decode_png(answer["image_bytes"][0]).numpy()


def _run_in_node(model: Path, seen: np.ndarray, hints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is seen [N, S, S, 1] and hint maps -> maps [N, S, S, C] and probabilities, as TF.js finds them on wasm."""
    if not (model / "manifest.json").is_file():
        raise FileNotFoundError(f"No TF.js model at {model}. Make one: python -m export tfjs.")
    if not (WEB / "node_modules").is_dir():
        raise FileNotFoundError("web/node_modules is missing. Install it: cd web && npm ci (or make web).")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        seen.astype("<f4").tofile(folder / "seen.f32")
        hints.astype("<f4").tofile(folder / "hints.f32")
        description = {"size": seen.shape[1], "seen": "seen.f32", "hints": "hints.f32"}
        (folder / "input.json").write_text(json.dumps(description))
        done = subprocess.run(  # noqa: S603  our own arguments
            ["node", "tools/run_model.mjs", model.resolve(), folder / "input.json", folder],  # noqa: S607
            cwd=WEB,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"TF.js in Node failed: {done.stderr.strip()[-500:]}")
        maps, probabilities = (np.fromfile(folder / f"{name}.f32", "<f4") for name in ("maps", "probabilities"))
        return maps.reshape(*seen.shape[:3], -1), probabilities
