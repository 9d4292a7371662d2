"""The protobuf messages that a predict client needs, without TensorFlow.

    request = PredictRequest()
    request.model_spec.name = "photo"
    request.inputs["luminance"].CopyFrom(to_proto(luminance))

GetModelMetadata is for operators' tools, which ask every server what it serves.

`tensorflow_serving.apis` has these classes too, but importing it imports all of TensorFlow: 4 seconds and 400
MB for a gateway that needs neither. The wire carries field numbers only, never message names, so the same
numbers under a package name of our own are the same bytes. They are TensorFlow Serving's, from predict.proto,
model.proto, get_model_status.proto, get_model_metadata.proto, meta_graph.proto and tensor.proto; the tests compare both
sides byte by byte.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PREDICT = "/tensorflow.serving.PredictionService/Predict"
GET_MODEL_STATUS = "/tensorflow.serving.ModelService/GetModelStatus"
GET_MODEL_METADATA = "/tensorflow.serving.PredictionService/GetModelMetadata"
SAFE = (PREDICT, GET_MODEL_STATUS)  # asking twice is the same as asking once

DT_FLOAT, DT_STRING = 1, 7  # DataType in types.proto
# ModelVersionStatus.State
START, LOADING, AVAILABLE, UNLOADING, END = 10, 20, 30, 40, 50

# message -> (field, number, type). A capital letter begins a message's name; `*` means repeated, `{}` a map
# from string. Enums are int32 and a one-of is a set of plain fields: both are the same on the wire.
Schema = dict[str, list[tuple[str, int, str]]]
_SCHEMA: Schema = {
    "Int64Value": [("value", 1, "int64")],
    "ModelSpec": [
        ("name", 1, "string"),
        ("version", 2, "Int64Value"),
        ("signature_name", 3, "string"),
        ("version_label", 4, "string"),
    ],
    "Dim": [("size", 1, "int64"), ("name", 2, "string")],
    "TensorShapeProto": [("dim", 2, "*Dim"), ("unknown_rank", 3, "bool")],
    "TensorProto": [
        ("dtype", 1, "int32"),
        ("tensor_shape", 2, "TensorShapeProto"),
        ("tensor_content", 4, "bytes"),
        # Packed floats are one run of bytes on the wire. Declared as such, 262144 of them are read in no time
        # instead of one Python float after another.
        ("float_val", 5, "*bytes"),
        ("string_val", 8, "*bytes"),
    ],
    "PredictRequest": [
        ("model_spec", 1, "ModelSpec"),
        ("inputs", 2, "{}TensorProto"),
        ("output_filter", 3, "*string"),
    ],
    "PredictResponse": [("outputs", 1, "{}TensorProto"), ("model_spec", 2, "ModelSpec")],
    "GetModelStatusRequest": [("model_spec", 1, "ModelSpec")],
    "StatusProto": [("error_code", 1, "int32"), ("error_message", 2, "string")],
    "ModelVersionStatus": [("version", 1, "int64"), ("state", 2, "int32"), ("status", 3, "StatusProto")],
    "GetModelStatusResponse": [("model_version_status", 1, "*ModelVersionStatus")],
    "GetModelMetadataRequest": [("model_spec", 1, "ModelSpec"), ("metadata_field", 2, "*string")],
    "Any": [("type_url", 1, "string"), ("value", 2, "bytes")],
    "GetModelMetadataResponse": [("model_spec", 1, "ModelSpec"), ("metadata", 2, "{}Any")],
    "TensorInfo": [("name", 1, "string"), ("dtype", 2, "int32"), ("tensor_shape", 3, "TensorShapeProto")],
    "SignatureDef": [("inputs", 1, "{}TensorInfo"), ("outputs", 2, "{}TensorInfo"), ("method_name", 3, "string")],
    "SignatureDefMap": [("signature_def", 1, "{}SignatureDef")],
}


def _add_field(message: Any, package: str, name: str, number: int, kind: str) -> None:
    if kind.startswith("{}"):
        # protobuf insists on this name
        entry = message.nested_type.add(name=f"{name.title().replace('_', '')}Entry")
        entry.options.map_entry = True
        _add_field(entry, package, "key", 1, "string")
        _add_field(entry, package, "value", 2, kind[2:])
        kind = f"*{message.name}.{entry.name}"
    repeated, kind = kind.startswith("*"), kind.lstrip("*")
    field = message.field.add(name=name, number=number)
    field.label = field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL
    if kind[0].isupper():
        field.type = field.TYPE_MESSAGE
        field.type_name = f".{package}.{kind}"
    else:
        field.type = getattr(field, f"TYPE_{kind.upper()}")


def build(package: str, schema: Schema) -> dict[str, Any]:
    """The classes of a schema's messages by name, in a pool of their own."""
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    for name, fields in schema.items():
        message = file.message_type.add(name=name)
        for field in fields:
            _add_field(message, package, *field)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}")) for name in schema}


_CLASSES = build("handtint", _SCHEMA)
TensorProto = _CLASSES["TensorProto"]
PredictRequest = _CLASSES["PredictRequest"]
PredictResponse = _CLASSES["PredictResponse"]
GetModelStatusRequest = _CLASSES["GetModelStatusRequest"]
GetModelStatusResponse = _CLASSES["GetModelStatusResponse"]
GetModelMetadataRequest = _CLASSES["GetModelMetadataRequest"]
GetModelMetadataResponse = _CLASSES["GetModelMetadataResponse"]
SignatureDefMap = _CLASSES["SignatureDefMap"]


def to_proto(array: np.ndarray) -> Any:
    """Float32 of any shape -> TensorProto with its bytes in `tensor_content`."""
    proto = TensorProto(dtype=DT_FLOAT, tensor_content=np.ascontiguousarray(array, "<f4").tobytes())
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    return proto


def to_array(proto: Any) -> np.ndarray:
    """TensorProto of floats -> float32 array of its shape, read only.

    Raises:
        ValueError: not floats, or their number does not fit the shape.
    """
    if proto.dtype != DT_FLOAT:
        raise ValueError(f"expected a tensor of dtype {DT_FLOAT} (DT_FLOAT), received {proto.dtype}")
    # TensorFlow Serving sends float_val unless told to send tensor_content.
    values = np.frombuffer(proto.tensor_content or b"".join(proto.float_val), "<f4")
    return values.reshape([dim.size for dim in proto.tensor_shape.dim])
