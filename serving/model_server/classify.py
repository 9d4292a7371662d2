"""Classify: tf.Examples in, for each of them a list of labels with scores out.

    result = classify.run(servable, request)

What a signature must look like, and every message, are TensorFlow Serving's. As there, a signature's method_name is
not looked at: TensorFlow 2 writes `tensorflow/serving/predict` on all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef
from tensorflow_serving.apis.classification_pb2 import ClassificationRequest, ClassificationResult

from serving.model_server.errors import invalid
from serving.model_server.examples import read_examples

if TYPE_CHECKING:
    from serving.model_server.servable import Servable

METHOD = tf.saved_model.CLASSIFY_METHOD_NAME
INPUTS = tf.saved_model.CLASSIFY_INPUTS
CLASSES = tf.saved_model.CLASSIFY_OUTPUT_CLASSES
SCORES = tf.saved_model.CLASSIFY_OUTPUT_SCORES


def run(servable: Servable, request: ClassificationRequest) -> ClassificationResult:
    """Answers a request with one version of a model.

    Raises:
        ServingError: INVALID_ARGUMENT, there is no such signature, it does not classify, or there is no example; or as
            `Signature.predict` says.
    """
    name = request.model_spec.signature_name or tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY
    if name not in servable.definitions:
        raise invalid(f"No signature was found with the name: {name}")
    wanted = outputs_of(servable.definitions[name])
    examples = read_examples(request.input)
    return to_result(servable.signature(name).predict({INPUTS: examples}, wanted), len(examples))


def outputs_of(definition: SignatureDef) -> list[str]:
    """The outputs that hold a classification.

    Raises:
        ServingError: INVALID_ARGUMENT, this is no signature that classifies.
    """
    if len(definition.inputs) != 1:
        raise invalid("Expected one input Tensor.")
    if len(definition.outputs) not in (1, 2):
        raise invalid(f"Expected one or two output Tensors, found {len(definition.outputs)}")
    if INPUTS not in definition.inputs:
        raise invalid(f"No classification inputs found in SignatureDef: {definition}")
    wanted = [name for name in (CLASSES, SCORES) if name in definition.outputs]
    if not wanted:
        raise invalid(
            f'Expected classification signature outputs to contain at least one of "{CLASSES}" or "{SCORES}". '
            f"Signature was: {definition}"
        )
    return wanted


def to_result(outputs: Mapping[str, tf.Tensor], examples: int) -> ClassificationResult:
    """The outputs, [examples, classes] each, as the answer.

    Raises:
        ServingError: INVALID_ARGUMENT, the model gave another shape or dtype.
    """
    arrays = {name: np.asarray(outputs[name]) for name in (CLASSES, SCORES) if name in outputs}
    for name, dtype in ((CLASSES, tf.string), (SCORES, tf.float32)):
        if name in arrays:
            _check(name, arrays[name], dtype, examples)
    if len(arrays) == 2 and arrays[CLASSES].shape != arrays[SCORES].shape:
        raise invalid(
            "Tensors class and score should match in dim_size(1). "
            f"Got {arrays[CLASSES].shape[1]} vs. {arrays[SCORES].shape[1]}"
        )
    result = ClassificationResult()
    for index in range(examples):
        row = result.classifications.add()
        for column in range(next(iter(arrays.values())).shape[1]):
            one = row.classes.add()
            if CLASSES in arrays:
                one.label = arrays[CLASSES][index, column].decode(errors="replace")
            if SCORES in arrays:
                one.score = arrays[SCORES][index, column]
    return result


def enum_name(dtype: tf.DType | np.dtype) -> str:
    """The name of a dtype in the protos, e.g. `DT_FLOAT`; objects are strings."""
    return types_pb2.DataType.Name(tf.as_dtype(dtype).as_datatype_enum)


def shape_name(array: np.ndarray) -> str:
    """A shape as C++ prints it, e.g. `[2,3]`."""
    return f"[{','.join(map(str, array.shape))}]"


def _check(name: str, array: np.ndarray, dtype: tf.DType, examples: int) -> None:
    if array.ndim != 2:
        raise invalid(f"Expected Tensor shape: [batch_size num_classes] but got {shape_name(array)}")
    if tf.as_dtype(array.dtype) != dtype:
        raise invalid(f"Expected {name} Tensor of {enum_name(dtype)}. Got: {enum_name(array.dtype)}")
    if len(array) != examples:
        raise invalid(f"Expected {name} output batch size of {examples}. Got: {len(array)}")
