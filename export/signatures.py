"""The serving graph: decode, condition, generate, recombine at full resolution, encode.

    module = ServingModule(generator, size=256)
    png = module.serving_default(tf.constant([jpeg]))["image_bytes"]
    likely = module.trace("colours")(luminance=luminance, hints=hints)["probabilities"]

Pre- and post-processing exist once, here; TensorFlow Serving, the embedded server and the tests run this very graph.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from export.weights import load_generator
from trainer.colour import (
    CHROMA_UNIT,
    apply_coefficients,
    lab_to_rgb,
    rgb_to_lightness,
    to_lightness,
    to_luminance,
    to_unit,
)
from trainer.hints import draw_hints
from trainer.predict import inputs_for

MOST_PIXELS = 100_000_000  # of one picture: read from its header, before anything is decoded
WINDOW = 5  # of the guided filter, pixels of the small picture: best for a network's soft chroma
EPSILON = 1.0  # its regularisation, in L* squared
CELLS = 32  # side of the grid on which `colours` says how likely each colour is
BAND = 256  # rows recombined at a time, so that memory grows with the width only


class ServingModule(tf.Module):
    """A generator behind the signatures of docs/architecture.md."""

    def __init__(self, generator: keras.Model, size: int) -> None:
        super().__init__()
        self.generator = generator
        self.size = size

    @property
    def signatures(self) -> tuple[str, ...]:
        """The names of those that this generator can have: `colours` takes a distribution that divides into cells."""
        every = ("serving_default", "guided", "chroma", "colours")
        distribution = self.generator.output.get("distribution")
        return every if distribution is not None and distribution.shape[1] % CELLS == 0 else every[:-1]

    def concrete(self) -> dict[str, tf.types.experimental.ConcreteFunction]:
        """All of `signatures`, traced, by name."""
        return {name: self.trace(name) for name in self.signatures}

    def trace(self, name: str) -> tf.types.experimental.ConcreteFunction:
        """One signature, traced. Raises ValueError if this generator cannot have it."""
        if name not in self.signatures:
            raise ValueError(
                f"The {self.generator.name} generator of size {self.size} has no signature {name}; expected one of "
                f"{', '.join(self.signatures)}. For colours, export a lite_unet of a size that is a multiple of 128."
            )
        files = [tf.TensorSpec([None], tf.string, name="image_bytes")]
        options = [
            tf.TensorSpec([None, None, 5], tf.float32, name="hints"),
            tf.TensorSpec([None], tf.float32, name="saturation"),
        ]
        maps = [
            tf.TensorSpec([None, self.size, self.size, 1], tf.float32, name="luminance"),
            tf.TensorSpec([None, self.size, self.size, 3], tf.float32, name="hints"),
        ]
        inputs = {"serving_default": files, "guided": files + options}.get(name, maps)
        return tf.function(getattr(self, name)).get_concrete_function(*inputs)

    def serving_default(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """JPEG or PNG files, string [N] -> coloured PNG files of the same width and height, string [N]."""
        count = tf.shape(image_bytes)[0]
        return self.guided(image_bytes, tf.fill([count, 1, 5], float("nan")), tf.ones([count]))

    def guided(self, image_bytes: tf.Tensor, hints: tf.Tensor, saturation: tf.Tensor) -> dict[str, tf.Tensor]:
        """The same with hints [N, K, 5] (x, y 0..1, sRGB 0..1, NaN unused) and saturation [N] (1 = as predicted)."""
        return {
            "image_bytes": tf.map_fn(
                lambda one: self._colourise(*one),
                (image_bytes, hints, saturation),
                fn_output_signature=tf.TensorSpec([], tf.string),
                parallel_iterations=1,  # one picture's full-size arrays at a time
            )
        }

    def chroma(self, luminance: tf.Tensor, hints: tf.Tensor) -> dict[str, tf.Tensor]:
        """Luminance -1..1 [N, S, S, 1] and hint map [N, S, S, 3] -> coefficients [N, S, S, 4]."""
        ab = self._generate(luminance, hints)["ab"]
        return {"coefficients": coefficients(to_lightness(luminance), ab * CHROMA_UNIT)}

    def colours(self, luminance: tf.Tensor, hints: tf.Tensor) -> dict[str, tf.Tensor]:
        """What `chroma` takes -> how likely each of Q colours is at each of 32 x 32 cells, and which colours these are.

        `probabilities` [N, 32, 32, Q] is the mean over the cell's pixels and sums to 1; `centres` [Q, 2] holds a* and
        b* in Lab units. The mean of these is what `chroma` starts from.
        """
        likely = ops.softmax(self._generate(luminance, hints)["distribution"], axis=-1)
        return {
            "probabilities": ops.average_pool(likely, likely.shape[1] // CELLS),
            # as the chroma reads them out: bolder than the bins are, perhaps
            "centres": self.generator.get_layer("mean_of_bins").kernel[0, 0] * CHROMA_UNIT,
        }

    def _generate(self, luminance: tf.Tensor, hints: tf.Tensor) -> dict[str, tf.Tensor]:
        condition = inputs_for(self.generator, {"luminance": luminance, "hints": hints})
        return self.generator(condition, training=False)

    def _colourise(self, image_bytes: tf.Tensor, hints: tf.Tensor, saturation: tf.Tensor) -> tf.Tensor:
        tf.debugging.Assert(
            tf.math.is_finite(saturation) & (saturation >= 0),
            ["saturation must be a number of 0 or more, received", saturation],
        )
        pixels = decode(image_bytes)
        lightness = rgb_to_lightness(to_unit(tf.cast(pixels, tf.float32)), ops)
        small = tf.image.resize(lightness[None], (self.size, self.size), antialias=True)
        maps = self.chroma(to_luminance(small), draw_hints(hints[None], self.size, ops))["coefficients"]
        return tf.io.encode_png(recombine(pixels, maps * saturation), compression=1)


def coefficients(lightness: Any, ab: Any) -> Any:
    """Small L* [N, S, S, 1] and a*, b* [N, S, S, 2] -> (m_a, m_b, c_a, c_b) [N, S, S, 4] with m * L* + c = ab.

    The fast guided filter (He and Sun 2015) made exact: m is the window's mean slope of ab over L*; c, per pixel, is
    what is left, so the small chroma comes back unchanged and edges between its pixels follow the photograph's.
    """

    def mean(x: Any) -> Any:
        edge = WINDOW // 2
        padded = ops.pad(x, [(0, 0), (edge, edge), (edge, edge), (0, 0)], mode="symmetric")
        return ops.average_pool(padded, WINDOW, strides=1, padding="valid")

    mean_lightness = mean(lightness)
    covariance = mean(lightness * ab) - mean_lightness * mean(ab)
    variance = mean(lightness * lightness) - mean_lightness * mean_lightness
    slope = mean(covariance / (variance + EPSILON))
    return ops.concatenate([slope, ab - slope * lightness], axis=-1)


def decode(image_bytes: tf.Tensor) -> tf.Tensor:
    """One JPEG or PNG file -> uint8 [H, W, 3]. InvalidArgumentError for any other, or more than 100 megapixels."""
    head = tf.strings.join([image_bytes, tf.constant(bytes(32))])  # so that a cut header is just zeros
    png = tf.strings.substr(head, 0, 8) == b"\x89PNG\r\n\x1a\n"
    jpeg = tf.strings.substr(head, 0, 3) == b"\xff\xd8\xff"
    known = tf.debugging.Assert(
        png | jpeg, ["image_bytes must be a JPEG or PNG file; convert the picture and send it again"]
    )

    def png_sides() -> tf.Tensor:
        sides = tf.io.decode_raw(tf.strings.substr(head, 16, 8), tf.int32, little_endian=False)
        return tf.cast(sides, tf.int64)

    def jpeg_sides() -> tf.Tensor:
        return tf.image.extract_jpeg_shape(image_bytes, tf.int64)[:2]

    with tf.control_dependencies([known]):
        sides = tf.cond(png, png_sides, jpeg_sides)
    allowed = (tf.reduce_min(sides) > 0) & (tf.reduce_prod(sides) <= MOST_PIXELS)
    message = f"the picture must have 1 to {MOST_PIXELS} pixels; make it smaller and send it again. Received sides"
    with tf.control_dependencies([tf.debugging.Assert(allowed, [message, sides])]):
        # decodes PNG as well; the accurate transform is the one that Pillow and browsers use
        return tf.io.decode_jpeg(image_bytes, channels=3, dct_method="INTEGER_ACCURATE")


def recombine(pixels: tf.Tensor, maps: tf.Tensor) -> tf.Tensor:
    """The picture, uint8 [H, W, 3], and its coefficients [1, S, S, 4] -> coloured uint8 [H, W, 3].

    Only the picture's lightness is used, and kept: the four maps come up bilinearly, band by band.
    """
    height, width = tf.shape(pixels)[0], tf.shape(pixels)[1]
    scale = tf.cast(tf.stack([height, width]), tf.float32) / tf.cast(tf.shape(maps)[1:3], tf.float32)

    def band(start: tf.Tensor, bands: tf.TensorArray) -> tuple[tf.Tensor, tf.TensorArray]:
        rows = pixels[start : start + BAND]
        raised = tf.raw_ops.ScaleAndTranslate(  # tf.image.resize(antialias=True), of these rows only
            images=maps,
            size=tf.shape(rows)[:2],
            scale=scale,
            translation=tf.stack([-tf.cast(start, tf.float32), 0.0]),
            kernel_type="triangle",
            antialias=True,
        )[0]
        lightness = rgb_to_lightness(to_unit(tf.cast(rows, tf.float32)), ops)
        rgb = lab_to_rgb(lightness, apply_coefficients(lightness, raised), ops)
        bands = bands.write(start // BAND, tf.cast(rgb * 255.0 + 0.5, tf.uint8))
        return start + BAND, bands

    bands = tf.TensorArray(tf.uint8, size=(height + BAND - 1) // BAND, infer_shape=False, element_shape=[None, None, 3])
    _, bands = tf.while_loop(lambda start, _: start < height, band, (tf.constant(0), bands), parallel_iterations=1)
    return tf.ensure_shape(bands.concat(), [None, None, 3])


def load_module(weights: str | Path = "photo") -> ServingModule:
    """Shipped weights -> their signatures, without any artifact on disk. Raises as `load_generator` does."""
    generator, card = load_generator(weights)
    return ServingModule(generator, card.size)
