"""The exported graph as a client sees it: sizes, luminance, hints, saturation, and every kind of bad picture."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from export.photo_module import PhotoModule, coefficients
from export.picture_files import MOST_PIXELS
from export.weights import load_generator
from tests.conftest import SAMPLES, draw_scene
from trainer import generators
from trainer.bins import load_bins
from trainer.colour import rgb_to_ab, rgb_to_lightness, to_unit
from trainer.config import make_config

NO_HINTS = np.full((1, 1, 5), np.nan, np.float32)


@pytest.fixture(scope="module")
def model(saved_model: Path) -> Any:
    return tf.saved_model.load(str(saved_model))


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def colourise(model: Any, *pictures: bytes) -> list[np.ndarray]:
    answer = model.signatures["serving_default"](image_bytes=tf.constant(pictures))["image_bytes"].numpy()
    return [np.asarray(Image.open(io.BytesIO(png))) for png in answer]


def guided(model: Any, picture: bytes, hints: np.ndarray = NO_HINTS, saturation: float = 1.0) -> np.ndarray:
    run = model.signatures["guided"]
    inputs = {"image_bytes": [picture], "hints": hints, "saturation": [saturation]}
    answer = run(**{name: tf.constant(value) for name, value in inputs.items()})
    return np.asarray(Image.open(io.BytesIO(answer["image_bytes"].numpy()[0])))


def lightness(pixels: np.ndarray) -> np.ndarray:
    return rgb_to_lightness(to_unit(pixels.astype(np.float32)))


def chroma(pixels: np.ndarray) -> np.ndarray:
    return rgb_to_ab(to_unit(pixels.astype(np.float32))) * 110


def test_the_signatures_are_the_contract(model: Any) -> None:
    def spec(tensors: Any) -> dict[str, tuple[str, tuple]]:
        return {name: (tensor.dtype.name, tuple(tensor.shape)) for name, tensor in tensors.items()}

    signatures = {
        name: (spec(run.structured_input_signature[1]), spec(run.structured_outputs))
        for name, run in model.signatures.items()
    }
    picture = {"image_bytes": ("string", (None,))}
    options = {"hints": ("float32", (None, None, 5)), "saturation": ("float32", (None,))}
    maps = {"luminance": ("float32", (None, 256, 256, 1)), "hints": ("float32", (None, 256, 256, 3))}
    assert signatures == {
        "serving_default": (picture, picture),
        "guided": ({**picture, **options}, picture),
        "chroma": (maps, {"coefficients": ("float32", (None, 256, 256, 4))}),
        "colours": (
            maps,
            {"probabilities": ("float32", (None, 32, 32, 195)), "centres": ("float32", (195, 2))},
        ),
    }


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (700, 3), (255, 257), (640, 480)])
def test_any_size_comes_back_the_same(model: Any, size: tuple[int, int]) -> None:
    (result,) = colourise(model, encoded(draw_scene(*size, 1)))
    assert result.shape == (size[1], size[0], 3)


def test_a_batch_of_different_sizes(model: Any) -> None:
    pictures = [encoded(draw_scene(width, 50, width)) for width in (60, 300)]
    for together, alone in zip(colourise(model, *pictures), (colourise(model, p)[0] for p in pictures), strict=True):
        np.testing.assert_array_equal(together, alone)


def test_photographs_get_colour_and_keep_their_luminance(model: Any) -> None:
    for path in sorted(SAMPLES.glob("*.jpg")):
        (result,) = colourise(model, path.read_bytes())
        with Image.open(path) as photograph:
            truth = np.asarray(photograph.convert("RGB"))
        # rounding to 8 bits moves lightness by at most half a step in each channel: 0.3 of 100 in the shadows
        assert np.abs(lightness(result) - lightness(truth)).max() < 0.4, path.name
        assert np.hypot(*np.moveaxis(chroma(result), -1, 0)).mean() > 4, path.name


def test_the_colours_of_the_input_do_not_matter(model: Any) -> None:
    """Only luminance goes in: a picture and its grey of the same lightness come out alike."""
    scene = draw_scene(200, 150, 5)
    grey = guided(model, encoded(scene), saturation=0.0)
    difference = np.abs(
        colourise(model, encoded(scene))[0].astype(int) - colourise(model, encoded(Image.fromarray(grey)))[0]
    )
    assert difference.mean() < 1.5  # the grey was rounded to 8 bits, which the network sees


def test_saturation_scales_the_chroma(model: Any) -> None:
    picture = (SAMPLES / "citrus-fruits.jpg").read_bytes()
    none, plain, double = (guided(model, picture, saturation=s) for s in (0.0, 1.0, 2.0))
    assert np.ptp(none.astype(int), axis=-1).max() <= 1
    inside = (np.abs(chroma(plain)).max(axis=-1) < 15) & (np.abs(lightness(plain)[..., 0] - 50) < 20)
    ratio = np.abs(chroma(double))[inside].mean() / np.abs(chroma(plain))[inside].mean()
    assert ratio == pytest.approx(2, abs=0.1)  # where sRGB has room for it; 8 bits round the rest


def test_a_hint_pulls_the_colour_its_way(model: Any) -> None:
    """The first model follows hints weakly (its card says so): a blue one on an orange moves b* down, there most."""
    picture = (SAMPLES / "citrus-fruits.jpg").read_bytes()
    hints = np.array([[[0.5, 0.7, 0.1, 0.2, 0.8]]], np.float32)
    change = chroma(guided(model, picture, hints)) - chroma(guided(model, picture))
    row, column = int(0.7 * change.shape[0]), int(0.5 * change.shape[1])
    assert change[row - 3 : row + 4, column - 3 : column + 4, 1].mean() < -5
    assert np.abs(change[:40, :40]).mean() < 2


def test_the_small_chroma_is_reproduced_exactly() -> None:
    """The guided filter's exact form: m * L + c gives the generator's ab back at its own size."""
    random = np.random.default_rng(0)
    light = random.uniform(0, 100, (1, 32, 32, 1)).astype(np.float32)
    ab = random.uniform(-60, 60, (1, 32, 32, 2)).astype(np.float32)
    maps = np.asarray(coefficients(light, ab))
    np.testing.assert_allclose(maps[..., :2] * light + maps[..., 2:], ab, atol=1e-3)


def test_chroma_edges_follow_the_photograph() -> None:
    """Where chroma steps with lightness, the slope carries most of the step (its window also sees the flat sides)."""
    step = np.where(np.arange(32) < 16, 20.0, 80.0).astype(np.float32)
    light = np.broadcast_to(step[None, None, :, None], (1, 32, 32, 1)).copy()
    ab = np.concatenate([light / 2, -light / 4], axis=-1)
    maps = np.asarray(coefficients(light, ab))
    slope = maps[0, 16, 16, :2] / [0.5, -0.25]
    assert (slope > 0.7).all()
    assert (slope <= 1).all()
    np.testing.assert_allclose(maps[0, 16, 2, :2], 0, atol=1e-3)  # flat there: no slope at all


def test_colours_are_the_distribution_below_the_chroma(model: Any) -> None:
    generator, card = load_generator("photo")
    random = np.random.default_rng(0)
    luminance = tf.constant(random.uniform(-1, 1, (2, card.size, card.size, 1)), tf.float32)
    hints = np.zeros((2, card.size, card.size, 3), np.float32)
    hints[1, 100:110, 50:60] = [0.5, 0.4, 1]
    answer = model.signatures["colours"](luminance=luminance, hints=tf.constant(hints))
    probabilities, centres = answer["probabilities"].numpy(), answer["centres"].numpy()
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1, atol=1e-5)  # 195 float32 add up
    # bins in Lab units as the weights that ship read them out: all bolder by one factor, and moved by one cast
    cast = centres[np.abs(load_bins().centres).sum(axis=1).argmin()]  # what grey has become
    boldness = np.linalg.norm(centres - cast) / np.linalg.norm(load_bins().centres * 110)
    assert 0.5 < boldness < 2.5
    # float16 rounds 170 to an eighth
    np.testing.assert_allclose(centres, boldness * load_bins().centres * 110 + cast, atol=0.13)

    # the generator's own mean of the distribution, before the cells and in chroma units
    inner = keras.Model(generator.inputs, generator.get_layer("mean_of_bins").output)
    mean = inner({"luminance": luminance, "hints": tf.constant(hints)}).numpy() * 110
    mean = mean.reshape(2, 32, 2, 32, 2, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(probabilities @ centres, mean, atol=2e-3)  # sums of 195 float32 of up to 170
    assert np.abs(np.diff(probabilities[:, 12, 6], axis=0)).max() > 1e-3  # hints reach it


def test_a_generator_without_a_distribution_has_no_colours() -> None:
    generator = generators.build(make_config({"generator": "unet", "filters": [4, 4]}), 16)
    module = PhotoModule(generator, 16)
    assert set(module.concrete()) == {"serving_default", "guided", "chroma"}
    with pytest.raises(
        ValueError, match="The unet generator of size 16 has no signature colours; expected one of"
    ) as e:
        module.trace("colours")
    assert "export a lite_unet or flat_unet" in str(e.value)


def png_header(width: int, height: int) -> bytes:
    png = bytearray(encoded(Image.new("L", (8, 8))))
    png[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return bytes(png)


BAD = {
    "empty": (b"", "must be a JPEG or PNG"),
    "html": (b"<!doctype html><title>not a picture</title>", "must be a JPEG or PNG"),
    "gif": (encoded(Image.new("L", (8, 8)), "GIF"), "must be a JPEG or PNG"),
    "bomb": (png_header(20_000, 20_000), f"must have 1 to {MOST_PIXELS} pixels"),
    "overflow": (png_header(2**31 - 1, 2**31 - 1), f"must have 1 to {MOST_PIXELS} pixels"),
    "no sides": (png_header(0, 5), f"must have 1 to {MOST_PIXELS} pixels"),
    "header only": (encoded(Image.new("L", (8, 8)))[:12], f"must have 1 to {MOST_PIXELS} pixels"),
    "truncated jpeg": (encoded(draw_scene(200, 200, 1), "JPEG")[:3000], "jpeg|JPEG"),
    "truncated png": (encoded(draw_scene(200, 200, 1))[:3000], "png|PNG"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_pictures_are_invalid_arguments(model: Any, name: str) -> None:
    data, message = BAD[name]
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        colourise(model, data)


@pytest.mark.parametrize("saturation", [float("nan"), -1.0, float("inf")])
def test_bad_saturation_is_an_invalid_argument(model: Any, saturation: float) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="saturation must be a number of 0 or more"):
        guided(model, encoded(Image.new("L", (8, 8))), saturation=saturation)


UNUSUAL = {
    "cmyk": encoded(draw_scene(60, 40, 1).convert("CMYK"), "JPEG"),
    "rgba": encoded(draw_scene(60, 40, 1).convert("RGBA")),
    "grey with alpha": encoded(draw_scene(60, 40, 1).convert("LA")),
    "palette": encoded(draw_scene(60, 40, 1).convert("P")),
    "one bit": encoded(draw_scene(60, 40, 1).convert("1")),
    "16 bit": encoded(Image.fromarray(np.linspace(0, 65535, 2400).reshape(40, 60).astype(np.uint16))),
    "progressive": encoded(draw_scene(60, 40, 1), "JPEG", progressive=True),
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_pictures_come_back_the_same_size(model: Any, name: str) -> None:
    (result,) = colourise(model, UNUSUAL[name])
    assert result.shape == (40, 60, 3)
    if name == "16 bit":  # its grey ramp must not be clipped
        assert lightness(result)[0].mean() < 20
        assert lightness(result)[-1].mean() > 80
