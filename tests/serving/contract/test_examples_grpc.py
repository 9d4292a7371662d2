"""Classify, Regress and MultiInference over gRPC: tf.Examples with and without a context."""

from __future__ import annotations

import grpc
import pytest
from tensorflow_serving.apis.classification_pb2 import ClassificationRequest
from tensorflow_serving.apis.inference_pb2 import InferenceTask, MultiInferenceRequest
from tensorflow_serving.apis.input_pb2 import ExampleList, ExampleListWithContext, Input
from tensorflow_serving.apis.regression_pb2 import RegressionRequest

from .example_model import CLASSIFY, REGRESS
from .server import SECONDS, example, model_spec, refused

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND

TWO = Input(example_list=ExampleList(examples=[example(x=0.25, name=b"cat"), example(x=1.0, name=b"dog")]))


def classify(server, signature="classify", source=TWO, model="examples"):
    """The whole answer."""
    request = ClassificationRequest(model_spec=model_spec(model, signature), input=source)
    return server.prediction.Classify(request, timeout=SECONDS)


def pairs(result) -> list[list[tuple[str, float]]]:
    return [[(c.label, c.score) for c in row.classes] for row in result.classifications]


def values(result) -> list[float]:
    return [r.value for r in result.regressions]


def regress(server, signature="", source=TWO):
    request = RegressionRequest(model_spec=model_spec("examples", signature), input=source)
    return server.prediction.Regress(request, timeout=SECONDS)


def test_classes_and_scores(server):
    response = classify(server)
    assert pairs(response.result) == [[("cat", 0.25), ("other", 0.75)], [("dog", 1.0), ("other", 0.0)]]
    assert response.model_spec == model_spec("examples", "classify", version=1)


def test_scores_alone_have_empty_labels(server):
    assert pairs(classify(server, "scores").result) == [[("", 0.25), ("", 0.75)], [("", 1.0), ("", 0.0)]]


def test_classes_alone_have_scores_of_zero(server):
    assert pairs(classify(server, "classes").result) == [[("cat", 0), ("other", 0)], [("dog", 0), ("other", 0)]]


def test_a_signature_of_tensorflow_2_classifies_though_its_method_says_predict(server):
    response = classify(server, model="kinds")
    assert pairs(response.result) == [[("", 0.25), ("", 0.75)], [("", 1.0), ("", 0.0)]]


@pytest.mark.parametrize("signature", ["", "serving_default", "flat"])
def test_a_regression_gives_one_value_an_example(server, signature):
    response = regress(server, signature)
    assert values(response.result) == [2.125, 2.5]
    assert response.model_spec == model_spec("examples", signature or "serving_default", version=1)


def test_a_context_belongs_to_every_example(server):
    source = Input(
        example_list_with_context=ExampleListWithContext(
            context=example(bonus=10), examples=[example(x=0.0), example(x=2.0)]
        )
    )
    assert values(regress(server, source=source).result) == [12.0, 13.0]


def test_an_examples_own_feature_wins_over_the_contexts(server):
    source = Input(
        example_list_with_context=ExampleListWithContext(
            context=example(x=4.0, bonus=10), examples=[example(), example(x=0.0)]
        )
    )
    assert values(regress(server, source=source).result) == [14.0, 12.0]


def empty_inputs() -> list[Input]:
    with_context = ExampleListWithContext(context=example(x=1.0))
    return [Input(), Input(example_list=ExampleList()), Input(example_list_with_context=with_context)]


@pytest.mark.parametrize("source", empty_inputs(), ids=["nothing", "an empty list", "a context alone"])
@pytest.mark.parametrize("ask", [classify, regress], ids=["classify", "regress"])
def test_an_input_without_examples(server, ask, source):
    with pytest.raises(grpc.RpcError) as error:
        ask(server, source=source)
    assert (error.value.code(), error.value.details()) == (INVALID, "Input is empty.")


@pytest.mark.parametrize(
    ("signature", "message"),
    [
        ("s", "No signature was found with the name: s"),
        ("two_inputs", "Expected one input Tensor."),
        ("three_outputs", "Expected one or two output Tensors, found 3"),
        ("elsewhere", "No classification inputs found in SignatureDef: "),
        ("predict", "No classification inputs found in SignatureDef: "),
        ("nothing", 'Expected classification signature outputs to contain at least one of "classes" or "scores". '),
        ("flat_scores", "Expected Tensor shape: [batch_size num_classes] but got [2]"),
        ("whole_scores", "Expected scores Tensor of DT_FLOAT. Got: DT_INT64"),
        ("numbered", "Expected classes Tensor of DT_STRING. Got: DT_FLOAT"),
        ("one_row", "Expected scores output batch size of 2. Got: 1"),
        ("uneven", "Tensors class and score should match in dim_size(1). Got 2 vs. 3"),
    ],
)
def test_a_signature_that_does_not_classify(server, signature, message):
    request = ClassificationRequest(model_spec=model_spec("examples", signature), input=TWO)
    code, received = refused(server.prediction.Classify, request)
    assert code is INVALID
    # The original goes on with the whole SignatureDef where the sentence ends in a blank.
    assert received.startswith(message) if message.endswith(" ") else received == message


@pytest.mark.parametrize(
    ("signature", "message"),
    [
        ("s", "No signature was found with the name: s"),
        ("two_inputs", "Expected one input Tensor."),
        ("two_outputs", "Expected one output Tensor."),
        ("predict", "No regression inputs found in SignatureDef: "),
        ("scores", "No regression outputs found in SignatureDef: "),
        ("wide", "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got [2,2]"),
        ("first", "Input batch size did not match output batch size: 2 vs. 1"),
        ("double", "Expected output Tensor of DT_FLOAT.  Got: DT_DOUBLE"),
    ],
)
def test_a_signature_that_is_no_regression(server, signature, message):
    request = RegressionRequest(model_spec=model_spec("examples", signature), input=TWO)
    code, received = refused(server.prediction.Regress, request)
    assert code is INVALID
    assert received.startswith(message) if message.endswith(" ") else received == message


@pytest.mark.parametrize(
    ("spec", "code", "message"),
    [
        (None, INVALID, "Missing ModelSpec"),
        (model_spec(""), INVALID, "ModelSpec has no name specified."),
        (model_spec("nobody"), NOT_FOUND, "Servable not found for request: Latest(nobody)"),
        (model_spec("examples", version=9), NOT_FOUND, "Servable not found for request: Specific(examples, 9)"),
        (model_spec("examples", label="x"), INVALID, "Unrecognized servable version label: x"),
    ],
    ids=["no spec", "no name", "no model", "no version", "no label"],
)
def test_what_is_not_there(server, spec, code, message):
    classification = ClassificationRequest(model_spec=spec, input=TWO)
    assert refused(server.prediction.Classify, classification) == (code, message)
    assert refused(server.prediction.Regress, RegressionRequest(model_spec=spec, input=TWO)) == (code, message)


def test_an_example_without_a_feature_that_the_model_needs(server):
    source = Input(example_list=ExampleList(examples=[example(name=b"cat")]))
    code, message = refused(
        server.prediction.Regress, RegressionRequest(model_spec=model_spec("examples"), input=source)
    )
    assert code is INVALID
    assert "Feature: x (data type: float) is required but could not be found." in message


def task(signature: str, method: str, model: str = "examples", version: int | None = None) -> InferenceTask:
    return InferenceTask(model_spec=model_spec(model, signature, version), method_name=method)


def test_several_inferences_of_the_same_examples(server):
    tasks = [task("classify", CLASSIFY), task("", REGRESS)]
    response = server.prediction.MultiInference(MultiInferenceRequest(tasks=tasks, input=TWO), timeout=SECONDS)
    classification, regression = response.results
    expected = [[("cat", 0.25), ("other", 0.75)], [("dog", 1.0), ("other", 0.0)]]
    assert pairs(classification.classification_result) == expected
    assert values(regression.regression_result) == [2.125, 2.5]
    assert classification.model_spec == model_spec("examples", "classify", version=1)
    assert regression.model_spec == model_spec("examples", "serving_default", version=1)


@pytest.mark.parametrize(
    ("tasks", "code", "message"),
    [
        ([], INVALID, "ModelSpec has no name specified."),
        ([task("classify", CLASSIFY, "nobody")], NOT_FOUND, "Servable not found for request: Latest(nobody)"),
        (
            [task("classify", CLASSIFY, version=9)],
            NOT_FOUND,
            "Servable not found for request: Specific(examples, 9)",
        ),
        (
            [task("classify", CLASSIFY), task("", REGRESS, "")],
            INVALID,
            "Found ModelSpec with an empty model name.",
        ),
        (
            [task("classify", CLASSIFY), task("", REGRESS, "kinds")],
            INVALID,
            "All ModelSpecs in a MultiInferenceRequest must access the same model name.",
        ),
        (
            [task("", REGRESS), task("serving_default", REGRESS)],
            INVALID,
            "Duplicate evaluation of signature: serving_default",
        ),
        ([task("s", CLASSIFY)], INVALID, "Requested signature not found in model graph: s"),
        (
            [task("predict", "tensorflow/serving/predict")],
            grpc.StatusCode.UNIMPLEMENTED,
            "Unsupported signature method_name: tensorflow/serving/predict",
        ),
        ([task("two_inputs", CLASSIFY)], INVALID, "Expected one input Tensor."),
    ],
    ids=lambda value: value[:50] if isinstance(value, str) else "",
)
def test_wrong_inferences(server, tasks, code, message):
    request = MultiInferenceRequest(tasks=tasks, input=TWO)
    assert refused(server.prediction.MultiInference, request) == (code, message)


def test_inferences_without_examples(server):
    request = MultiInferenceRequest(tasks=[task("classify", CLASSIFY)])
    assert refused(server.prediction.MultiInference, request) == (INVALID, "Input is empty.")
