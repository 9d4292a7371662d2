"""TensorFlow Serving's gRPC services on top of the models.

    add_PredictionServiceServicer_to_server(PredictionService(models, as_content=False, metrics=metrics), server)
    add_ModelServiceServicer_to_server(ModelService(models), server)

`api.py` answers; here a `ServingError` becomes a gRPC status, and requests are counted. `health.py` and `profiler.py`
hold the two other services.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import grpc
from tensorflow_serving.apis.classification_pb2 import ClassificationRequest, ClassificationResponse
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest, GetModelMetadataResponse
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest, GetModelStatusResponse
from tensorflow_serving.apis.inference_pb2 import MultiInferenceRequest, MultiInferenceResponse
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest, ReloadConfigResponse
from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceServicer
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceServicer
from tensorflow_serving.apis.regression_pb2 import RegressionRequest, RegressionResponse

from serving.model_server import api, multi_inference
from serving.model_server.current_call import calling
from serving.model_server.errors import ServingError, as_serving_error
from serving.model_server.models import Models
from serving.model_server.monitoring import Metrics

_MAX_MESSAGE = 1024  # characters; gRPC sends the message in a header, and proxies limit those

_Response = TypeVar("_Response")


class PredictionService(PredictionServiceServicer):
    """Predict, Classify, Regress, MultiInference and GetModelMetadata over gRPC.

    Args:
        models: what answers.
        as_content: numbers go out as bytes (`tensor_content`) instead of typed fields.
        metrics: counts every request, and how long the answered ones took; None counts nothing.
    """

    def __init__(self, models: Models, as_content: bool, metrics: Metrics | None = None):
        self._models = models
        self._as_content = as_content
        self._metrics = metrics

    def Predict(self, request: PredictRequest, context: grpc.ServicerContext) -> PredictResponse:
        """Runs one signature of one model on tensors."""
        model = request.model_spec.name
        return self._answer(context, "Predict", model, lambda: api.predict(self._models, request, self._as_content))

    def Classify(self, request: ClassificationRequest, context: grpc.ServicerContext) -> ClassificationResponse:
        """Labels and scores for tf.Examples."""
        return self._answer(context, "Classify", request.model_spec.name, lambda: api.classify(self._models, request))

    def Regress(self, request: RegressionRequest, context: grpc.ServicerContext) -> RegressionResponse:
        """A number for each tf.Example."""
        return self._answer(context, "Regress", request.model_spec.name, lambda: api.regress(self._models, request))

    def MultiInference(self, request: MultiInferenceRequest, context: grpc.ServicerContext) -> MultiInferenceResponse:
        """Several classifications and regressions of the same tf.Examples."""
        model = multi_inference.model_of(request).name
        return self._answer(context, "MultiInference", model, lambda: api.multi_inference(self._models, request))

    def GetModelMetadata(
        self, request: GetModelMetadataRequest, context: grpc.ServicerContext
    ) -> GetModelMetadataResponse:
        """Says which signatures a model has."""
        model = request.model_spec.name
        return self._answer(context, "GetModelMetadata", model, lambda: api.metadata(self._models, request))

    def _answer(self, context: grpc.ServicerContext, call: str, model: str, work: Callable[[], _Response]) -> _Response:
        begun = time.perf_counter()
        try:
            with calling(model, call, context):
                response = work()
        except Exception as error:
            reason = as_serving_error(error, call)
            if self._metrics:
                self._metrics.request(model, reason.code)
            return _abort(context, reason)
        if self._metrics:
            self._metrics.request(model, grpc.StatusCode.OK)
            self._metrics.latency(model, call, "GRPC", time.perf_counter() - begun)
        return response


class ModelService(ModelServiceServicer):
    """GetModelStatus and HandleReloadConfigRequest over gRPC."""

    def __init__(self, models: Models):
        self._models = models

    def GetModelStatus(self, request: GetModelStatusRequest, context: grpc.ServicerContext) -> GetModelStatusResponse:
        """Says which versions a model has, and their states."""
        try:
            return api.status(self._models, request)
        except Exception as error:
            return _abort(context, as_serving_error(error, "GetModelStatus"))

    def HandleReloadConfigRequest(
        self, request: ReloadConfigRequest, context: grpc.ServicerContext
    ) -> ReloadConfigResponse:
        """Serves other models from now on. An error ends the call with its status, as the original's client sees it."""
        try:
            return api.reload(self._models, request, context.is_active)
        except Exception as error:
            return _abort(context, as_serving_error(error, "HandleReloadConfigRequest"))


def _abort(context: grpc.ServicerContext, reason: ServingError) -> Any:
    """Ends a call with a code and a sentence. Never comes back: gRPC's abort raises."""
    message = reason.message
    if len(message) > _MAX_MESSAGE:
        message = message[:_MAX_MESSAGE] + "...TRUNCATED"
    return context.abort(reason.code, message)
