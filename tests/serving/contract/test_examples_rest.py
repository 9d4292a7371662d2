"""REST classify and regress: examples as JSON objects, results as lists."""

from __future__ import annotations

import base64

import pytest

from .server import error_of


def ask(server, call: str, body: dict, model: str = "examples"):
    return server.post(f"/v1/models/{model}:{call}", body)


CAT = {"x": 0.25, "name": "cat"}


@pytest.mark.parametrize(
    ("signature", "results"),
    [
        ("classify", [[["cat", 0.25], ["other", 0.75]], [["dog", 1.0], ["other", 0.0]]]),
        ("scores", [[["", 0.25], ["", 0.75]], [["", 1.0], ["", 0.0]]]),
        ("classes", [[["cat", 0.0], ["other", 0.0]], [["dog", 0.0], ["other", 0.0]]]),
    ],
)
def test_labels_and_scores(server, signature, results):
    examples = [CAT, {"x": [1.0], "name": ["dog"]}]
    answer = ask(server, "classify", {"signature_name": signature, "examples": examples})
    assert answer.status_code == 200
    assert answer.json() == {"results": results}


@pytest.mark.parametrize(
    ("body", "results"),
    [
        ({"examples": [{"x": 0.25}, {"x": 1.5}]}, [2.125, 2.75]),
        ({"examples": [{"x": [1.0]}]}, [2.5]),
        ({"examples": [{"x": 1.0, "bonus": 3}]}, [5.5]),
        ({"examples": [{"x": 1.0, "bonus": True}]}, [3.5]),
        ({"context": {"bonus": 10}, "examples": [{"x": 0.0}, {"x": 2.0}]}, [12.0, 13.0]),
        ({"context": {"x": 4.0}, "examples": [{}, {"x": 0.0}]}, [4.0, 2.0]),
        ({"signature_name": "flat", "examples": [{"x": 1.0}]}, [2.5]),
        ({"examples": [{"x": 1.0, "unknown": "to the model"}]}, [2.5]),
        ({"examples": [{"x": 1e300}]}, [float("inf")]),
    ],
    ids=["values", "lists", "a whole number", "a boolean", "context", "own first", "flat", "more", "beyond float32"],
)
def test_one_number_an_example(server, body, results):
    answer = ask(server, "regress", body)
    assert answer.status_code == 200
    assert answer.json() == {"results": results}


def test_bytes_in_a_feature(server):
    name = {"b64": base64.b64encode("à".encode()).decode()}
    answer = ask(server, "classify", {"signature_name": "classify", "examples": [{"x": 1.0, "name": name}]})
    assert answer.json()["results"][0][0] == ["à", 1.0]


def test_a_signature_of_tensorflow_2(server):
    answer = ask(server, "classify", {"signature_name": "classify", "examples": [{"x": 0.25}]}, "kinds")
    assert answer.json() == {"results": [[["", 0.25], ["", 0.75]]]}


@pytest.mark.parametrize("which", ["/versions/1", ""])
def test_a_version_can_be_named(server, which):
    answer = server.post(f"/v1/models/examples{which}:regress", {"examples": [{"x": 1.0}]})
    assert answer.json() == {"results": [2.5]}


@pytest.mark.parametrize("call", ["classify", "regress"])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, " When method is classify, key 'examples' is expected and was not found"),
        ({"examples": {}}, " Expecting 'examples' value to be an list/array"),
        ({"examples": []}, " 'examples' value is an empty array"),
        ({"examples": [1]}, "Example must be JSON object but got JSON Number"),
        ({"examples": [[]]}, "Example must be JSON object but got JSON Array"),
        ({"context": "x", "examples": [{}]}, "Example must be JSON object but got JSON String"),
        ({"examples": [{"x": None}]}, "Feature: x has element with unexpected JSON type: Null"),
        ({"examples": [{"x": [[1.0]]}]}, "Feature: x has element with unexpected JSON type: Array"),
        ({"examples": [{"x": {"y": 1}}]}, "Feature: x has element with unexpected JSON type: Object"),
        ({"examples": [{"x": [1, 2.5]}]}, "Unexpected element type in feature: x expecting type: int64"),
        ({"examples": [{"x": [1.5, 2]}]}, "Unexpected element type in feature: x expecting type: float"),
        ({"examples": [{"x": ["a", 2]}]}, "Unexpected element type in feature: x expecting type: bytes"),
        ({"examples": [{"x": [2.5, "a"]}]}, "Unexpected element type in feature: x expecting type: float"),
        ({"examples": [{"x": 2**63}]}, "Feature: x has uint64_t element. Only int64_t is supported."),
        ({"examples": [{"x": {"b64": "!"}}]}, "Unable to base64 decode"),
        ({"signature_name": "s", "examples": [CAT]}, "No signature was found with the name: s"),
    ],
)
def test_wrong_examples(server, call, body, message):
    status, received = error_of(ask(server, call, body))
    assert status == 400
    assert received.endswith(message)


@pytest.mark.parametrize("call", ["classify", "regress"])
def test_a_feature_of_another_kind_than_the_model_wants(server, call):
    signature = "classify" if call == "classify" else "serving_default"
    status, message = error_of(ask(server, call, {"signature_name": signature, "examples": [{"x": 1}]}))
    assert status == 400
    assert "Data types don't match. Data type: int64 but expected type: float" in message


@pytest.mark.parametrize("call", ["classify", "regress"])
def test_a_model_that_is_not_there(server, call):
    expected = (404, "Servable not found for request: Latest(nobody)")
    assert error_of(ask(server, call, {"examples": [{"x": 1.0}]}, "nobody")) == expected


def test_a_regression_does_not_classify(server):
    status, message = error_of(ask(server, "classify", {"examples": [CAT]}))
    assert status == 400
    assert message.startswith('Expected classification signature outputs to contain at least one of "classes" or')
    assert error_of(ask(server, "regress", {"signature_name": "classify", "examples": [CAT]})) == (
        400,
        "Expected one output Tensor.",
    )
