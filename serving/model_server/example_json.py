"""The JSON of REST classify and regress: tf.Examples in, results out.

    curl -d '{"examples": [{"age": 31, "town": "Ghent"}]}' http://127.0.0.1:8501/v1/models/default:classify

An example is an object of features, each a value or a list of values: whole numbers and booleans make an
int64 feature, other numbers a float one, strings and `{"b64": "..."}` a bytes one. Features under `context` belong to
all examples. The messages are TensorFlow Serving's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from tensorflow.core.example.example_pb2 import Example
from tensorflow.core.example.feature_pb2 import Feature
from tensorflow_serving.apis.classification_pb2 import ClassificationResult
from tensorflow_serving.apis.input_pb2 import Input
from tensorflow_serving.apis.regression_pb2 import RegressionResult

from serving.model_server.errors import invalid
from serving.model_server.json_document import from_b64, is_b64, kind, quote, to_utf8
from serving.model_server.json_response import decimals

_CONTEXT, _EXAMPLES = "context", "examples"
_INT64 = range(-(2**63), 2**63)
_UINT64 = range(2**64)


def read_input(document: Mapping[str, Any]) -> Input:
    """The examples of a request.

    Raises:
        ServingError: INVALID_ARGUMENT, there are none, or a feature cannot be made of its values.
    """
    source = Input()
    into = source.example_list.examples
    if _CONTEXT in document:
        source.example_list_with_context.context.CopyFrom(_example(document[_CONTEXT]))
        into = source.example_list_with_context.examples
    if _EXAMPLES not in document:
        raise invalid(
            f"JSON Value: {quote(document)} When method is classify, key '{_EXAMPLES}' is expected and was not found"
        )
    examples = document[_EXAMPLES]
    if not isinstance(examples, list):
        raise invalid(f"JSON Value: {quote(document)} Expecting '{_EXAMPLES}' value to be an list/array")
    if not examples:
        raise invalid(f"JSON Value: {quote(document)} '{_EXAMPLES}' value is an empty array")
    into.extend(map(_example, examples))
    return source


def write_classifications(result: ClassificationResult) -> bytes:
    """For each example a list of [label, score] pairs."""
    rows = []
    for one in result.classifications:
        labels = [json.dumps(c.label, ensure_ascii=False) for c in one.classes]
        scores = decimals(np.array([c.score for c in one.classes], np.float32))
        rows.append("[" + ", ".join(map("[{}, {}]".format, labels, scores)) + "]")
    return _results(",\n        ".join(rows))


def write_regressions(result: RegressionResult) -> bytes:
    """A number for each example."""
    return _results(", ".join(decimals(np.array([r.value for r in result.regressions], np.float32))))


def _results(rows: str) -> bytes:
    return f'{{\n    "results": [{rows}]\n}}'.encode()


def _example(value: Any) -> Example:
    if not isinstance(value, dict):
        raise invalid(f"Example must be JSON object but got JSON {kind(value)}")
    example = Example()
    for name, content in value.items():
        to_utf8(name)
        feature = example.features.feature[name]
        for element in content if isinstance(content, list) else [content]:
            _add(element, name, feature)
    return example


def _add(value: Any, name: str, feature: Feature) -> None:
    """Adds one value to a feature, all of whose values are of one kind."""
    if isinstance(value, str) or is_b64(value):
        _require("bytes", name, feature)
        feature.bytes_list.value.append(to_utf8(value) if isinstance(value, str) else from_b64(value))
    elif isinstance(value, bool) or (isinstance(value, int) and value in _INT64):
        _require("int64", name, feature)
        feature.int64_list.value.append(int(value))
    elif isinstance(value, int) and value in _UINT64:
        _require("int64", name, feature)
        raise invalid(f"Feature: {name} has uint64_t element. Only int64_t is supported.")
    elif isinstance(value, (int, float)):
        _require("float", name, feature)
        feature.float_list.value.append(_float32(value))
    else:
        raise invalid(f"Feature: {name} has element with unexpected JSON type: {kind(value)}")


def _require(wanted: str, name: str, feature: Feature) -> None:
    present = feature.WhichOneof("kind")
    if present and present != f"{wanted}_list":
        raise invalid(f"Unexpected element type in feature: {name} expecting type: {present.removesuffix('_list')}")


def _float32(value: float) -> float:
    """A number rounded to float32; what is beyond it becomes infinity, as it does in C++."""
    try:
        with np.errstate(over="ignore"):
            return float(np.float32(value))
    except OverflowError:  # a whole number beyond float64
        return float("inf") if value > 0 else float("-inf")
