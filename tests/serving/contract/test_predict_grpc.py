"""Predict over gRPC: versions, labels, dtypes, and every way to be turned down."""

from __future__ import annotations

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis.predict_pb2 import PredictRequest

from .server import model_spec, predict_request, refused

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


@pytest.mark.parametrize(
    ("version", "label", "answered_by", "y"),
    [
        (None, None, 2, 3.5),
        (1, None, 1, 2.5),
        (2, None, 2, 3.5),
        (None, "stable", 1, 2.5),
        (None, "canary", 2, 3.5),
    ],
)
def test_the_answer_says_which_version_and_signature_gave_it(server, version, label, answered_by, y):
    response = server.predict(predict_request(model_spec("half_plus", "", version, label), x=[1.0]))
    assert response.model_spec.name == "half_plus"
    assert response.model_spec.version.value == answered_by
    assert response.model_spec.signature_name == "serving_default"
    assert list(response.outputs) == ["y"]
    assert response.outputs["y"].dtype == tf.float32.as_datatype_enum
    assert list(response.outputs["y"].float_val) == [y]


@pytest.mark.parametrize("signature", ["", "serving_default"])
def test_a_model_of_tensorflow_1_is_served(server, signature):
    assert server.outputs(predict_request(model_spec("tensorflow_1", signature), x=[2.0]))["y"].tolist() == [6.0]


def test_a_signature_on_raw_tensors_stands_beside_those_on_examples(server):
    x = np.array([[1.0], [2.0]], np.float32)
    outputs = server.outputs(predict_request(model_spec("examples", "predict"), x=x))
    assert outputs["y"].tolist() == [[2.5], [3.0]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("small", np.array([-(2**31), 2**31 - 1], np.int32)),
        ("large", np.array([-(2**63), 2**63 - 1], np.int64)),
        ("tiny", np.array([0, 255], np.uint8)),
        ("flag", np.array([True, False])),
        ("text", np.array([b"grass", b"\xff\x00"], object)),
        ("double", np.array([0.1, np.nan])),
    ],
)
def test_each_dtype_passes_unchanged(server, name, value):
    inputs = {
        "small": np.zeros(2, np.int32),
        "large": np.zeros(2, np.int64),
        "tiny": np.zeros(2, np.uint8),
        "flag": np.zeros(2, bool),
        "text": np.array([b"", b""], object),
        "double": np.zeros(2),
    }
    received = server.outputs(predict_request(model_spec("kinds", "several"), **{**inputs, name: value}))[name]
    assert received.dtype == value.dtype
    np.testing.assert_array_equal(received, value)


def test_half_precision_passes(server):
    sent = np.array([0.5, -2], np.float16)
    received = server.outputs(predict_request(model_spec("kinds", "half"), x=sent))["y"]
    assert received.dtype == np.float16
    assert received.tolist() == [0.5, -2.0]


@pytest.mark.parametrize("shape", [[], [0], [1, 0, 2], [2, 3], [1, 1, 1, 1, 1]])
def test_an_input_of_any_shape_takes_any_shape(server, shape):
    sent = np.ones(shape, np.float32)
    np.testing.assert_array_equal(server.outputs(predict_request(model_spec("kinds", "anything"), x=sent))["y"], sent)


def test_an_empty_batch_is_answered_with_an_empty_batch(server):
    assert server.outputs(predict_request(model_spec("kinds"), x=np.zeros(0, np.float32)))["y"].shape == (0,)


def test_numbers_may_come_as_bytes(server):
    proto = tf.make_tensor_proto(np.array([1.0, 2.0], np.float32))
    assert proto.tensor_content
    assert server.outputs(predict_request(model_spec("kinds"), x=proto))["y"].tolist() == [1.0, 2.0]


def test_numbers_may_come_in_the_typed_field(server):
    proto = tf.make_tensor_proto([0.0])
    proto.ClearField("tensor_content")
    proto.float_val[:] = [1.0, 2.0]
    proto.tensor_shape.dim[0].size = 2
    assert server.outputs(predict_request(model_spec("kinds"), x=proto))["y"].tolist() == [1.0, 2.0]


def test_one_value_may_stand_for_many(server):
    proto = tf.make_tensor_proto(np.float32(4), shape=[3])
    assert len(proto.float_val) == 1
    assert server.outputs(predict_request(model_spec("kinds"), x=proto))["y"].tolist() == [4.0, 4.0, 4.0]


def test_more_than_grpcs_usual_4_megabytes_pass(server):
    sent = np.arange(3_000_000, dtype=np.float32)
    np.testing.assert_array_equal(server.outputs(predict_request(model_spec("kinds"), x=sent))["y"], sent)


def test_a_table_in_the_model_is_initialised(server):
    outputs = server.outputs(predict_request(model_spec("kinds", "lookup"), word=[b"sky", b"sea"]))
    assert outputs["colour"].tolist() == [b"blue", b"unknown"]


def test_an_output_without_a_batch_dimension_passes(server):
    outputs = server.outputs(predict_request(model_spec("kinds", "total"), x=[1.0, 2.0]))
    assert outputs["sum"] == 3.0
    assert outputs["x"].tolist() == [1.0, 2.0]


def test_an_output_filter_leaves_the_rest_out(server):
    assert list(server.outputs(predict_request(model_spec("kinds", "total"), "sum", x=[1.0]))) == ["sum"]


@pytest.mark.parametrize(
    ("spec", "code", "message"),
    [
        (model_spec("nobody"), NOT_FOUND, "Servable not found for request: Latest(nobody)"),
        (model_spec("nobody", version=9), NOT_FOUND, "Servable not found for request: Specific(nobody, 9)"),
        (model_spec("half_plus", version=9), NOT_FOUND, "Servable not found for request: Specific(half_plus, 9)"),
        (model_spec("half_plus", version=0), NOT_FOUND, "Servable not found for request: Specific(half_plus, 0)"),
        (model_spec("half_plus", label="x"), INVALID, "Unrecognized servable version label: x"),
        (model_spec("nobody", label="stable"), INVALID, "Unrecognized servable version label: stable"),
        (model_spec(""), INVALID, "ModelSpec has no name specified."),
        (model_spec("half_plus", "s"), PRECONDITION, 'Serving signature key "s" not found.'),
        (model_spec("tensorflow_1", "s"), PRECONDITION, 'Serving signature key "s" not found.'),
    ],
    ids=lambda value: str(value).replace("\n", " ")[:60],
)
def test_what_is_not_there(server, spec, code, message):
    assert refused(server.prediction.Predict, predict_request(spec, x=[1.0])) == (code, message)


def test_a_request_without_a_spec(server):
    assert refused(server.prediction.Predict, PredictRequest()) == (INVALID, "Missing ModelSpec")


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            {},
            "input size does not match signature: 0!=1 len({}) != len({x}). Sent extra: {}. Missing but required: {x}.",
        ),
        (
            {"x": [1.0], "z": [1.0]},
            "input size does not match signature: 2!=1 len({x,z}) != len({x}). "
            "Sent extra: {z}. Missing but required: {}.",
        ),
    ],
)
@pytest.mark.parametrize("model", ["half_plus", "tensorflow_1"])
def test_a_wrong_number_of_inputs(server, model, inputs, message):
    assert refused(server.prediction.Predict, predict_request(model_spec(model), **inputs)) == (INVALID, message)


def test_a_wrong_name(server):
    code, message = refused(server.prediction.Predict, predict_request(model_spec("half_plus"), z=[1.0]))
    assert code is INVALID
    assert message.startswith(
        "Signature input alias: x(feed name: serving_default_x:0) not found in request and no default value provided"
    )


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["z"], "output tensor alias not found in signature: z Outputs expected to be in the set {y}."),
        (["y", "y"], "duplicate output tensor alias: y"),
    ],
)
def test_a_wrong_output_filter(server, names, message):
    request = predict_request(model_spec("half_plus"), *names, x=[1.0])
    assert refused(server.prediction.Predict, request) == (INVALID, message)


def test_a_wrong_dtype(server):
    request = predict_request(model_spec("half_plus"), x=np.array([1.0]))
    code, message = refused(server.prediction.Predict, request)
    assert code is INVALID
    assert message.startswith("Type mismatch: actual double vs. expect float")


def test_what_the_model_itself_refuses(server):
    code, message = refused(server.prediction.Predict, predict_request(model_spec("kinds", "small_only"), x=[99.0]))
    assert code is INVALID
    assert "Too large for this model." in message


def test_values_that_do_not_fill_their_shape(server):
    proto = tf.make_tensor_proto(np.ones(2, np.float32))
    proto.tensor_content = b"abc"
    assert refused(server.prediction.Predict, predict_request(model_spec("half_plus"), x=proto))[0] is INVALID


def test_long_messages_are_cut(server):
    _, message = refused(server.prediction.Predict, predict_request(model_spec("half_plus", "s" * 5000), x=[1.0]))
    assert message == ('Serving signature key "' + "s" * 5000)[:1024] + "...TRUNCATED"


@pytest.mark.stricter  # the original hands any shape to the graph, where it may end the process
@pytest.mark.parametrize("shape", [[], [6], [2, 3], [1, 2, 4], [1, 1, 2, 3]], ids=str)
def test_a_wrong_shape_never_reaches_a_graph_of_tensorflow_2(server, shape):
    code, message = refused(
        server.prediction.Predict, predict_request(model_spec("kinds", "grid"), x=np.ones(shape, np.float32))
    )
    assert code is INVALID
    assert "expect [?,2,3]" in message


@pytest.mark.stricter  # the original makes the tensor
def test_a_short_message_that_stands_for_gigabytes(server):
    proto = tf.make_tensor_proto(np.float32(1), shape=[1])
    proto.tensor_shape.dim[0].size = 2**33
    assert refused(server.prediction.Predict, predict_request(model_spec("half_plus"), x=proto))[0] is INVALID
