"""The judge knows what is on photographs: right only if every weight, stride and padding is."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT, SAMPLES, draw_scene
from trainer.colour import lab_to_rgb, rgb_to_lightness, to_pixels, to_unit
from trainer.reports.judge import FEATURES, Judge

ORANGE, LEMON, CLIFF_DWELLING = 950, 951, 500  # of ImageNet's classes


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(batch=2)


def sample(name: str) -> np.ndarray:
    return np.asarray(Image.open(SAMPLES / name).convert("RGB"))[None]


def test_it_recognises_photographs(judge: Judge) -> None:
    assert judge.classes(sample("citrus-fruits.jpg"))[0] in (ORANGE, LEMON)
    assert judge.classes(sample("cliff-palace-mesa-verde.jpg"))[0] == CLIFF_DWELLING


def test_features_do_not_depend_on_the_batch(judge: Judge) -> None:
    pictures = np.stack([np.asarray(draw_scene(80, 60, seed)) for seed in range(3)])
    together = judge.features(pictures)
    assert together.shape == (3, FEATURES)
    assert together.dtype == np.float32
    alone = np.concatenate([judge.features(picture[None]) for picture in pictures])
    np.testing.assert_allclose(together, alone, atol=1e-4)  # a sum's order may change with the place in the batch
    assert np.abs(together[0] - together[1]).max() > 0.1


def tinted(name: str, a: float, b: float) -> np.ndarray:
    """The samples are black and white; here is one in a single colour, a* and b* in Lab units."""
    lightness = rgb_to_lightness(to_unit(sample(name).astype(np.float32)))
    return to_pixels(lab_to_rgb(lightness, np.full((*lightness.shape[:3], 2), (a, b), np.float32)))


def test_it_sees_colour(judge: Judge) -> None:
    """The same fruit: oranges when they are orange, lemons when they are yellow, and less so with swapped channels."""
    orange, yellow = tinted("citrus-fruits.jpg", 35, 65), tinted("citrus-fruits.jpg", -5, 70)
    assert judge.classes(np.concatenate([orange, yellow])).tolist() == [ORANGE, LEMON]
    swapped = yellow[..., ::-1]
    assert judge.logits(yellow)[0, LEMON] > judge.logits(swapped)[0, LEMON] + 0.5


@pytest.mark.parametrize(
    "pictures",
    [np.zeros((1, 8, 8, 3), np.float32), np.zeros((8, 8, 3), np.uint8), np.zeros((0, 8, 8, 3), np.uint8)],
    ids=["floats", "one picture", "none"],
)
def test_other_arrays_are_refused(judge: Judge, pictures: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"Expected at least one RGB picture, uint8 \[N, H, W, 3\]"):
        judge.features(pictures)


@pytest.mark.slow
def test_jax_gives_the_same_features(judge: Judge) -> None:
    pictures = np.asarray(draw_scene(60, 60, 0))[None]
    code = (
        "import sys, numpy as np; from tests.conftest import draw_scene; from trainer.reports.judge import Judge\n"
        "pictures = np.asarray(draw_scene(60, 60, 0))[None]\n"
        "np.save(sys.stdout.buffer, Judge(batch=2).features(pictures))"
    )
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, env=environment, check=True)
    features = np.frombuffer(process.stdout[-4 * FEATURES :], np.float32)[None]
    # float32 sums in another order through 21 blocks; the features are of size 1
    np.testing.assert_allclose(features, judge.features(pictures), atol=2e-3)
