"""Scores a run on its held-out pictures.

    print(evaluate_run(Run.open(Path("runs/photo")), Path("data"), size=256))

Protocol: every picture whose name's hash holds it out, resized to size x size without cropping, coloured from its
luminance alone by the moving average of the generator. PSNR in dB over sRGB; colourfulness signed, after Hasler and
Suesstrunk 2003; cast is the mean of a* and b* over all results less that over all truths.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from PIL import Image
from tqdm import tqdm

from trainer import generators
from trainer.callbacks.preview import grid
from trainer.callbacks.validation import colour
from trainer.colour import CHROMA_UNIT, ab_to_rgb, rgb_to_ab, rgb_to_luminance, to_pixels, to_unit
from trainer.data import Picture, find_pictures, split
from trainer.metrics import colourfulness, psnr
from trainer.run import Run, State

COLUMNS = 10  # pictures on a sheet


def evaluate_run(run: Run, data: Path, size: int = 256, limit: int | None = None, sheet_at: Path | None = None) -> str:
    """The table of scores, as text. Raises ValueError if nothing is held out under `data`."""
    generator, state = restored(run, size)
    pictures = held_out(run, data)[:limit]
    if sheet_at:
        sheet(generator, pictures, size).save(sheet_at)
    scores = score(generator, pictures, size)
    return f"step {state.step}, {state.seconds / 60:.1f} minutes\n{table(scores)}"


def restored(run: Run, size: int) -> tuple[keras.Model, State]:
    """The run's averaged generator, built for size x size pictures, and how far the run was."""
    generator = generators.build(run.config.generator, size)
    return generator, run.load_average(generator)


def held_out(run: Run, data: Path) -> list[Picture]:
    """The pictures under `data` that the run did not train on. Raises ValueError if there are none."""
    _, pictures = split(find_pictures(data), run.config.validation)
    if not pictures:
        raise ValueError(
            f"None of the pictures under {data} is held out (one in {run.config.validation} is); add more."
        )
    return pictures


def score(generator: keras.Model, pictures: list[Picture], size: int) -> dict[str, float]:
    """Measures by name, means over all pictures."""
    rows, casts = [], []
    for picture in tqdm(pictures, desc="scoring", unit="picture"):
        truth = stretch(picture, size)
        result = colour(generator, truth[None])[0]
        luminance = rgb_to_luminance(to_unit(truth.astype(np.float32)))
        grey = to_pixels(ab_to_rgb(luminance, np.zeros((*luminance.shape[:2], 2), np.float32)))
        rows.append((psnr(result, truth), psnr(grey, truth), colourfulness(result), colourfulness(truth)))
        ab = [rgb_to_ab(to_unit(each.astype(np.float32))).mean(axis=(0, 1)) for each in (result, truth)]
        casts.append((ab[0] - ab[1]) * CHROMA_UNIT)
    means, (cast_a, cast_b) = np.mean(rows, axis=0), np.mean(casts, axis=0)
    return {
        "pictures": len(rows),
        "psnr": round(float(means[0]), 2),
        "psnr_grey": round(float(means[1]), 2),
        "colourfulness": round(float(means[2]), 1),
        "colourfulness_truth": round(float(means[3]), 1),
        "colourfulness_difference": round(float(abs(means[2] - means[3])), 1),
        "cast_a": round(float(cast_a), 2),
        "cast_b": round(float(cast_b), 2),
    }


def table(scores: dict[str, float]) -> str:
    """Scores -> lines for the terminal and the model card (Markdown)."""
    lines = [
        "| | PSNR dB | colourfulness | difference to truth | cast a*, b* |",
        "|---|---|---|---|---|",
        f"| model | {scores['psnr']:.2f} | {scores['colourfulness']:.1f} | {scores['colourfulness_difference']:.1f} "
        f"| {scores['cast_a']:+.2f}, {scores['cast_b']:+.2f} |",
        f"| all grey | {scores['psnr_grey']:.2f} | 0.0 | {scores['colourfulness_truth']:.1f} | |",
        f"| truth | | {scores['colourfulness_truth']:.1f} | 0.0 | 0, 0 |",
    ]
    return "\n".join([f"{scores['pictures']:.0f} held-out pictures", "", *lines])


def sheet(generator: keras.Model, pictures: list[Picture], size: int) -> Image.Image:
    """Ten pictures spread evenly over the list: grey, result, truth."""
    chosen = pictures[:: max(1, len(pictures) // COLUMNS)][:COLUMNS]
    return grid(generator, np.stack([stretch(picture, size) for picture in chosen]))


def stretch(picture: Picture, size: int) -> np.ndarray:
    """The whole picture, resized without cropping, uint8 [size, size, 3]."""
    return np.asarray(picture.open().resize((size, size), Image.Resampling.BILINEAR))
