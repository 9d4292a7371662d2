"""What a server says of its models over gRPC: metadata, status, another configuration, health."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest
from google.protobuf import text_format
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from tensorflow_serving.apis.get_model_metadata_pb2 import SignatureDefMap
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest
from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

from . import models
from .server import SECONDS, Server, metadata_request, model_spec, predict_request, refused, status_request

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


def signatures(server, model: str):
    response = server.prediction.GetModelMetadata(metadata_request(model_spec(model), "signature_def"), timeout=SECONDS)
    definitions = SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(definitions)
    return response, definitions.signature_def


@pytest.mark.parametrize(("version", "label", "number"), [(None, None, 2), (1, None, 1), (None, "stable", 1)])
def test_metadata_of_a_version(server, version, label, number):
    request = metadata_request(model_spec("half_plus", "", version, label), "signature_def")
    response = server.prediction.GetModelMetadata(request, timeout=SECONDS)
    assert response.model_spec.name == "half_plus"
    assert response.model_spec.version.value == number


@pytest.mark.parametrize(
    ("model", "signature", "name", "dtype", "shape", "method"),
    [
        ("half_plus", "serving_default", "x", 1, [-1], "predict"),
        ("kinds", "grid", "x", 1, [-1, 2, 3], "predict"),
        ("kinds", "picture", "image_bytes", 7, [-1], "predict"),
        ("tensorflow_1", "serving_default", "x", 1, [-1], "predict"),
        ("examples", "classify", "inputs", 7, [-1], "classify"),
        ("examples", "serving_default", "inputs", 7, [-1], "regress"),
    ],
)
def test_metadata_describes_the_inputs(server, model, signature, name, dtype, shape, method):
    _, definitions = signatures(server, model)
    info = definitions[signature].inputs[name]
    assert info.dtype == dtype
    assert [d.size for d in info.tensor_shape.dim] == shape
    assert definitions[signature].method_name == f"tensorflow/serving/{method}"


def test_metadata_lists_every_signature(server):
    _, definitions = signatures(server, "kinds")
    assert {"serving_default", "several", "picture", "lookup", "total", "classify"} <= set(definitions)


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        (
            metadata_request(model_spec("kinds")),
            INVALID,
            "GetModelMetadataRequest must specify at least one metadata_field",
        ),
        (metadata_request(model_spec("kinds"), "x"), INVALID, "Metadata field x is not supported"),
        (metadata_request(None, "signature_def"), INVALID, "Missing ModelSpec"),
        (metadata_request(model_spec(""), "signature_def"), INVALID, "ModelSpec has no name specified."),
        (
            metadata_request(model_spec("nobody"), "signature_def"),
            NOT_FOUND,
            "Servable not found for request: Latest(nobody)",
        ),
        (
            metadata_request(model_spec("kinds", version=9), "signature_def"),
            NOT_FOUND,
            "Servable not found for request: Specific(kinds, 9)",
        ),
    ],
    ids=["no field", "another field", "no spec", "no name", "no model", "no version"],
)
def test_wrong_metadata_requests(server, request_, code, message):
    assert refused(server.prediction.GetModelMetadata, request_) == (code, message)


@pytest.mark.parametrize(
    ("spec", "versions"),
    [
        (model_spec("half_plus"), [2, 1]),
        (model_spec("half_plus", version=1), [1]),
        (model_spec("half_plus", label="stable"), [2, 1]),
        (model_spec("tensorflow_1"), [3]),
    ],
    ids=["all, newest first", "one", "a label is not looked at", "TensorFlow 1"],
)
def test_status_of_the_versions(server, spec, versions):
    found = server.models.GetModelStatus(status_request(spec), timeout=SECONDS).model_version_status
    assert [v.version for v in found] == versions
    assert all(v.state == v.AVAILABLE and v.status.error_code == 0 for v in found)
    assert all(v.status.error_message == "" for v in found)


@pytest.mark.parametrize(
    ("spec", "code", "message"),
    [
        (None, INVALID, "Missing ModelSpec"),
        (model_spec("nobody"), NOT_FOUND, "Could not find any versions of model nobody"),
        (model_spec("nobody", version=9), NOT_FOUND, "Could not find version 9 of model nobody"),
        (model_spec("half_plus", version=9), NOT_FOUND, "Could not find version 9 of model half_plus"),
    ],
    ids=["no spec", "no model", "no model, a version", "no version"],
)
def test_status_of_nothing(server, spec, code, message):
    assert refused(server.models.GetModelStatus, status_request(spec)) == (code, message)


@pytest.mark.parametrize("service", ["", "ModelService", "PredictionService"])
def test_health_of_the_whole_and_of_each_service(server, service):
    answer = server.health.Check(HealthCheckRequest(service=service), timeout=SECONDS)
    assert answer.status == HealthCheckResponse.SERVING


def test_health_of_a_service_that_is_not_there(server):
    assert refused(server.health.Check, HealthCheckRequest(service="nobody"))[0] is NOT_FOUND


def test_health_can_be_watched(server):
    watch = server.health.Watch(HealthCheckRequest(service="PredictionService"), timeout=SECONDS)
    assert next(watch).status == HealthCheckResponse.SERVING
    watch.cancel()


@pytest.fixture
def reloaded(server: Server) -> Iterator[Server]:
    """The server, back under its first configuration after the test."""
    if server.models_folder is None:
        pytest.skip("HANDTINT_CONTRACT_MODELS does not say which folder is served")
    yield server
    # In two steps: a label that already stands elsewhere may only go to a version that is available.
    server.models.HandleReloadConfigRequest(reload_request(server), timeout=SECONDS)


def reload_request(server: Server, text: str | None = None) -> ReloadConfigRequest:
    config = ModelServerConfig()
    text_format.Parse(text or models.config(server.models_folder), config)
    return ReloadConfigRequest(config=config)


def test_the_same_configuration_again_changes_nothing(reloaded):
    request = reload_request(reloaded)
    request.metric_names.append("/tensorflow/serving/nothing")
    answer = reloaded.models.HandleReloadConfigRequest(request, timeout=SECONDS)
    assert (answer.status.error_code, answer.status.error_message) == (0, "")
    assert [(m.name, m.int64_value_increase) for m in answer.metric] == [("/tensorflow/serving/nothing", 0)]
    assert reloaded.outputs(predict_request(model_spec("half_plus", label="canary"), x=[1.0]))["y"] == 3.5


def test_a_label_moves(reloaded):
    moved = reload_request(reloaded, models.config(reloaded.models_folder, stable=2, canary=1))
    assert reloaded.models.HandleReloadConfigRequest(moved, timeout=SECONDS).status.error_code == 0
    assert reloaded.outputs(predict_request(model_spec("half_plus", label="stable"), x=[1.0]))["y"] == 3.5
    assert reloaded.http.get("/v1/models/half_plus/labels/canary/metadata").json()["model_spec"]["version"] == "1"


def test_a_label_does_not_move_to_a_version_that_is_not_there(reloaded):
    moved = reload_request(reloaded, models.config(reloaded.models_folder, stable=9))
    assert refused(reloaded.models.HandleReloadConfigRequest, moved) == (
        PRECONDITION,
        "Request to assign label to version 9 of model half_plus, which is not currently available for inference",
    )
    assert reloaded.outputs(predict_request(model_spec("half_plus", label="stable"), x=[1.0]))["y"] == 2.5


def test_another_kind_of_configuration_is_refused(server):
    assert refused(server.models.HandleReloadConfigRequest, ReloadConfigRequest()) == (
        INVALID,
        "ServerModelConfig type not supported by HandleReloadConfigRequest. "
        "Only ModelConfigList is currently supported",
    )
