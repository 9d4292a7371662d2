"""TensorFlow Serving's gRPC services on top of the models.

    python -m pytest tests/serving/model_server/test_grpc.py

PredictionService answers Predict and GetModelMetadata, ModelService GetModelStatus; the other calls say
UNIMPLEMENTED.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest, GetModelMetadataResponse
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest, GetModelStatusResponse
from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceServicer
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceServicer

from serving.model_server import api
from serving.model_server.errors import as_serving_error
from serving.model_server.models import Models

_MAX_MESSAGE = 1024  # characters; gRPC sends the message in a header, and proxies limit those


class PredictionService(PredictionServiceServicer):
    """Predict and GetModelMetadata over gRPC."""

    def __init__(self, models: Models, as_content: bool):
        self._models = models
        self._as_content = as_content

    def Predict(self, request: PredictRequest, context: grpc.ServicerContext) -> PredictResponse:
        """Runs one signature of one model."""
        return _answer(context, "Predict", lambda: api.predict(self._models, request, self._as_content))

    def GetModelMetadata(
        self, request: GetModelMetadataRequest, context: grpc.ServicerContext
    ) -> GetModelMetadataResponse:
        """Says which signatures a model has."""
        return _answer(context, "GetModelMetadata", lambda: api.metadata(self._models, request))

    def Classify(self, request: Any, context: grpc.ServicerContext) -> None:
        """Not implemented."""
        _unimplemented(context, "Classify")

    def Regress(self, request: Any, context: grpc.ServicerContext) -> None:
        """Not implemented."""
        _unimplemented(context, "Regress")

    def MultiInference(self, request: Any, context: grpc.ServicerContext) -> None:
        """Not implemented."""
        _unimplemented(context, "MultiInference")


class ModelService(ModelServiceServicer):
    """GetModelStatus over gRPC."""

    def __init__(self, models: Models):
        self._models = models

    def GetModelStatus(self, request: GetModelStatusRequest, context: grpc.ServicerContext) -> GetModelStatusResponse:
        """Says which versions a model has, and their states."""
        return _answer(context, "GetModelStatus", lambda: api.status(self._models, request))

    def HandleReloadConfigRequest(self, request: Any, context: grpc.ServicerContext) -> None:
        """Not implemented."""
        _unimplemented(context, "HandleReloadConfigRequest")


def _answer(context: grpc.ServicerContext, call: str, work: Callable[[], Any]) -> Any:
    """Runs the work of one call; whatever goes wrong reaches the client as a code and a sentence."""
    try:
        return work()
    except Exception as error:
        reason = as_serving_error(error, call)
    message = reason.message
    if len(message) > _MAX_MESSAGE:
        message = message[:_MAX_MESSAGE] + "...TRUNCATED"
    context.abort(reason.code, message)


def _unimplemented(context: grpc.ServicerContext, call: str) -> None:
    context.abort(
        grpc.StatusCode.UNIMPLEMENTED,
        f"{call} is not implemented by this server; it answers Predict, GetModelMetadata and GetModelStatus.",
    )
