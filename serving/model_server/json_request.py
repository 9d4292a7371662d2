"""The JSON of a REST predict request -> arrays.

    curl -d '{"instances": [1.0, 2.0]}' http://127.0.0.1:8501/v1/models/default:predict

A request holds rows (`instances`, one element a row) or columns (`inputs`, one array an input). Bytes travel
as `{"b64": "..."}`; NaN, Infinity and -Infinity are allowed. https://www.tensorflow.org/tfx/serving/api_rest
says the rest, and the messages are TensorFlow Serving's.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np
import tensorflow as tf
from grpc import StatusCode
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf.meta_graph_pb2 import TensorInfo

from serving.model_server.errors import ServingError, invalid
from serving.model_server.json_document import from_b64, is_b64, kind, quote, to_utf8
from serving.model_server.tensors import dtype_name

ROWS, COLUMNS = "instances", "inputs"

_MAX_RANK = 32  # numpy's limit before 2.0; no model comes near it

_FLOATS = {types_pb2.DT_FLOAT, types_pb2.DT_DOUBLE}
_INTEGERS = {
    types_pb2.DT_INT8, types_pb2.DT_INT16, types_pb2.DT_INT32, types_pb2.DT_INT64,
    types_pb2.DT_UINT8, types_pb2.DT_UINT32, types_pb2.DT_UINT64,
}  # fmt: skip


def read_inputs(document: Mapping[str, Any], infos: Mapping[str, TensorInfo]) -> tuple[str, dict[str, np.ndarray]]:
    """The form of a request (ROWS or COLUMNS) and its inputs by name, in the dtypes that `infos` asks for.

    Raises:
        ServingError: INVALID_ARGUMENT when the values do not make tensors; UNIMPLEMENTED for a dtype JSON
            cannot carry.
    """
    if ROWS in document and COLUMNS in document:
        raise invalid(
            f"JSON Value: {quote(document)} Not formatted correctly expecting only "
            f"one of '{COLUMNS}' or '{ROWS}' keys to exist "
        )
    if ROWS in document:
        rows = document[ROWS]
        if not isinstance(rows, list):
            raise invalid(f"JSON Value: {quote(document)} Expecting '{ROWS}' to be an list/array")
        if not rows:
            raise invalid(f"JSON Value: {quote(document)} No values in '{ROWS}' array")
        return ROWS, _read_rows(rows, infos)
    if COLUMNS in document:
        return COLUMNS, _read_columns(document[COLUMNS], infos)
    raise invalid(f"Missing '{COLUMNS}' or '{ROWS}' key")


def _read_columns(value: Any, infos: Mapping[str, TensorInfo]) -> dict[str, np.ndarray]:
    if not _is_named(value):
        if len(infos) > 1:
            raise invalid(
                "inputs is a plain value/list, but expecting an object as multiple input tensors "
                "required as per tensorinfo_map"
            )
        return {name: _to_array(value, info.dtype) for name, info in infos.items()}
    for name in infos:
        if name not in value:
            raise invalid(f"Missing named input: {name} in 'inputs' object.")
    return {name: _to_array(value[name], info.dtype) for name, info in infos.items()}


def _read_rows(rows: list[Any], infos: Mapping[str, TensorInfo]) -> dict[str, np.ndarray]:
    named = _is_named(rows[0])
    if not named and len(infos) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple input tensors "
            "required as per tensorinfo_map"
        )
    for index, row in enumerate(rows):
        if named and not _is_named(row):
            raise invalid(f"Expecting object but got list at item {index} of input list")
        if not named and _is_named(row):
            raise invalid(f"Expecting value/list but got object at item {index} of input list")
        if named and (unknown := next((name for name in row if name not in infos), None)) is not None:
            raise invalid(
                f"Failed to process element: {index} key: {unknown} of 'instances' list. Error: "
                f"{invalid(f'JSON object: does not have named input: {unknown}')}"
            )
        if named and row.keys() != infos.keys():
            raise invalid(
                f"Failed to process element: {index} of 'instances' list. JSON object: {quote(row)} "
                f"keys must be equal to: {','.join(sorted(infos))}"
            )
    if not named:
        return {name: _stack(rows, info.dtype) for name, info in infos.items()}
    return {name: _stack([row[name] for row in rows], info.dtype, f" key: {name}") for name, info in infos.items()}


def _stack(rows: list[Any], dtype: int, key: str = "") -> np.ndarray:
    """The rows as one array. Only if that fails are they looked at one by one, to say which is wrong."""
    try:
        return _to_array(rows, dtype)
    except ServingError as error:
        first: np.ndarray | None = None
        for index, row in enumerate(rows):
            where = f"Failed to process element: {index}{key} of 'instances' list. Error:"
            try:
                array = _to_array(row, dtype)
            except ServingError as reason:
                # The original, too, says INVALID_ARGUMENT here, also for a dtype that JSON cannot carry.
                raise invalid(f"{where} {reason}") from None
            first = array if first is None else first
            if array.size != first.size:
                raise invalid(f"{where} Expecting tensor size: {first.size} but got: {array.size}") from None
            if array.shape != first.shape:
                raise invalid(f"{where} Expecting shape {_shape(first)} but got: {_shape(array)}") from None
        raise error


def _to_array(value: Any, dtype: int) -> np.ndarray:
    """A value or nested lists of values as an array. The first element of each list gives the shape."""
    shape: list[int] = []
    first = value
    while isinstance(first, list) and len(shape) <= _MAX_RANK:
        shape.append(len(first))
        first = first[0] if first else None
    if len(shape) > _MAX_RANK:
        raise invalid(f"Encountered list at unexpected level: {_MAX_RANK} expected < {_MAX_RANK}")
    leaves = [value]
    for level, size in enumerate(shape):
        for item in leaves:
            if not isinstance(item, list):
                raise invalid(
                    f"JSON Value: {quote(item)} found at incorrect level: {level + 1} in the JSON DOM. "
                    f"Expected at level: {len(shape)}"
                )
            if len(item) != size:
                raise invalid(
                    f"Encountered list at unexpected size: {len(item)} at level: {level} expected size: {size}"
                )
        leaves = list(chain.from_iterable(leaves))
    if any(isinstance(leaf, list) for leaf in leaves):
        raise invalid(f"Encountered list at unexpected level: {len(shape)} expected < {len(shape)}")
    return _leaves_to_array(leaves, dtype).reshape(shape)


def _leaves_to_array(leaves: list[Any], dtype: int) -> np.ndarray:
    """A flat array of the values, each of which must be of the JSON type that belongs to the dtype."""
    if dtype == types_pb2.DT_STRING:
        array = np.empty(len(leaves), dtype=object)
        array[:] = [_to_bytes(leaf) for leaf in leaves]
        return array
    if dtype in _FLOATS:
        types: set[type] = {int, float}
    elif dtype in _INTEGERS:
        types = {int}
    elif dtype == types_pb2.DT_BOOL:
        types = {bool}
    else:
        value = quote(leaves[0]) if leaves else "[]"
        raise ServingError(StatusCode.UNIMPLEMENTED, f"Conversion of JSON Value: {value} to type: {dtype_name(dtype)}")
    if not set(map(type, leaves)) <= types:
        raise _type_error(next(leaf for leaf in leaves if type(leaf) not in types), dtype)
    numpy_dtype = tf.as_dtype(dtype).as_numpy_dtype
    try:
        # A number beyond float32 becomes infinity, as it does in C++.
        with np.errstate(over="ignore"):
            return np.array(leaves, dtype=numpy_dtype)
    except OverflowError:
        raise _type_error(max((leaf for leaf in leaves if type(leaf) is int), key=abs), dtype) from None


def _to_bytes(leaf: Any) -> bytes:
    if isinstance(leaf, dict):
        return from_b64(leaf)
    if not isinstance(leaf, str):
        raise _type_error(leaf, types_pb2.DT_STRING)
    return to_utf8(leaf)


def _is_named(value: Any) -> bool:
    """Whether a value is an object of named tensors, rather than one that stands for bytes."""
    return isinstance(value, dict) and not is_b64(value)


def _shape(array: np.ndarray) -> str:
    return f"[{','.join(map(str, array.shape))}]"


def _type_error(value: Any, dtype: int) -> ServingError:
    return invalid(f"JSON Value: {quote(value)} Type: {kind(value)} is not of expected type: {dtype_name(dtype)}")
