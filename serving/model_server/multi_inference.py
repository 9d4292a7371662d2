"""MultiInference: the same tf.Examples through several classifying or regressing signatures of one model.

    results = multi_inference.run(servable, request)

The original runs all signatures as one session run; here each runs by itself, with the same answers.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

import tensorflow as tf
from grpc import StatusCode
from tensorflow_serving.apis.inference_pb2 import InferenceResult, InferenceTask, MultiInferenceRequest
from tensorflow_serving.apis.model_pb2 import ModelSpec

from serving.model_server import classify, regress
from serving.model_server.errors import ServingError, invalid
from serving.model_server.examples import read_examples

if TYPE_CHECKING:
    from serving.model_server.servable import Servable

_KINDS = {classify.METHOD: classify, regress.METHOD: regress}


def run(servable: Servable, request: MultiInferenceRequest) -> list[InferenceResult]:
    """One result for each task, in order, without their model_specs. Nothing runs unless every task is in order.

    Raises:
        ServingError: INVALID_ARGUMENT or UNIMPLEMENTED for a wrong task, INVALID_ARGUMENT without an example; or as
            `Signature.predict` says.
    """
    names: list[str] = []
    wanted: list[list[str]] = []
    for task in request.tasks:
        _check_model(task, request.tasks[0])
        name = _signature_of(task)
        if name in names:
            raise invalid(f"Duplicate evaluation of signature: {name}")
        if name not in servable.definitions:
            raise invalid(f"Requested signature not found in model graph: {name}")
        names.append(name)
        wanted.append(_kind(task).outputs_of(servable.definitions[name]))
    examples = read_examples(request.input)
    results = []
    for task, name, outputs in zip(request.tasks, names, wanted, strict=True):
        result = _kind(task).to_result(
            servable.signature(name).predict({classify.INPUTS: examples}, outputs), len(examples)
        )
        if task.method_name == classify.METHOD:
            results.append(InferenceResult(classification_result=result))
        else:
            results.append(InferenceResult(regression_result=result))
    return results


def model_of(request: MultiInferenceRequest) -> ModelSpec:
    """Which model, and which version of it, answers all tasks: what the first says; empty without tasks."""
    return request.tasks[0].model_spec if request.tasks else ModelSpec()


def _signature_of(task: InferenceTask) -> str:
    return task.model_spec.signature_name or tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY


def _check_model(task: InferenceTask, first: InferenceTask) -> None:
    if not task.model_spec.name:
        raise invalid("Found ModelSpec with an empty model name.")
    if task.model_spec.name != first.model_spec.name:
        raise invalid("All ModelSpecs in a MultiInferenceRequest must access the same model name.")


def _kind(task: InferenceTask) -> ModuleType:
    """The module that knows the task's method."""
    if task.method_name not in _KINDS:
        raise ServingError(StatusCode.UNIMPLEMENTED, f"Unsupported signature method_name: {task.method_name}")
    return _KINDS[task.method_name]
