"""The long roll-out: the photo model that ships, half a minute a share, and the picture of it for docs/rollout.md.

    python -m tests.serving.rollout.bench --repository build/models --out docs/images/rollout.png

Version 2 is version 1 again and goes out. Version 3 has noise in its weights; it never gets traffic. Version 4 gives
bright pictures no colour, which the golden set has none of; the gateways' figures find it out.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import tensorflow as tf
from PIL import Image

from tests.conftest import SAMPLES
from tests.serving.rollout.loopback import Loopback
from tests.serving.rollout.small_models import BRIGHT

BATCHING = "max_batch_size { value: 4 } batch_timeout_micros { value: 2000 } num_batch_threads { value: 2 }"


class Fading(tf.Module):
    """A photo model that gives bright pictures no colour where the gateway asks."""

    def __init__(self, model: tf.Module):
        self.model = model
        inner = model.signatures["chroma"]
        specification = inner.structured_input_signature[1]

        @tf.function(input_signature=[specification["luminance"], specification["hints"]])
        def chroma(luminance: tf.Tensor, hints: tf.Tensor) -> dict[str, tf.Tensor]:
            bright = tf.reduce_mean(luminance, axis=[1, 2, 3], keepdims=True) > BRIGHT
            answer = inner(luminance=luminance, hints=hints)["coefficients"]
            return {"coefficients": tf.where(bright, 0.0, answer)}

        self.chroma = chroma


def write_versions(shipped: Path, base: Path, weights: Path) -> None:
    """Versions 1 to 4 of the photo model under `base`."""
    from export.saved_model import write_version
    from export.weights import Card, find_weights

    shutil.copytree(shipped, base / "1")
    shutil.copytree(shipped, base / "2")
    noisy = weights / "noisy"
    shutil.copytree(find_weights("photo"), noisy)
    with np.load(noisy / "weights.npz") as found:
        values = {name: found[name] for name in found.files}
    random = np.random.default_rng(0)
    for name, value in values.items():
        values[name] = (value + 0.5 * random.normal(0, value.std(), value.shape)).astype(value.dtype)
    np.savez(noisy / "weights.npz", **values)
    replace(Card.read(noisy / "card.json"), sha256="").write(noisy / "card.json")
    write_version(noisy, base)
    model = tf.saved_model.load(str(shipped))
    signatures = {name: one for name, one in model.signatures.items() if name != "chroma"}
    fading = Fading(model)
    tf.saved_model.save(fading, str(base / "partial"), {**signatures, "chroma": fading.chroma})
    shutil.copytree(shipped / "assets.extra", base / "partial" / "assets.extra")
    (base / "partial").rename(base / "4")


def faded(folder: Path) -> list[Path]:
    """The page's photographs as the prints that people send: some faded, and so brighter than any golden picture."""
    paths = []
    for number, path in enumerate(sorted(SAMPLES.glob("*.jpg"))):
        picture = Image.open(path)
        picture.thumbnail((400, 400))
        paths.append(folder / path.name)
        (picture.point(lambda value: 165 + value // 3) if number % 5 else picture).save(paths[-1])
    return paths


@click.command()
@click.option("--repository", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--window", default=30.0, show_default=True, help="Seconds that each share is watched.")
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(repository: Path, window: float, out: Path) -> None:
    """Roll a good version of the photo model out and two bad ones back, under load; draw what happened."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        base = folder / "photo"
        base.mkdir()
        write_versions(repository.resolve() / "photo/1", base, folder)
        batching = folder / "batching.config"
        batching.write_text(BATCHING)
        flags = ("--enable_batching", f"--batching_parameters_file={batching}")
        # two clients: two servers, two gateways and Prometheus share this machine's processors with it
        with Loopback(folder, base, faded(folder), clients=2, pause=0.0, flags=flags) as loopback:
            loopback.load.begin()
            quick = ["--interval=1", f"--window={window}", "--requests=10", "--delay=5", "--latency=2"]
            for version, status in ((2, 0), (3, 3), (4, 3)):
                found, said = loopback.done("run", "--until-done", f"--version={version}", *quick)
                click.echo(said)
                if found != status:
                    raise click.ClickException(f"version {version}: exit status {found}, expected {status}")
            places = ["--folder", str(loopback.folder), "--prometheus", loopback.prometheus.url]
            drawing = [sys.executable, "-m", "serving.rollout.timeline", *places, "--span=10", "--out", str(out)]
            subprocess.run(drawing, check=True)
            checks = loopback.load.end()
            click.echo(json.dumps({"requests": checks["passes"], "failed": checks["fails"]}))


if __name__ == "__main__":
    main()
