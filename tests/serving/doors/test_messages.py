"""Our own message classes against TensorFlow Serving's, byte by byte."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf.message import Message
from tensorflow_serving.apis.get_model_metadata_pb2 import (
    GetModelMetadataRequest,
    GetModelMetadataResponse,
    SignatureDefMap,
)
from tensorflow_serving.apis.get_model_status_pb2 import (
    GetModelStatusRequest,
    GetModelStatusResponse,
    ModelVersionStatus,
)
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse

from serving.doors import messages

ARRAY = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)


def fill_spec(spec: Any, label: str = "") -> None:
    spec.name = "photo"
    spec.signature_name = "chroma"
    if label:
        spec.version_label = label
    else:
        spec.version.value = 2**40


def sorted_bytes(message: Message) -> bytes:
    return message.SerializeToString(deterministic=True)


@pytest.mark.parametrize("label", ["", "stable"])
def test_predict_request_is_the_same_on_the_wire(label: str) -> None:
    ours, theirs = messages.PredictRequest(), PredictRequest()
    for request in (ours, theirs):
        fill_spec(request.model_spec, label)
        request.output_filter.append("coefficients")
    theirs.inputs["luminance"].CopyFrom(tf.make_tensor_proto(ARRAY))
    ours.inputs["luminance"].CopyFrom(messages.to_proto(ARRAY))
    assert sorted_bytes(ours) == sorted_bytes(theirs)


def test_strings_are_the_same_on_the_wire() -> None:
    ours = messages.TensorProto(dtype=messages.DT_STRING, string_val=[b"\xff\xd8", b""])
    ours.tensor_shape.dim.add(size=2)
    assert sorted_bytes(ours) == sorted_bytes(tf.make_tensor_proto([b"\xff\xd8", b""]))


@pytest.mark.parametrize("field", ["tensor_content", "float_val"])
def test_predict_response_is_read(field: str) -> None:
    theirs = PredictResponse()
    fill_spec(theirs.model_spec)
    proto = theirs.outputs["coefficients"]
    if field == "tensor_content":
        proto.CopyFrom(tf.make_tensor_proto(ARRAY))
    else:
        proto.dtype = tf.float32.as_datatype_enum
        proto.tensor_shape.CopyFrom(tf.TensorShape(ARRAY.shape).as_proto())
        proto.float_val.extend(ARRAY.ravel().tolist())
    ours = messages.PredictResponse.FromString(theirs.SerializeToString())
    np.testing.assert_array_equal(messages.to_array(ours.outputs["coefficients"]), ARRAY)
    assert (ours.model_spec.name, ours.model_spec.version.value) == ("photo", 2**40)
    assert sorted_bytes(ours) == sorted_bytes(theirs)


def test_model_status_is_the_same_on_the_wire() -> None:
    ours, theirs = messages.GetModelStatusRequest(), GetModelStatusRequest()
    fill_spec(ours.model_spec)
    fill_spec(theirs.model_spec)
    assert sorted_bytes(ours) == sorted_bytes(theirs)

    answer = GetModelStatusResponse()
    version = answer.model_version_status.add(version=3, state=ModelVersionStatus.AVAILABLE)
    version.status.error_code = 9
    version.status.error_message = "told"
    read = messages.GetModelStatusResponse.FromString(answer.SerializeToString())
    assert read.model_version_status[0].state == messages.AVAILABLE
    assert sorted_bytes(read) == sorted_bytes(answer)


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (tf.make_tensor_proto([1, 2]), "expected a tensor of dtype 1"),
        (tf.make_tensor_proto([1.0, 2.0], shape=[2]), None),
    ],
)
def test_only_floats_are_read(proto: Message, message: str | None) -> None:
    ours = messages.TensorProto.FromString(proto.SerializeToString())
    if message is None:
        assert messages.to_array(ours).tolist() == [1.0, 2.0]
    else:
        with pytest.raises(ValueError, match=message):
            messages.to_array(ours)


def test_values_that_do_not_fit_the_shape_are_an_error() -> None:
    proto = messages.to_proto(ARRAY)
    proto.tensor_shape.dim[0].size = 5
    with pytest.raises(ValueError, match="reshape"):
        messages.to_array(proto)


@pytest.mark.parametrize("module", ["serving.client", "serving.cli", "serving.gateway.main"])
def test_the_remote_doors_import_no_tensorflow(module: str) -> None:
    code = f"import sys, {module}; print([name for name in ('tensorflow', 'keras') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_model_metadata_is_the_same_on_the_wire() -> None:
    ours, theirs = messages.GetModelMetadataRequest(), GetModelMetadataRequest()
    for request in (ours, theirs):
        fill_spec(request.model_spec, "stable")
        request.metadata_field.append("signature_def")
    assert sorted_bytes(ours) == sorted_bytes(theirs)

    answer, signatures = GetModelMetadataResponse(), SignatureDefMap()
    signatures.signature_def["chroma"].inputs["luminance"].tensor_shape.dim.add(size=-1)
    signatures.signature_def["chroma"].outputs["coefficients"].name = "StatefulPartitionedCall:0"
    fill_spec(answer.model_spec)
    answer.metadata["signature_def"].Pack(signatures)
    read = messages.GetModelMetadataResponse.FromString(answer.SerializeToString())
    assert read.model_spec.version.value == 2**40
    found = messages.SignatureDefMap.FromString(read.metadata["signature_def"].value).signature_def["chroma"]
    assert [dim.size for dim in found.inputs["luminance"].tensor_shape.dim] == [-1]
    assert list(found.outputs) == ["coefficients"]
