"""What is baked into shipped weights: the distribution less the weights of its classes, its mean bolder and uncast."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from export.read_out import RAREST, read_out
from trainer import generators
from trainer.bins import load_bins, weights
from trainer.config import make_config

BALANCE = 0.75


def shares_and_mean(generator: keras.Model) -> tuple[np.ndarray, np.ndarray]:
    """Of one picture: the distribution [16, 16, Q] and its mean [16, 16, 2]."""
    luminance = np.random.default_rng(0).uniform(-1, 1, (1, 64, 64, 1)).astype(np.float32)
    layers = [generator.get_layer(name).output for name in ("distribution", "mean_of_bins")]
    network = keras.Model(generator.inputs, layers)
    logits, mean = network({"luminance": luminance, "hints": np.zeros((1, 64, 64, 3), np.float32)})
    return np.asarray(keras.ops.softmax(logits))[0], np.asarray(mean)[0]


def test_rare_colours_lose_the_weight_that_training_gave_them_and_the_mean_gains_strength() -> None:
    generator = generators.build(make_config({"imagenet": False}), 64)
    before, _ = shares_and_mean(generator)
    read_out(generator, BALANCE, calibration=1.0, boldness=1.5, cast=(11.0, -22.0))
    after, mean = shares_and_mean(generator)
    expected = before / weights(load_bins().shares, BALANCE)
    expected /= expected.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(after, expected, atol=1e-6)  # float32 softmax of 195 logits
    np.testing.assert_allclose(mean, 1.5 * expected @ load_bins().centres - [0.1, -0.2], atol=1e-5)


def test_rare_colours_are_preferred_and_the_mean_annealed() -> None:
    generator = generators.build(make_config({"imagenet": False}), 64)
    before, _ = shares_and_mean(generator)
    shares = np.roll(load_bins().shares, 7)  # those of some other pictures
    read_out(generator, BALANCE, rarity=0.5, shares=shares, temperature=0.4)
    after, mean = shares_and_mean(generator)
    expected = (before / np.sqrt(shares + RAREST)) ** (1 / 0.4)
    expected /= expected.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(after, expected, atol=1e-5)  # float32 softmax of logits 2.5 times as far apart
    np.testing.assert_allclose(mean, expected @ load_bins().centres, atol=1e-5)


def test_nothing_is_read_out_of_a_generator_without_a_distribution() -> None:
    generator = generators.build(make_config({"generator": "unet", "filters": [4, 8]}), 32)
    with pytest.raises(ValueError, match="unet generator has no distribution"):
        read_out(generator, BALANCE, calibration=1.0)
