"""The gRPC door: codes and messages as TensorFlow Serving has them."""

from __future__ import annotations

import threading

import grpc
import numpy as np
import pytest
import tensorflow as tf
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest, SignatureDefMap
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest
from tensorflow_serving.apis.predict_pb2 import PredictRequest

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


def test_the_answer_names_model_version_and_signature(zoo):
    response = zoo.prediction.Predict(zoo.request(x=[1.0, 2.0]))
    assert response.model_spec.name == "zoo"
    assert response.model_spec.version.value == 7
    assert response.model_spec.signature_name == "serving_default"
    assert list(response.outputs["y"].float_val) == [2.5, 3.0]


def test_a_version_can_be_asked_for(zoo):
    assert zoo.predict(version=7, x=[1.0])["y"].tolist() == [2.5]


def test_every_kind_of_tensor_passes(zoo):
    sent = {
        "small": np.array([-1, 2], np.int32),
        "large": np.array([-(2**60), 2], np.int64),
        "tiny": np.array([0, 255], np.uint8),
        "flag": np.array([True, False]),
        "text": np.array([b"grass", b"\xff\x00"], object),
        "double": np.array([0.1, np.nan]),
    }
    received = zoo.predict("kinds", **sent)
    for name, value in sent.items():
        np.testing.assert_array_equal(received[name], value)


def test_half_precision_passes(zoo):
    received = zoo.predict("half", x=np.array([0.5, -2], np.float16))["y"]
    assert received.dtype == np.float16
    assert received.tolist() == [0.5, -2]


def test_an_output_without_a_batch_dimension_passes(zoo):
    outputs = zoo.predict("palette", x=np.array([[1.0]], np.float32))
    assert {name: value.tolist() for name, value in outputs.items()} == {
        "centres": [[-70.0, 70.0], [0.0, 0.0], [60.0, 40.0]],
        "probabilities": [[1.0]],
    }


def test_an_output_filter_leaves_the_rest_out(zoo):
    request = zoo.request("total", x=[1.0, 2.0])
    request.output_filter.append("sum")
    assert list(zoo.prediction.Predict(request).outputs) == ["sum"]


def test_more_than_grpcs_usual_4_megabytes_pass(zoo):
    many = np.arange(3_000_000, dtype=np.float32)
    np.testing.assert_array_equal(zoo.predict("anything", x=many)["y"], many)


def test_numbers_can_be_sent_as_bytes(serve, scales):
    doors = serve(scales[1].parent, enable_serialization_as_tensor_content=True)
    response = doors.prediction.Predict(doors.request(x=[1.0]))
    assert response.outputs["y"].tensor_content == np.float32(5).tobytes()


def change(request: PredictRequest, **fields) -> PredictRequest:
    for name, value in fields.items():
        if name == "version":
            request.model_spec.version.value = value
        elif name == "output_filter":
            request.output_filter.extend(value)
        else:
            setattr(request.model_spec, name, value)
    return request


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({"name": "nobody"}, NOT_FOUND, "Servable not found for request: Latest(nobody)"),
        ({"version": 9}, NOT_FOUND, "Servable not found for request: Specific(zoo, 9)"),
        ({"name": "nobody", "version": 9}, NOT_FOUND, "Servable not found for request: Specific(nobody, 9)"),
        ({"version_label": "stable"}, INVALID, "Unrecognized servable version label: stable"),
        ({"name": ""}, INVALID, "ModelSpec has no name specified."),
        ({"signature_name": "s"}, PRECONDITION, 'Serving signature key "s" not found.'),
        (
            {"output_filter": ["z"]},
            INVALID,
            "output tensor alias not found in signature: z Outputs expected to be in the set {y}.",
        ),
        ({"output_filter": ["y", "y"]}, INVALID, "duplicate output tensor alias: y"),
    ],
)
def test_a_wrong_request_is_refused(zoo, fields, code, message):
    assert zoo.refused(change(zoo.request(x=[1.0]), **fields)) == (code, message)


def test_a_request_without_a_spec_is_refused(zoo):
    assert zoo.refused(PredictRequest()) == (INVALID, "Missing ModelSpec")


def test_wrong_inputs_are_named(zoo):
    assert zoo.refused(zoo.request()) == (
        INVALID,
        "input size does not match signature: 0!=1 len({}) != len({x}). Sent extra: {}. Missing but required: {x}.",
    )
    code, message = zoo.refused(zoo.request(x=[1.0], z=[1.0]))
    assert code is INVALID
    assert "2!=1" in message
    assert "Sent extra: {z}. Missing but required: {}." in message
    code, message = zoo.refused(zoo.request(z=[1.0]))
    assert code is INVALID
    assert message.startswith("Signature input alias: x(feed name: serving_default_x:0) not found in request and no")
    code, message = zoo.refused(zoo.request(x=np.array([1.0])))
    assert code is INVALID
    assert message.startswith("Type mismatch: actual double vs. expect float")


def test_a_tensor_that_contradicts_itself_is_refused(zoo):
    for change_it in (
        {"tensor_content": b"abc"},
        {"dtype": 999},
        {"dtype": 0},
    ):
        tensor = tf.make_tensor_proto(np.ones(2, np.float32))
        for field, value in change_it.items():
            setattr(tensor, field, value)
        assert zoo.refused(zoo.request(x=tensor))[0] is INVALID
    for size in (-1, 2**40):
        tensor = tf.make_tensor_proto(np.ones(1, np.float32))
        tensor.tensor_shape.dim[0].size = size
        assert zoo.refused(zoo.request(x=tensor))[0] is INVALID
    tensor = tf.make_tensor_proto(np.ones(1, np.float32))
    tensor.tensor_shape.unknown_rank = True
    assert zoo.refused(zoo.request(x=tensor))[0] is INVALID


def test_a_short_tensor_that_stands_for_a_huge_one_is_refused_unexpanded(zoo):
    bomb = tf.make_tensor_proto(np.float32(1), shape=[1])
    bomb.tensor_shape.dim[0].size = 2**33
    code, message = zoo.refused(zoo.request(x=bomb))
    assert code is INVALID
    assert "expected at most 2147483648" in message


def test_one_value_may_stand_for_many(zoo):
    repeated = tf.make_tensor_proto(np.float32(4), shape=[3])
    assert len(repeated.float_val) == 1
    assert zoo.predict(x=repeated)["y"].tolist() == [4.0, 4.0, 4.0]


def test_long_messages_are_cut(zoo):
    _, message = zoo.refused(change(zoo.request(x=[1.0]), signature_name="s" * 5000))
    assert len(message) == 1024 + len("...TRUNCATED")
    assert message.endswith("...TRUNCATED")


def metadata_request(*fields: str, **spec) -> GetModelMetadataRequest:
    request = GetModelMetadataRequest(metadata_field=fields)
    request.model_spec.name = spec.get("name", "zoo")
    if "version" in spec:
        request.model_spec.version.value = spec["version"]
    return request


def test_metadata_holds_the_signatures(zoo):
    response = zoo.prediction.GetModelMetadata(metadata_request("signature_def"))
    assert (response.model_spec.name, response.model_spec.version.value) == ("zoo", 7)
    signatures = SignatureDefMap()
    response.metadata["signature_def"].Unpack(signatures)
    luminance = signatures.signature_def["chroma"].inputs["luminance"]
    assert [d.size for d in luminance.tensor_shape.dim] == [-1, 8, 8, 1]
    assert luminance.dtype == tf.float32.as_datatype_enum
    centres = signatures.signature_def["palette"].outputs["centres"]
    assert [d.size for d in centres.tensor_shape.dim] == [3, 2]


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        (metadata_request(), INVALID, "GetModelMetadataRequest must specify at least one metadata_field"),
        (metadata_request("x"), INVALID, "Metadata field x is not supported"),
        (GetModelMetadataRequest(metadata_field=["signature_def"]), INVALID, "Missing ModelSpec"),
        (
            metadata_request("signature_def", version=9),
            NOT_FOUND,
            "Servable not found for request: Specific(zoo, 9)",
        ),
    ],
)
def test_wrong_metadata_requests_are_refused(zoo, request_, code, message):
    with pytest.raises(grpc.RpcError) as error:
        zoo.prediction.GetModelMetadata(request_)
    assert (error.value.code(), error.value.details()) == (code, message)


def status_request(name: str, version: int | None = None) -> GetModelStatusRequest:
    request = GetModelStatusRequest()
    request.model_spec.name = name
    if version is not None:
        request.model_spec.version.value = version
    return request


def test_status_tells_the_state(zoo):
    for request in (status_request("zoo"), status_request("zoo", 7)):
        (version,) = zoo.models.GetModelStatus(request).model_version_status
        assert (version.version, version.state, version.status.error_code) == (7, version.AVAILABLE, 0)


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        (status_request("nobody"), NOT_FOUND, "Could not find any versions of model nobody"),
        (status_request("zoo", 9), NOT_FOUND, "Could not find version 9 of model zoo"),
        (status_request("nobody", 9), NOT_FOUND, "Could not find version 9 of model nobody"),
        (GetModelStatusRequest(), INVALID, "Missing ModelSpec"),
    ],
)
def test_the_status_of_nothing_is_refused(zoo, request_, code, message):
    with pytest.raises(grpc.RpcError) as error:
        zoo.models.GetModelStatus(request_)
    assert (error.value.code(), error.value.details()) == (code, message)


def test_health_ends_before_the_server_does(serve, scales):
    doors = serve(scales[1].parent, enable_grpc_healthcheck_service=True)
    with grpc.insecure_channel(f"127.0.0.1:{doors.server.grpc_port}") as channel:
        watch = HealthStub(channel).Watch(HealthCheckRequest(service="PredictionService"), timeout=20)
        assert next(watch).status == HealthCheckResponse.SERVING
        doors.server.stop()
        assert next(watch).status == HealthCheckResponse.NOT_SERVING


def test_without_its_flag_there_is_no_health_service(zoo):
    address = f"127.0.0.1:{zoo.server.grpc_port}"
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as error:
        HealthStub(channel).Check(HealthCheckRequest(), timeout=20)
    assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_tensorflows_profiler_answers_on_the_same_port(zoo, tmp_path, monkeypatch):
    """With TensorFlow's own client, which names the folder that the traces go to."""
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    monkeypatch.chdir(here)  # where TensorFlow would write without a folder's name
    address = f"127.0.0.1:{zoo.server.grpc_port}"
    done = threading.Event()

    def work():  # or there is nothing to trace
        while not done.is_set():
            zoo.predict(x=[1.0])

    working = threading.Thread(target=work)
    working.start()
    try:
        tf.profiler.experimental.client.trace(f"grpc://{address}", str(there), duration_ms=500)
    finally:
        done.set()
        working.join()
    assert [path.name.endswith(".xplane.pb") for path in there.rglob("*") if path.is_file()] == [True]
    assert list(here.iterdir()) == []
    # What TensorFlow's own service refuses is refused with its words.
    with grpc.insecure_channel(address) as channel:
        for method in ("Monitor", "Nothing"):
            with pytest.raises(grpc.RpcError) as error:
                channel.unary_unary(f"/tensorflow.ProfilerService/{method}")(b"", timeout=60)
            assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_without_the_profiler_its_calls_are_unknown(serve, scales):
    doors = serve(scales[1].parent, enable_profiler=False)
    address = f"127.0.0.1:{doors.server.grpc_port}"
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as error:
        channel.unary_unary("/tensorflow.ProfilerService/Profile")(b"", timeout=20)
    assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED
