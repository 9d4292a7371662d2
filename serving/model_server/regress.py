"""Regress: tf.Examples in, one number for each of them out.

    result = regress.run(servable, request)

What a signature must look like, and every message, are TensorFlow Serving's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef
from tensorflow_serving.apis.regression_pb2 import RegressionRequest, RegressionResult

from serving.model_server.classify import enum_name, shape_name
from serving.model_server.errors import invalid
from serving.model_server.examples import read_examples

if TYPE_CHECKING:
    from serving.model_server.servable import Servable

METHOD = tf.saved_model.REGRESS_METHOD_NAME
INPUTS = tf.saved_model.REGRESS_INPUTS
OUTPUTS = tf.saved_model.REGRESS_OUTPUTS


def run(servable: Servable, request: RegressionRequest) -> RegressionResult:
    """Answers a request with one version of a model.

    Raises:
        ServingError: INVALID_ARGUMENT, there is no such signature, it is no regression, or there is no example; or as
            `Signature.predict` says.
    """
    name = request.model_spec.signature_name or tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY
    if name not in servable.definitions:
        raise invalid(f"No signature was found with the name: {name}")
    wanted = outputs_of(servable.definitions[name])
    examples = read_examples(request.input)
    return to_result(servable.signature(name).predict({INPUTS: examples}, wanted), len(examples))


def outputs_of(definition: SignatureDef) -> list[str]:
    """The output that holds a regression.

    Raises:
        ServingError: INVALID_ARGUMENT, this is no signature of a regression.
    """
    if len(definition.inputs) != 1:
        raise invalid("Expected one input Tensor.")
    if len(definition.outputs) != 1:
        raise invalid("Expected one output Tensor.")
    if INPUTS not in definition.inputs:
        raise invalid(f"No regression inputs found in SignatureDef: {definition}")
    if OUTPUTS not in definition.outputs:
        raise invalid(f"No regression outputs found in SignatureDef: {definition}")
    return [OUTPUTS]


def to_result(outputs: Mapping[str, tf.Tensor], examples: int) -> RegressionResult:
    """The output, [examples] or [examples, 1], as the answer.

    Raises:
        ServingError: INVALID_ARGUMENT, the model gave another shape or dtype.
    """
    values = np.asarray(outputs[OUTPUTS])
    if values.ndim not in (1, 2) or values.shape[1:] not in ((), (1,)):
        raise invalid(
            "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got " + shape_name(values)
        )
    if len(values) != examples:
        raise invalid(f"Input batch size did not match output batch size: {examples} vs. {len(values)}")
    if values.dtype != np.float32:
        raise invalid(f"Expected output Tensor of DT_FLOAT.  Got: {enum_name(values.dtype)}")
    result = RegressionResult()
    for value in values.ravel().tolist():
        result.regressions.add(value=value)
    return result
