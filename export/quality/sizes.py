"""Does a model give the same picture the same colours whatever its size? Every picture is shrunk to S x S, so nearly.

differences = size_differences(candidates, find_examples("large", Config()))       # {"512": (5, {"shipped": 0.4})}
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image
from tqdm import tqdm

from export.quality.photo import PhotoCandidate
from trainer.colour import CHROMA_UNIT, rgb_to_luminance, to_unit
from trainer.data.sources import Example

SMALL, LARGE = 256, 512  # short sides, pixels
ORIGINAL = "original"
_BAND = 256  # rows whose luminance is made at a time, so that memory does not grow with the photograph


def size_differences(
    candidates: Sequence[PhotoCandidate], examples: list[Example]
) -> dict[str, tuple[int, dict[str, float]]]:
    """By size, "512" and "original" (if larger): (pictures, mean distance by candidate of ab to that at 256).

    Sizes are short sides. The distance is Euclidean, in Lab units, over the S x S colours that the candidate gives.
    Raises ValueError if no picture is that large.
    """
    found: dict[str, dict[str, list[float]]] = {}
    for example in tqdm(examples, desc="sizes", unit="picture"):
        image, _ = example.open()
        if min(image.size) < LARGE:
            continue
        views = {str(LARGE): _scaled(image, LARGE)} | ({ORIGINAL: image} if min(image.size) > LARGE else {})
        luminances = {size: _luminance(view) for size, view in views.items()}
        small = _luminance(_scaled(image, SMALL))
        for candidate in candidates:
            expected = candidate.ask(small)
            for size, luminance in luminances.items():
                away = np.linalg.norm(candidate.ask(luminance) - expected, axis=-1).mean() * CHROMA_UNIT
                found.setdefault(size, {}).setdefault(candidate.name, []).append(float(away))
    if not found:
        raise ValueError(
            f"None of the {len(examples)} large pictures can show what a size changes. Expected sides of {LARGE} "
            "pixels or more; give others as --large, or leave it out."
        )
    return {
        size: (max(map(len, each.values())), {name: round(float(np.mean(away)), 3) for name, away in each.items()})
        for size, each in found.items()
    }


def _scaled(image: Image.Image, short: int) -> Image.Image:
    """Its proportions kept."""
    share = short / min(image.size)
    return image.resize((round(image.width * share), round(image.height * share)), Image.Resampling.BILINEAR)


def _luminance(image: Image.Image) -> np.ndarray:
    """[1, H, W, 1], -1..1."""
    pixels = np.asarray(image)
    bands = (pixels[start : start + _BAND] for start in range(0, len(pixels), _BAND))
    return np.concatenate([rgb_to_luminance(to_unit(band.astype(np.float32))) for band in bands])[None]
