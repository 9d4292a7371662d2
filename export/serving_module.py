"""The serving graph that every task has: files in, files out, and small maps for clients that hold the picture.

    module = PhotoModule(generator, size=256)
    png = module.serving_default(tf.constant([jpeg]))["image_bytes"]
    likely = module.trace("colours")(luminance=luminance, hints=hints)["probabilities"]

Pre- and post-processing exist once, here and in the task's subclass; TensorFlow Serving, the embedded server and the
tests run this very graph.
"""

from __future__ import annotations

from typing import ClassVar

import keras
import tensorflow as tf
from keras import ops

from trainer.colour import CHROMA_UNIT
from trainer.hints import draw_hints
from trainer.predict import inputs_for, inputs_of

CELLS = 32  # side of the grid on which `colours` says how likely each colour is


class ServingModule(tf.Module):
    """A generator behind the signatures of docs/architecture.md. A subclass says what its task does differently."""

    maps: ClassVar[str]  # the signature, and method, that gives a client small maps
    answer: ClassVar[str]  # what that answers
    seen: ClassVar[str]  # what it is given: luminance, or tone

    def __init__(self, generator: keras.Model, size: int, temperature: float = 1.0) -> None:
        super().__init__()
        self.generator = generator
        self.size = size
        self.temperature = temperature  # at which `export.read_out` has the mean of the distribution taken

    @property
    def signatures(self) -> tuple[str, ...]:
        """The names of those that this generator can have: `colours` takes a distribution that divides into cells."""
        every = ("serving_default", "guided", self.maps, "colours")
        distribution = self.generator.output.get("distribution")
        return every if distribution is not None and distribution.shape[1] % CELLS == 0 else every[:-1]

    @property
    def channels(self) -> int:
        """Of a hint map: (a, b, mask), or (a, b, l, mask)."""
        hints = inputs_of(self.generator).get("hints")
        return 3 if hints is None else hints.shape[-1]  # one without hints is asked as a photo model is

    def concrete(self) -> dict[str, tf.types.experimental.ConcreteFunction]:
        """All of `signatures`, traced, by name."""
        return {name: self.trace(name) for name in self.signatures}

    def trace(self, name: str) -> tf.types.experimental.ConcreteFunction:
        """One signature, traced. Raises ValueError if this generator cannot have it."""
        if name not in self.signatures:
            raise ValueError(
                f"The {self.generator.name} generator of size {self.size} has no signature {name}; expected one of "
                f"{', '.join(self.signatures)}. For colours, export a lite_unet or flat_unet "
                "of a size that is a multiple of 128."
            )
        files = [tf.TensorSpec([None], tf.string, name="image_bytes")]
        options = [
            tf.TensorSpec([None, None, 5], tf.float32, name="hints"),
            tf.TensorSpec([None], tf.float32, name="saturation"),
        ]
        maps = [
            tf.TensorSpec([None, self.size, self.size, 1], tf.float32, name=self.seen),
            tf.TensorSpec([None, self.size, self.size, self.channels], tf.float32, name="hints"),
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
                lambda one: self._file(*one),
                (image_bytes, hints, saturation),
                fn_output_signature=tf.TensorSpec([], tf.string),
                parallel_iterations=1,  # one picture's full-size arrays at a time
            )
        }

    def likely(self, luminance: tf.Tensor, hints: tf.Tensor) -> dict[str, tf.Tensor]:
        """What the generator sees -> how likely each of Q colours is at each of 32 x 32 cells.

        `probabilities` [N, 32, 32, Q] is the mean over the cell's pixels and sums to 1; `centres` [Q, 2] holds a* and
        b* in Lab units. The mean of these is what the chroma starts from, but for the temperature: here all likely
        colours count.
        """
        likely = ops.softmax(self.generate(luminance, hints)["distribution"] * self.temperature, axis=-1)
        return {
            "probabilities": ops.average_pool(likely, likely.shape[1] // CELLS),
            # as the chroma reads them out: bolder than the bins are, perhaps
            "centres": self.generator.get_layer("mean_of_bins").kernel[0, 0] * CHROMA_UNIT,
        }

    def generate(self, luminance: tf.Tensor, hints: tf.Tensor) -> dict[str, tf.Tensor]:
        """The generator's outputs by name."""
        condition = inputs_for(self.generator, {"luminance": luminance, "hints": hints})
        return self.generator(condition, training=False)

    def decode(self, image_bytes: tf.Tensor) -> tf.Tensor:
        """One file -> its pixels, uint8 [H, W, 3]."""
        raise NotImplementedError

    def see(self, pixels: tf.Tensor) -> tf.Tensor:
        """Pixels uint8 [H, W, 3] -> what the signature `maps` is given of them, [1, S, S, 1]."""
        raise NotImplementedError

    def finish(self, pixels: tf.Tensor, maps: tf.Tensor, saturation: tf.Tensor) -> tf.Tensor:
        """The pixels, what the signature `maps` answers [1, S, S, C], a saturation -> coloured uint8 [H, W, 3]."""
        raise NotImplementedError

    def _file(self, image_bytes: tf.Tensor, hints: tf.Tensor, saturation: tf.Tensor) -> tf.Tensor:
        tf.debugging.Assert(
            tf.math.is_finite(saturation) & (saturation >= 0),
            ["saturation must be a number of 0 or more, received", saturation],
        )
        pixels = self.decode(image_bytes)
        maps = getattr(self, self.maps)(self.see(pixels), draw_hints(hints[None], self.size, ops, self.channels))
        return tf.io.encode_png(self.finish(pixels, maps[self.answer], saturation), compression=1)
