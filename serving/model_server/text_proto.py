"""Configuration files in protobuf's text format, and the messages of TensorFlow Serving that PyPI has no classes for.

    config = read_text_proto(Path("monitoring.config"), MonitoringConfig)

`tensorflow-serving-api` leaves out session_bundle_config.proto and monitoring_config.proto. The fields declared here
are theirs, so that a file made for TensorFlow Serving reads the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format, wrappers_pb2

from serving.model_server.errors import StartError

_PACKAGE = "tensorflow.serving"
_WRAPPERS = "google.protobuf."  # a number in a message of its own, so that a missing one differs from 0

# message -> (field, number, type); `*` means repeated.
_SCHEMA: dict[str, list[tuple[str, int, str]]] = {
    "BatchingParameters": [
        ("max_batch_size", 1, "Int64Value"),
        ("batch_timeout_micros", 2, "Int64Value"),
        ("max_enqueued_batches", 3, "Int64Value"),
        ("num_batch_threads", 4, "Int64Value"),
        ("thread_pool_name", 5, "StringValue"),
        ("allowed_batch_sizes", 6, "*int64"),
        ("pad_variable_length_inputs", 7, "bool"),
    ],
    "PrometheusConfig": [("enable", 1, "bool"), ("path", 2, "string")],
    "MonitoringConfig": [("prometheus_config", 1, "PrometheusConfig")],
}


def _build() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="tensorflow_serving/text_proto.proto", package=_PACKAGE)
    file.syntax = "proto3"
    file.dependency.append(wrappers_pb2.DESCRIPTOR.name)
    for name, fields in _SCHEMA.items():
        message = file.message_type.add(name=name)
        for field_name, number, kind in fields:
            field = message.field.add(name=field_name, number=number)
            field.label = field.LABEL_REPEATED if kind.startswith("*") else field.LABEL_OPTIONAL
            kind = kind.lstrip("*")
            if kind[0].isupper():
                field.type = field.TYPE_MESSAGE
                field.type_name = f".{_PACKAGE}.{kind}" if kind in _SCHEMA else f".{_WRAPPERS}{kind}"
            else:
                field.type = getattr(field, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()  # of our own: TensorFlow Serving's names belong to its own package
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in _SCHEMA}


_CLASSES = _build()
BatchingParametersProto = _CLASSES["BatchingParameters"]
MonitoringConfig = _CLASSES["MonitoringConfig"]


def read_text_proto(file: Path, kind: Any) -> Any:
    """The message of class `kind` that a file holds in text format.

    Raises:
        StartError: the file cannot be read, or does not parse as such a message.
    """
    full_name = kind.DESCRIPTOR.full_name
    try:
        return text_format.Parse(file.read_text(encoding="utf-8"), kind())
    except OSError as error:
        raise StartError(f"Cannot read {file}, expected a {full_name}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise StartError(f"Invalid protobuf file: '{file}' is not text. Expected protobuf's text format.") from error
    except text_format.ParseError as error:
        fields = ", ".join(field.name for field in kind.DESCRIPTOR.fields)
        raise StartError(f"Error parsing text-format {full_name}: {file}:{error} Its fields are {fields}.") from error
