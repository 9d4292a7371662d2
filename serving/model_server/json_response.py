"""Tensors -> the JSON of a REST predict answer.

    curl -d '{"inputs": [1.0, 2.0]}' http://127.0.0.1:8501/v1/models/default:predict

`instances` are answered with `predictions`, `inputs` with `outputs`; where there is one output its name is
left out. Numbers print as TensorFlow Serving prints them, and strings of outputs named `*_bytes` as `{"b64":
"..."}`.
"""

from __future__ import annotations

import json
import math
from base64 import b64encode
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

from serving.model_server.errors import invalid
from serving.model_server.json_request import ROWS
from serving.model_server.tensors import dtype_name

# Significant digits that bring any number of that dtype back exactly.
_EXACT_DIGITS = {np.dtype(np.float32): 9, np.dtype(np.float64): 17}
_IN_COLUMNS = "(the outputs do not make rows: send 'inputs', one array an input, instead of 'instances')"
_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def write_outputs(outputs: Mapping[str, tf.Tensor], form: str) -> bytes:
    """The answer to a request of that form (`json_request.ROWS` or `COLUMNS`).

    Raises:
        ServingError: INVALID_ARGUMENT, an output cannot be written as JSON, or the outputs do not make rows.
    """
    if form == ROWS:
        _check_rows(outputs)
        key, separator = "predictions", ",\n        "
        rows = {name: _rows(name, tensor) for name, tensor in outputs.items()}
        text = "[" + separator.join(_named(row) for row in _transpose(rows)) + "]"
    else:
        key = "outputs"
        text = _named({name: _column(name, tensor) for name, tensor in outputs.items()})
    return f'{{\n    "{key}": {text}\n}}'.encode()


def write_error(message: str) -> bytes:
    """The body that goes with a status other than 200."""
    # A message may repeat half of a surrogate pair out of a bad request, which UTF-8 cannot hold.
    return json.dumps({"error": message}, indent=4, ensure_ascii=False).encode(errors="replace")


def _check_rows(outputs: Mapping[str, tf.Tensor]) -> None:
    """The first words are TensorFlow Serving's, which leaves the cure to its documents."""
    expected = None
    for name, tensor in outputs.items():
        if not tensor.shape.rank:
            raise invalid(f"Tensor name: {name} has no shape information {_IN_COLUMNS}")
        if expected is not None and tensor.shape[0] != expected:
            mismatch = f"inconsistent batch size: {tensor.shape[0]} expecting: {expected}"
            raise invalid(f"Tensor name: {name} has {mismatch} {_IN_COLUMNS}")
        expected = tensor.shape[0]


def _transpose(rows: Mapping[str, list[str]]) -> Iterator[dict[str, str]]:
    for values in zip(*rows.values(), strict=True):
        yield dict(zip(rows, values, strict=True))


def _named(texts: Mapping[str, str]) -> str:
    """An object of named texts; a single one stands for itself."""
    if len(texts) == 1:
        return next(iter(texts.values()))
    return "{" + ", ".join(f"{json.dumps(name)}: {text}" for name, text in texts.items()) + "}"


def _column(name: str, tensor: tf.Tensor) -> str:
    if not tensor.shape.rank:
        return _values(name, tensor)[0]
    return "[" + ", ".join(_rows(name, tensor)) + "]"


def _rows(name: str, tensor: tf.Tensor) -> list[str]:
    """One text for each index of the first dimension."""
    texts, shape = _values(name, tensor), tuple(tensor.shape)
    for axis in range(len(shape) - 1, 0, -1):
        size = shape[axis]
        starts = [index * size for index in range(math.prod(shape[:axis]))]
        texts = ["[" + ", ".join(texts[start : start + size]) + "]" for start in starts]
    return texts


def _values(name: str, tensor: tf.Tensor) -> list[str]:
    """Each element as JSON, in row-major order."""
    flat = np.ravel(np.asarray(tensor.numpy(), tensor.dtype.as_numpy_dtype))  # a scalar's bytes would lose ending NULs
    if flat.dtype in _EXACT_DIGITS:
        return decimals(flat)
    if tensor.dtype == tf.bool:
        return ["true" if value else "false" for value in flat]
    if tensor.dtype.is_integer:
        return list(map(str, flat.tolist()))
    if tensor.dtype != tf.string:
        raise invalid(f"Failed to write JSON value for tensor type: {dtype_name(tensor.dtype.as_datatype_enum)}")
    if name.endswith("_bytes"):
        return [f'{{"b64": "{b64encode(value).decode()}"}}' for value in flat]
    try:
        return [json.dumps(value.decode(), ensure_ascii=False) for value in flat]
    except UnicodeDecodeError:
        raise invalid(
            f'Output "{name}" holds bytes that are not UTF-8 text, so JSON cannot carry it; a model gives '
            "such outputs a name that ends in _bytes."
        ) from None


def decimals(flat: np.ndarray) -> list[str]:
    """Each number of a flat array of float32 or float64 as JSON.

    Six significant digits where they bring the number back, else as many as it takes; `.0` for wholes.
    """
    exact_digits = _EXACT_DIGITS[flat.dtype]
    numbers = flat.tolist()
    # One format call for all is several times faster than one each.
    texts = ("%.6g " * len(numbers) % tuple(numbers)).split()
    returned = np.array(list(map(float, texts)), dtype=flat.dtype)
    for index in np.flatnonzero(returned != flat):
        texts[index] = f"%.{exact_digits}g" % numbers[index]
    # "n" is in nan and inf.
    texts = [text if "." in text or "e" in text or "n" in text else text + ".0" for text in texts]
    return texts if np.isfinite(flat).all() else [_NOT_FINITE.get(text, text) for text in texts]
