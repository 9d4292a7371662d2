"""TensorFlow Serving's calls without a transport: a request message in, an answer message out.

python -m pytest tests/serving/model_server/test_grpc.py
"""

from __future__ import annotations

from tensorflow_serving.apis.get_model_metadata_pb2 import (
    GetModelMetadataRequest,
    GetModelMetadataResponse,
    SignatureDefMap,
)
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest, GetModelStatusResponse
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse

from serving.model_server.errors import invalid
from serving.model_server.models import Models
from serving.model_server.tensors import write

SIGNATURE_DEF = "signature_def"  # the one metadata field there is


def predict(models: Models, request: PredictRequest, as_content: bool) -> PredictResponse:
    """Answers a Predict request; `as_content` as in `tensors.write`.

    Raises:
        ServingError: as `Models.lease`, `Servable.signature` and `Signature.predict` say.
    """
    _require_spec(request)
    with models.lease(request.model_spec) as (version, servable):
        signature = servable.signature(request.model_spec.signature_name)
        outputs = signature.predict(request.inputs, request.output_filter)
        response = PredictResponse()
        response.model_spec.name = request.model_spec.name
        response.model_spec.version.value = version
        response.model_spec.signature_name = signature.name
        for name, tensor in outputs.items():
            write(tensor, response.outputs[name], as_content)
        return response


def metadata(models: Models, request: GetModelMetadataRequest) -> GetModelMetadataResponse:
    """Answers with every signature's definition.

    Raises:
        ServingError: INVALID_ARGUMENT for a metadata field other than `signature_def`, or as `Models.lease`
            says.
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
    """Answers with the state of the versions.

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


def _require_spec(request: PredictRequest | GetModelMetadataRequest | GetModelStatusRequest) -> None:
    if not request.HasField("model_spec"):
        raise invalid("Missing ModelSpec")
