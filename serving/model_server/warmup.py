"""Warm-up: the requests stored beside a SavedModel are run before the version takes real ones.

    python -m pytest tests/serving/model_server/test_lifecycle.py -k warm

The first run of a signature is slow (TensorFlow optimises its graph, a GPU picks its kernels), so a version
that was not warmed would answer its first clients late. The file is TensorFlow Serving's: `assets.extra/
tf_serving_warmup_requests`, a TFRecord of PredictionLog.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf
from grpc import StatusCode
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from serving.model_server.errors import ServingError, invalid, sentence
from serving.model_server.signature import Signature

log = logging.getLogger(__name__)

FILE = Path("assets.extra") / "tf_serving_warmup_requests"
MAX_RECORDS = 1000  # TensorFlow Serving's limit


def replay(folder: Path, signature: Callable[[str], Signature]) -> None:
    """Runs the warm-up requests of a version folder; a folder without any is fine.

    Args:
        folder: the version folder.
        signature: finds a signature by its name.

    Raises:
        ServingError: the file is broken, too long, or one of its requests fails: the version must not be
            served.
    """
    path = folder / FILE
    if not path.exists():
        return
    try:
        # One more than allowed is enough to know that there are too many.
        records = list(tf.data.TFRecordDataset(str(path)).take(MAX_RECORDS + 1).as_numpy_iterator())
        requests = [PredictionLog.FromString(record) for record in records]
    except Exception as error:
        reason = sentence(str(error))
        raise ServingError(StatusCode.DATA_LOSS, f"{path} is no TFRecord of PredictionLog: {reason}") from error
    if len(requests) > MAX_RECORDS:
        raise invalid(f"Number of warmup records exceeds the maximum ({MAX_RECORDS}) at {path}")
    for index, request in enumerate(requests):
        kind = request.WhichOneof("log_type")
        if kind != "predict_log":
            log.warning("%s: record %d is a %s, which this server cannot run; left out", path, index, kind)
            continue
        predict = request.predict_log.request
        try:
            signature(predict.model_spec.signature_name).predict(predict.inputs, predict.output_filter)
        except ServingError as error:
            raise ServingError(error.code, f"Warm-up record {index} of {path} failed: {error.message}") from error
