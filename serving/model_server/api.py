"""TensorFlow Serving's calls without a transport: a request message in, an answer message out.

python -m pytest tests/serving/model_server/test_grpc.py

Every call raises `ServingError` as `Models.lease` says where the model or version is not there, INVALID_ARGUMENT
where the request names no model, and what its own module says.
"""

from __future__ import annotations

from collections.abc import Callable

from tensorflow_serving.apis.classification_pb2 import ClassificationRequest, ClassificationResponse
from tensorflow_serving.apis.get_model_metadata_pb2 import (
    GetModelMetadataRequest,
    GetModelMetadataResponse,
    SignatureDefMap,
)
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest, GetModelStatusResponse
from tensorflow_serving.apis.inference_pb2 import MultiInferenceRequest, MultiInferenceResponse
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest, ReloadConfigResponse
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse
from tensorflow_serving.apis.regression_pb2 import RegressionRequest, RegressionResponse

from serving.model_server import classify as classifying
from serving.model_server import multi_inference as inferring
from serving.model_server import regress as regressing
from serving.model_server.errors import invalid
from serving.model_server.models import Models
from serving.model_server.servable import DEFAULT_SIGNATURE
from serving.model_server.tensors import write

SIGNATURE_DEF = "signature_def"  # the one metadata field there is


def predict(models: Models, request: PredictRequest, as_content: bool) -> PredictResponse:
    """Runs one signature on tensors; `as_content` as in `tensors.write`.

    Raises:
        ServingError: as `Servable.signature` and `Signature.predict` say.
    """
    _require_spec(request)
    with models.lease(request.model_spec) as (version, servable):
        signature = servable.signature(request.model_spec.signature_name)
        outputs = signature.predict(request.inputs, request.output_filter)
        response = PredictResponse(model_spec=_answered_by(request.model_spec, version))
        for name, tensor in outputs.items():
            write(tensor, response.outputs[name], as_content)
        return response


def classify(models: Models, request: ClassificationRequest) -> ClassificationResponse:
    """Labels and scores for tf.Examples.

    Raises:
        ServingError: as `classify.run` says.
    """
    _require_spec(request)
    with models.lease(request.model_spec) as (version, servable):
        result = classifying.run(servable, request)
        return ClassificationResponse(model_spec=_answered_by(request.model_spec, version), result=result)


def regress(models: Models, request: RegressionRequest) -> RegressionResponse:
    """A number for each tf.Example.

    Raises:
        ServingError: as `regress.run` says.
    """
    _require_spec(request)
    with models.lease(request.model_spec) as (version, servable):
        result = regressing.run(servable, request)
        return RegressionResponse(model_spec=_answered_by(request.model_spec, version), result=result)


def multi_inference(models: Models, request: MultiInferenceRequest) -> MultiInferenceResponse:
    """Classifications and regressions of the same tf.Examples, by the version that the first task names.

    Raises:
        ServingError: as `multi_inference.run` says.
    """
    with models.lease(inferring.model_of(request)) as (version, servable):
        response = MultiInferenceResponse(results=inferring.run(servable, request))
        for task, result in zip(request.tasks, response.results, strict=True):
            result.model_spec.CopyFrom(_answered_by(task.model_spec, version))
        return response


def metadata(models: Models, request: GetModelMetadataRequest) -> GetModelMetadataResponse:
    """Every signature's definition.

    Raises:
        ServingError: INVALID_ARGUMENT for a metadata field other than `signature_def`.
    """
    _require_spec(request)
    if not request.metadata_field:
        raise invalid("GetModelMetadataRequest must specify at least one metadata_field")
    for field in request.metadata_field:
        if field != SIGNATURE_DEF:
            raise invalid(f"Metadata field {field} is not supported")
    with models.lease(request.model_spec) as (version, servable):
        signatures = SignatureDefMap(signature_def=servable.definitions)
        response = GetModelMetadataResponse()
        response.model_spec.name = request.model_spec.name
        response.model_spec.version.value = version
        response.metadata[SIGNATURE_DEF].Pack(signatures)
        return response


def status(models: Models, request: GetModelStatusRequest) -> GetModelStatusResponse:
    """The state of the versions.

    Raises:
        ServingError: NOT_FOUND.
    """
    _require_spec(request)
    response = GetModelStatusResponse()
    for version in models.status(request.model_spec):
        entry = response.model_version_status.add(version=version.version, state=version.state.value)
        entry.status.error_code = version.error.code.value[0] if version.error else 0
        entry.status.error_message = version.error.message if version.error else ""
    return response


def reload(models: Models, request: ReloadConfigRequest, wanted: Callable[[], bool]) -> ReloadConfigResponse:
    """Serves the models of another configuration instead, and answers once they are available.

    `wanted` says whether anybody still waits for that.
    The metrics that a request asks about are told not to have changed: none of this server's counts reloads.

    Raises:
        ServingError: INVALID_ARGUMENT for a config without a model_config_list, or as `Models.reload` says.
    """
    if request.config.WhichOneof("config") != "model_config_list":
        raise invalid(
            "ServerModelConfig type not supported by HandleReloadConfigRequest. "
            "Only ModelConfigList is currently supported"
        )
    models.reload(request.config, wanted)
    response = ReloadConfigResponse()
    response.status.error_code = 0
    for name in request.metric_names:
        response.metric.add(name=name, int64_value_increase=0)
    return response


def _answered_by(asked: ModelSpec, version: int) -> ModelSpec:
    """What an answer says of where it comes from."""
    answered = ModelSpec(name=asked.name, signature_name=asked.signature_name or DEFAULT_SIGNATURE)
    answered.version.value = version
    return answered


def _require_spec(
    request: PredictRequest
    | ClassificationRequest
    | RegressionRequest
    | GetModelMetadataRequest
    | GetModelStatusRequest,
) -> None:
    if not request.HasField("model_spec"):
        raise invalid("Missing ModelSpec")
