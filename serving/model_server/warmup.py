"""Warm-up: the requests stored beside a SavedModel are run before the version takes real ones.

    python -m pytest tests/serving/model_server/test_lifecycle.py -k warm

The first run of a signature is slow (TensorFlow optimises its graph, a GPU picks its kernels), so a version
that was not warmed would answer its first clients late. The file is TensorFlow Serving's: `assets.extra/
tf_serving_warmup_requests`, a TFRecord of PredictionLog with Predict, Classify, Regress and MultiInference requests.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import tensorflow as tf
from grpc import StatusCode
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from serving.model_server import classify, multi_inference, regress
from serving.model_server.errors import ServingError, as_serving_error, invalid, sentence
from serving.model_server.monitoring import Metrics

if TYPE_CHECKING:
    from serving.model_server.servable import Servable

FILE = Path("assets.extra") / "tf_serving_warmup_requests"
MAX_RECORDS = 1000  # TensorFlow Serving's limit


def replay(folder: Path, servable: Servable, metrics: Metrics | None = None) -> None:
    """Runs the warm-up requests of a version folder; a folder without any is fine.

    Args:
        folder: the version folder.
        servable: what was loaded from it.
        metrics: takes how long it took.

    Raises:
        ServingError: the file is broken, too long, or one of its requests fails: the version must not be
            served.
    """
    path = folder / FILE
    if not path.exists():
        return
    begun, status = time.perf_counter(), StatusCode.OK
    try:
        for index, request in enumerate(_read(path)):
            try:
                _run(servable, request)
            except Exception as error:
                reason = as_serving_error(error, f"Warm-up record {index} of {path}")
                raise ServingError(reason.code, f"Warm-up record {index} of {path} failed: {reason.message}") from error
    except ServingError as error:
        status = error.code
        raise
    finally:
        if metrics:
            metrics.warmup(str(folder), status, time.perf_counter() - begun)


def _read(path: Path) -> list[PredictionLog]:
    try:
        # One more than allowed is enough to know that there are too many.
        records = list(tf.data.TFRecordDataset(str(path)).take(MAX_RECORDS + 1).as_numpy_iterator())
        requests = [PredictionLog.FromString(record) for record in records]
    except Exception as error:
        reason = sentence(str(error))
        raise ServingError(StatusCode.DATA_LOSS, f"{path} is no TFRecord of PredictionLog: {reason}") from error
    if len(requests) > MAX_RECORDS:
        raise invalid(f"Number of warmup records exceeds the maximum ({MAX_RECORDS}) at {path}")
    return requests


def _run(servable: Servable, log: PredictionLog) -> None:
    kind = log.WhichOneof("log_type")
    if kind == "predict_log":
        predict = log.predict_log.request
        servable.signature(predict.model_spec.signature_name).predict(predict.inputs, predict.output_filter)
    elif kind == "classify_log":
        classify.run(servable, log.classify_log.request)
    elif kind == "regress_log":
        regress.run(servable, log.regress_log.request)
    elif kind == "multi_inference_log":
        multi_inference.run(servable, log.multi_inference_log.request)
    else:
        raise ServingError(
            StatusCode.UNIMPLEMENTED,
            f"Unsupported log_type for warmup: {kind}. Expected predict_log, classify_log, regress_log or "
            "multi_inference_log.",
        )
