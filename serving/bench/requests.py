"""What the benchmark sends, and a stand-in for the model that computes next to nothing.

request = chroma_request("photo")
save_stand_in(Path("models/stand-in/1"))
"""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image
from tensorflow_serving.apis.predict_pb2 import PredictRequest

SIZE = 256  # of the small copy that `chroma` sees
PICTURE = 512  # side of the JPEG, pixels


def chroma_inputs(rows: int = 1) -> dict[str, np.ndarray]:
    """Luminance [N, 256, 256, 1] and hints [N, 256, 256, 3], 1 MB a row; the same at every call."""
    luminance = np.random.default_rng(0).uniform(-1, 1, [rows, SIZE, SIZE, 1]).astype(np.float32)
    return {"luminance": luminance, "hints": np.zeros([rows, SIZE, SIZE, 3], np.float32)}


def chroma_request(model: str) -> PredictRequest:
    """One row, as bytes in `tensor_content`."""
    request = PredictRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = "chroma"
    for name, array in chroma_inputs().items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(array))
    return request


def jpeg() -> bytes:
    """A grey picture of 512 x 512 with soft shapes in it, as a JPEG file."""
    y, x = np.mgrid[0:PICTURE, 0:PICTURE] / PICTURE
    shapes = 127 + 80 * np.sin(9 * x + 4 * y) * np.cos(7 * y - 3 * x)
    noise = np.random.default_rng(0).normal(0, 6, shapes.shape)
    file = io.BytesIO()
    Image.fromarray(np.clip(shapes + noise, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=85)
    return file.getvalue()


def rest_body() -> str:
    """A predict request for the picture, as REST has it."""
    return json.dumps({"instances": [{"image_bytes": {"b64": base64.b64encode(jpeg()).decode()}}]})


class _StandIn(tf.Module):
    @tf.function(
        input_signature=[
            tf.TensorSpec([None, SIZE, SIZE, 1], tf.float32, "luminance"),
            tf.TensorSpec([None, SIZE, SIZE, 3], tf.float32, "hints"),
        ]
    )
    def chroma(self, luminance: tf.Tensor, hints: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"coefficients": tf.concat([luminance, hints], axis=-1)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "image_bytes")])
    def serving_default(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"image_bytes": image_bytes}


def save_stand_in(folder: Path) -> None:
    """A version folder with `chroma` and `serving_default` of the right shapes: the rest is the server's own time."""
    module = _StandIn()
    signatures = {"chroma": module.chroma, "serving_default": module.serving_default}
    tf.saved_model.save(module, str(folder), signatures=signatures)
