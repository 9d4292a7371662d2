"""TensorProto <-> tensor, exactly as TensorFlow reads and writes them.

    python -m pytest tests/serving/model_server/test_grpc.py -k tensor

Both ways go through C++ code, TensorFlow's or protobuf's: a Python loop over `float_val` takes longer than many models.
"""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.core.framework.tensor_pb2 import TensorProto

from serving.model_server.errors import ServingError, invalid

# A proto may say "these 4 bytes, repeated to fill this shape". What it grows to is held to gRPC's message limit.
MAX_TENSOR_BYTES = 2**31

_STRING_BYTES = 24  # an empty tf.string element in memory

# The field that holds values of a dtype when they are not in `tensor_content`; floating point is written packed.
_VALUE_FIELDS = {
    tf.string: "string_val",
    tf.int8: "int_val",
    tf.int16: "int_val",
    tf.int32: "int_val",
    tf.uint8: "int_val",
    tf.uint16: "int_val",
    tf.int64: "int64_val",
    tf.uint32: "uint32_val",
    tf.uint64: "uint64_val",
    tf.bool: "bool_val",
}
_PACKED_FIELDS = {
    tf.float32: (TensorProto.FLOAT_VAL_FIELD_NUMBER, "<f4"),
    tf.float64: (TensorProto.DOUBLE_VAL_FIELD_NUMBER, "<f8"),
}

# Those whose `tensor_content` is an array's bytes; TensorFlow's parser copies it three times.
_RAW = {dtype for dtype in _VALUE_FIELDS | _PACKED_FIELDS if dtype != tf.string} | {tf.float16, tf.bfloat16}


def dtype_name(dtype: int) -> str:
    """The name that TensorFlow's C++ messages use for a DataType, e.g. `float` for DT_FLOAT."""
    if dtype not in types_pb2.DataType.values():
        return f"unknown dtype enum {dtype}"
    return types_pb2.DataType.Name(dtype).removeprefix("DT_").lower()


def shape_of(value: TensorProto | np.ndarray) -> tuple[int, ...] | None:
    """The shape that a request claims for a tensor; None where it claims none."""
    if isinstance(value, np.ndarray):
        return value.shape
    if value.tensor_shape.unknown_rank:
        return None
    return tuple(dimension.size for dimension in value.tensor_shape.dim)


def dtype_of(value: TensorProto | np.ndarray) -> int:
    """The DataType that a request claims for a tensor; an array of objects holds bytes."""
    if isinstance(value, np.ndarray):
        return types_pb2.DT_STRING if value.dtype == object else tf.as_dtype(value.dtype).as_datatype_enum
    return value.dtype


def to_tensor(name: str, value: TensorProto | np.ndarray) -> tf.Tensor:
    """The tensor that a request describes; its dtype and shape have been checked against the signature before.

    Raises:
        ServingError: INVALID_ARGUMENT when the values do not fit the shape, or make more than MAX_TENSOR_BYTES.
    """
    if isinstance(value, np.ndarray):
        return tf.constant(value, dtype=tf.as_dtype(dtype_of(value)))
    dtype = tf.as_dtype(value.dtype)
    element_bytes = _STRING_BYTES if dtype == tf.string else dtype.size
    size = math.prod(shape_of(value) or ()) * element_bytes
    if size > MAX_TENSOR_BYTES:
        raise invalid(
            f'Input "{name}" of shape {list(shape_of(value) or ())} takes {size} bytes; expected at most '
            f"{MAX_TENSOR_BYTES}. Send fewer rows in a request."
        )
    if dtype in _RAW and (content := value.tensor_content):  # read once: each time it is copied
        if len(content) != size:
            raise _unparsable(name, value, size)
        return tf.constant(np.frombuffer(content, dtype.as_numpy_dtype).reshape(shape_of(value) or ()))
    try:
        return tf.io.parse_tensor(value.SerializeToString(), dtype)
    except tf.errors.InvalidArgumentError:
        raise _unparsable(name, value, size) from None


def _unparsable(name: str, value: TensorProto, size: int) -> ServingError:
    return invalid(
        f"tensor parsing error: {name}. Expected the values of {dtype_name(value.dtype)}"
        f"{list(shape_of(value) or ())}, {size} bytes in tensor_content or fewer in the typed field."
    )


def write(tensor: tf.Tensor, proto: TensorProto, as_content: bool) -> None:
    """Writes a tensor for the wire into an empty proto, in place since it may be large.

    Args:
        tensor: any tensor with a value.
        proto: takes it.
        as_content: numbers go into `tensor_content`; otherwise into the typed field (`float_val`...) as the
            original does unless told otherwise, since some clients read that field directly.
    """
    dtype = tf.as_dtype(tensor.dtype)
    if dtype not in _RAW and dtype not in _VALUE_FIELDS:
        proto.MergeFromString(tf.io.serialize_tensor(tensor).numpy())
        return
    # The tensor's own memory, where it is on the CPU. A single value is none of numpy's arrays yet, and numpy's own
    # strings would lose their last zero bytes.
    array = np.asarray(tensor) if tensor.shape.rank else np.array(tensor.numpy(), dtype.as_numpy_dtype)
    proto.dtype = dtype.as_datatype_enum
    for size in tensor.shape:
        proto.tensor_shape.dim.add(size=size)
    if dtype != tf.string and (as_content or dtype not in _VALUE_FIELDS | _PACKED_FIELDS):
        proto.tensor_content = array.tobytes()
    elif dtype in _PACKED_FIELDS:
        field, layout = _PACKED_FIELDS[dtype]
        proto.MergeFromString(_packed(field, np.ascontiguousarray(array, layout)))
    else:
        getattr(proto, _VALUE_FIELDS[dtype]).extend(np.ravel(array).tolist())


def _packed(field: int, values: np.ndarray) -> bytes:
    """A packed repeated field on the wire: its tag, its length, its bytes. Hundreds of times faster than `extend`."""
    length = bytearray()
    size = values.nbytes
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(size)
    return b"".join((bytes([field << 3 | 2]), length, values.data.cast("B") if values.size else b""))
