"""The JSON of a REST predict request -> arrays.

    curl -d '{"instances": [1.0, 2.0]}' http://127.0.0.1:8501/v1/models/default:predict

A request holds rows (`instances`, one element a row) or columns (`inputs`, one array an input). Bytes travel
as `{"b64": "..."}`; NaN, Infinity and -Infinity are allowed. https://www.tensorflow.org/tfx/serving/api_rest
says the rest, and the messages are TensorFlow Serving's.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np
import tensorflow as tf
from grpc import StatusCode
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf.meta_graph_pb2 import TensorInfo

from serving.model_server.errors import ServingError, invalid
from serving.model_server.tensors import dtype_name

ROWS, COLUMNS = "instances", "inputs"

_MAX_RANK = 32  # numpy's limit before 2.0; no model comes near it
_MAX_QUOTE = 256  # characters of a wrong value that an error repeats

_FLOATS = {types_pb2.DT_FLOAT, types_pb2.DT_DOUBLE}
_INTEGERS = {
    types_pb2.DT_INT8, types_pb2.DT_INT16, types_pb2.DT_INT32, types_pb2.DT_INT64,
    types_pb2.DT_UINT8, types_pb2.DT_UINT32, types_pb2.DT_UINT64,
}  # fmt: skip


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in a request's body.

    Raises:
        ServingError: INVALID_ARGUMENT, the body is no JSON, no object, or nested too deeply.
    """
    if not body:
        raise invalid("JSON Parse error: The document is empty")
    try:
        document = json.loads(body)
    except RecursionError:
        raise invalid("JSON Parse error: The document is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise invalid(f"JSON Parse error: {error.msg} at offset: {error.pos}") from None
    except ValueError as error:  # not UTF-8, or an integer of thousands of digits
        raise invalid(f"JSON Parse error: {error}") from None
    if not isinstance(document, dict):
        raise invalid(f"JSON Value: {_quote(document)} Is not object")
    return document


def signature_name(document: Mapping[str, Any]) -> str:
    """The signature that a request names; empty if it names none.

    Raises:
        ServingError: INVALID_ARGUMENT, it is not a string.
    """
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise invalid(
            f"JSON Value: {_quote(document)} not formatted correctly. 'signature_name' key must be a string value."
        )
    return name


def read_inputs(document: Mapping[str, Any], infos: Mapping[str, TensorInfo]) -> tuple[str, dict[str, np.ndarray]]:
    """The form of a request (ROWS or COLUMNS) and its inputs by name, in the dtypes that `infos` asks for.

    Raises:
        ServingError: INVALID_ARGUMENT when the values do not make tensors; UNIMPLEMENTED for a dtype JSON
            cannot carry.
    """
    if ROWS in document and COLUMNS in document:
        raise invalid(
            f"JSON Value: {_quote(document)} Not formatted correctly expecting only "
            f"one of '{COLUMNS}' or '{ROWS}' keys to exist "
        )
    if ROWS in document:
        rows = document[ROWS]
        if not isinstance(rows, list):
            raise invalid(f"JSON Value: {_quote(document)} Expecting '{ROWS}' to be an list/array")
        if not rows:
            raise invalid(f"JSON Value: {_quote(document)} No values in '{ROWS}' array")
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
        if named and row.keys() != infos.keys():
            raise invalid(
                f"Failed to process element: {index} of 'instances' list. JSON object: {_quote(row)} "
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
                raise ServingError(reason.code, f"{where} {reason}") from None
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
                    f"JSON Value: {_quote(item)} found at incorrect level: {level + 1} in the JSON DOM. "
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
        value = _quote(leaves[0]) if leaves else "[]"
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
        return _from_b64(leaf)
    if not isinstance(leaf, str):
        raise _type_error(leaf, types_pb2.DT_STRING)
    try:
        return leaf.encode()
    except UnicodeEncodeError:
        raise invalid(f"JSON Value: {_quote(leaf)} holds half of a surrogate pair, which is no text") from None


def _from_b64(leaf: dict[str, Any]) -> bytes:
    if not _is_b64(leaf):
        raise invalid(f"JSON Value: {_quote(leaf)} not formatted correctly for base64 data")
    text = "".join(leaf["b64"].split()).rstrip("=")
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise invalid("Unable to base64 decode") from None


def _is_b64(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"b64"} and isinstance(value["b64"], str)


def _is_named(value: Any) -> bool:
    """Whether a value is an object of named tensors, rather than one that stands for bytes."""
    return isinstance(value, dict) and not _is_b64(value)


def _shape(array: np.ndarray) -> str:
    return f"[{','.join(map(str, array.shape))}]"


def _type_error(value: Any, dtype: int) -> ServingError:
    kinds = {dict: "Object", list: "Array", str: "String", type(None): "Null"}
    kind = str(value) if isinstance(value, bool) else kinds.get(type(value), "Number")
    return invalid(f"JSON Value: {_quote(value)} Type: {kind} is not of expected type: {dtype_name(dtype)}")


def _quote(value: Any) -> str:
    """The beginning of a value as JSON, written no further than needed: it may be huge or very deep."""
    text = ""
    for piece in json.JSONEncoder(ensure_ascii=False).iterencode(value):
        text += piece[:_MAX_QUOTE]
        if len(text) >= _MAX_QUOTE:
            return text[:_MAX_QUOTE]
    return text
