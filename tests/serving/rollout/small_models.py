"""Photo models that load at once and colour in a way that a test can tell, with everything that an export has.

write_small(folder / "2", colour=(25.0, 30.0))
write_small(folder / "3", colour=(0.0, 0.0))                    # grey
write_small(folder / "4", colour=(25.0, 30.0), fades=True)      # grey for bright pictures only
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from serving.rollout.checks import CARD, WARM_UP

SIZE = 256
BRIGHT = 0.5  # mean luminance, -1..1, above which a model that fades gives no colour; no golden picture is as bright


class Small(tf.Module):
    """One colour, a* on the left and b* on the right; `seconds` is how long an answer takes, `dims` what L* loses."""

    def __init__(self, colour: tuple[float, float], fades: bool, seconds: float, dims: float):
        self._colour, self._fades, self._seconds, self._dims = colour, fades, seconds, dims

    def _strength(self, luminance: tf.Tensor) -> tf.Tensor:
        if not self._fades:
            return tf.constant(1.0)
        return tf.cast(tf.reduce_mean(luminance) < BRIGHT, tf.float32)

    def _wait(self) -> tf.Tensor:
        begun = tf.timestamp()
        (turns,) = tf.while_loop(
            lambda turns: tf.timestamp() - begun < self._seconds, lambda turns: (turns + 1,), (tf.constant(0),)
        )
        return turns

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, SIZE, SIZE, 1], tf.float32, name="luminance"),
            tf.TensorSpec([None, SIZE, SIZE, 3], tf.float32, name="hints"),
        ]
    )
    def chroma(self, luminance: tf.Tensor, hints: tf.Tensor) -> dict[str, tf.Tensor]:
        with tf.control_dependencies([self._wait()]):
            left = tf.cast(tf.range(SIZE) < SIZE // 2, tf.float32)[None, None, :, None]
        a, b = self._colour
        ab = self._strength(luminance) * tf.concat([a * left, b * (1.0 - left)], -1)
        zeros = 0.0 * tf.concat([luminance, hints], -1)
        return {"coefficients": zeros + tf.concat([0.0 * ab, ab], -1)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="image_bytes")])
    def serving_default(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        def one(data: tf.Tensor) -> tf.Tensor:
            grey = tf.cast(tf.io.decode_image(data, channels=3, expand_animations=False), tf.float32)
            tint = self._colour[0] * tf.constant([1.0, -0.3, 0.0])  # which is neither lighter nor darker
            tint *= self._strength(grey / 127.5 - 1.0)
            return tf.io.encode_png(tf.cast(tf.clip_by_value(grey + tint - self._dims, 0.0, 255.0), tf.uint8))

        return {"image_bytes": tf.map_fn(one, image_bytes)}


def write_small(
    folder: Path,
    colour: tuple[float, float] = (25.0, 30.0),
    *,
    fades: bool = False,
    seconds: float = 0.0,
    dims: float = 0.0,
    leave_out: str | None = None,
) -> Path:
    """A version folder, which appears as a whole; `leave_out` names a signature that it lacks."""
    module = Small(colour, fades, seconds, dims)
    signatures = {"chroma": module.chroma, "serving_default": module.serving_default}
    partial = folder.with_name(f"{folder.name}.partial")
    tf.saved_model.save(module, str(partial), {name: one for name, one in signatures.items() if name != leave_out})
    (partial / CARD).parent.mkdir(exist_ok=True)
    (partial / CARD).write_text(json.dumps({"task": "photo", "size": SIZE}))
    log = PredictionLog()
    request = log.predict_log.request
    request.model_spec.name, request.model_spec.signature_name = "photo", "chroma"
    for name, channels in (("luminance", 1), ("hints", 3)):
        request.inputs[name].CopyFrom(tf.make_tensor_proto(np.zeros((1, SIZE, SIZE, channels), np.float32)))
    with tf.io.TFRecordWriter(str(partial / WARM_UP)) as writer:
        if leave_out != "chroma":  # a warm-up request that fails would keep the version from being loaded
            writer.write(log.SerializeToString())
    return partial.rename(folder)
