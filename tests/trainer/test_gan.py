"""The generator's losses by hand."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.config import make_config
from trainer.gan import ConditionalGAN

SMALL = {"size": 32, "imagenet": False, "ema": 0.0, "generator": "unet", "filters": [4, 8], "reconstruction": "l1"}


def losses(truth: np.ndarray, result: np.ndarray, **settings: float) -> dict[str, float]:
    gan = ConditionalGAN(make_config({**SMALL, **settings}))
    found = gan.generator_losses({"ab": result}, {"ab": truth})
    return {name: float(value) for name, value in found.items()}


def test_the_cast_is_the_error_of_the_mean_colour() -> None:
    truth = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 32, 32, 2)).astype(np.float32)
    mirrored = truth[:, ::-1]  # wrong everywhere, but with no cast
    shifted = truth + np.array([0.1, -0.2], np.float32)
    for result, cast in ((mirrored, 0.0), (shifted, (0.1**2 + 0.2**2) / 2)):
        without, with_it = (losses(truth, result, cast_weight=weight) for weight in (0.0, 30.0))
        assert with_it["reconstruction"] == without["reconstruction"]
        # float32 means over 1024 values, times 30
        assert with_it["generator_loss"] - without["generator_loss"] == pytest.approx(30 * cast, abs=1e-4)


def test_vividness_is_the_error_of_the_mean_chroma_whatever_the_hue() -> None:
    truth = np.random.default_rng(0).uniform(0.1, 0.5, (2, 32, 32, 2)).astype(np.float32)
    missing = 0.4 * np.linalg.norm(truth, axis=-1).mean((1, 2))
    for result, loss in ((-truth, 0.0), (0.6 * truth, (missing**2).mean())):
        without, with_it = (losses(truth, result, vividness_weight=weight) for weight in (0.0, 10.0))
        # float32 means over 1024 values, times 10
        assert with_it["generator_loss"] - without["generator_loss"] == pytest.approx(10 * loss, abs=1e-4)


def test_vividness_needs_chroma() -> None:
    with pytest.raises(ValueError, match="vividness_weight: taken from chroma"):
        make_config({"colour_space": "rgb", "vividness_weight": 1.0})


def test_the_target_is_shown_as_the_picture_that_it_was() -> None:
    gan = ConditionalGAN(make_config(SMALL))
    picture = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), np.uint8)
    batch = gan.prepare({"target": picture, "boxes": np.zeros((1, 4, 4), np.float32)})
    np.testing.assert_allclose(
        np.asarray(gan.shown(batch, batch)) * 255, picture, atol=0.6
    )  # there and back in float32


def test_flat_colours_are_judged_with_their_lines_on() -> None:
    flat = {"task": "sketch", "generator": "flat_unet", "colour_space": "flat", "size": 128, "ema": 0.0}
    gan = ConditionalGAN(make_config({**flat, "imagenet": False}))
    colours = np.full((1, 128, 128, 3), (200, 120, 40), np.uint8)
    drawing = np.full((1, 128, 128, 1), 255, np.uint8)
    drawing[:, 60:64] = 0
    batch = gan.prepare({"target": colours, "condition": drawing, "boxes": np.zeros((1, 4, 4), np.float32)})
    shown = np.asarray(gan.shown(batch, batch))[0] * 255
    assert shown.shape == (64, 64, 3)
    np.testing.assert_allclose(shown[10, 10], (200, 120, 40), atol=0.6)  # there and back in float32
    assert shown[31].max() < 3
