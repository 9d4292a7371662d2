"""Writes a SavedModel version folder into a model repository, whole or not at all.

    python -m export saved-model --weights photo --out models/photo      # models/photo/1, then 2, ...

TensorFlow Serving takes a folder with an integer name for a version as soon as it sees it, so a version is written
under another name beside it and renamed when it is complete.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from export.serving_module import ServingModule
from export.signatures import load_module

WARM_UP = Path("assets.extra/tf_serving_warmup_requests")
MODEL_CARD = Path("assets.extra/model_card.json")


def write_version(weights: str | Path, model: Path) -> Path:
    """Weights (a name of export/pretrained or a folder) -> the new version folder, `model`/N with the next integer N.

    Raises FileNotFoundError for unknown weights.
    """
    module, card = load_module(weights)
    model.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=model))
    try:
        tf.saved_model.save(module, str(partial), signatures=module.concrete())
        (partial / MODEL_CARD).parent.mkdir(exist_ok=True)
        card.write(partial / MODEL_CARD)
        _write_warm_up(partial / WARM_UP, model.name, module)
        partial.chmod(0o755)  # mkdtemp's 0700 would lock a server out that runs as another user
        return _rename_to_next(partial, model)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def versions(model: Path) -> list[int]:
    """The version numbers under a model's base path, ascending."""
    return sorted(int(path.name) for path in model.glob("*") if path.name.isdecimal() and path.is_dir())


def _rename_to_next(partial: Path, model: Path) -> Path:
    while True:
        final = model / str(max(versions(model), default=0) + 1)
        try:
            os.rename(partial, final)
        except OSError:
            if not final.exists():
                raise
        else:  # another writer that takes the number first makes rename fail, not overwrite: a folder is never empty
            return final


def _write_warm_up(path: Path, model: str, module: ServingModule) -> None:
    """One request a signature: the first real one must not pay for tracing and allocation."""
    picture = tf.io.encode_jpeg(np.full((64, 96, 3), 128, np.uint8)).numpy()
    hints = np.full((1, 1, 5), np.nan, np.float32)
    maps: dict[str, object] = {
        module.seen: np.zeros((1, module.size, module.size, 1), np.float32),
        "hints": np.zeros((1, module.size, module.size, module.channels), np.float32),
    }
    requests: dict[str, dict[str, object]] = {
        "serving_default": {"image_bytes": [picture]},
        "guided": {"image_bytes": [picture], "hints": hints, "saturation": np.ones(1, np.float32)},
        module.maps: maps,
        "colours": maps,
    }
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature in module.signatures:
            request = predict_pb2.PredictRequest()
            request.model_spec.name = model
            request.model_spec.signature_name = signature
            for name, value in requests[signature].items():
                request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
            log = prediction_log_pb2.PredictLog(request=request)
            writer.write(prediction_log_pb2.PredictionLog(predict_log=log).SerializeToString())
