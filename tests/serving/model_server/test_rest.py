"""The REST door: routes, forms, statuses and texts as TensorFlow Serving has them."""

from __future__ import annotations

import base64
import json
import math
import socket

import numpy as np
import pytest
import tensorflow as tf

from serving.model_server.json_request import COLUMNS
from serving.model_server.json_response import write_outputs

KINDS = {
    "small": [1, -2],
    "large": [2**60, 0],
    "tiny": [0, 255],
    "flag": [True, False],
    "text": ["grass", {"b64": base64.b64encode("ciel ☁".encode()).decode()}],
    "double": [0.1, 2],
}


def error(answer) -> tuple[int, str]:
    """Status and message of an answer that must be an error in the documented form."""
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == ["error"]
    return answer.status_code, body["error"]


def test_rows_are_answered_with_predictions(zoo):
    answer = zoo.post({"instances": [1.0, 2, 5.0]})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"predictions": [2.5, 3.0, 4.5]}
    assert zoo.post({"instances": [{"x": 1.0}, {"x": 2.0}]}).json() == {"predictions": [2.5, 3.0]}


def test_columns_are_answered_with_outputs(zoo):
    assert zoo.post({"inputs": [1.0, 2.0]}).json() == {"outputs": [2.5, 3.0]}
    assert zoo.post({"inputs": {"x": [1.0]}}).json() == {"outputs": [2.5]}
    assert zoo.post({"inputs": {"x": [1.0], "ignored": "as the original does"}}).json() == {"outputs": [2.5]}
    assert zoo.post({"inputs": []}).json() == {"outputs": []}


def test_several_outputs_keep_their_names(zoo):
    expected = {**KINDS, "text": ["grass", "ciel ☁"], "double": [0.1, 2.0]}
    assert zoo.post({"inputs": KINDS}, "kinds").json() == {"outputs": expected}
    rows = [{name: values[i] for name, values in KINDS.items()} for i in range(2)]
    expected_rows = [{name: values[i] for name, values in expected.items()} for i in range(2)]
    assert zoo.post({"instances": rows}, "kinds").json() == {"predictions": expected_rows}


def test_nested_arrays_keep_their_shape(zoo):
    rows = [[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]]
    assert zoo.post({"instances": rows}, "anything").json() == {"predictions": rows}
    assert zoo.post({"inputs": [[], []]}, "anything").json() == {"outputs": [[], []]}


def test_an_output_without_rows_needs_the_column_form(zoo):
    assert zoo.post({"inputs": [1.0, 2.0]}, "total").json() == {"outputs": {"sum": 3.0, "x": [1.0, 2.0]}}
    assert error(zoo.post({"instances": [1.0, 2.0]}, "total")) == (
        400,
        "Tensor name: sum has no shape information "
        "(the outputs do not make rows: send 'inputs', one array an input, instead of 'instances')",
    )


def test_an_output_without_a_batch_dimension_needs_the_column_form(zoo):
    answer = zoo.post({"inputs": [[1.0], [3.0]]}, "palette").json()["outputs"]
    assert answer == {"centres": [[-70.0, 70.0], [0.0, 0.0], [60.0, 40.0]], "probabilities": [[1.0], [3.0]]}
    assert error(zoo.post({"instances": [[1.0], [3.0]]}, "palette")) == (
        400,
        "Tensor name: probabilities has inconsistent batch size: 2 expecting: 3 "
        "(the outputs do not make rows: send 'inputs', one array an input, instead of 'instances')",
    )


@pytest.mark.parametrize(
    ("signature", "number", "text"),
    [
        ("anything", 0.1, "0.1"),
        ("anything", 3, "3.0"),
        ("anything", -0.0, "-0.0"),
        ("anything", 9e6, "9e+06"),
        ("anything", 1234567.0, "1234567.0"),
        ("anything", 16777216.0, "16777216.0"),
        ("anything", 1 / 3, "0.333333343"),
        ("anything", 3e-5, "3e-05"),
        ("anything", math.nan, "NaN"),
        ("anything", math.inf, "Infinity"),
        ("anything", -math.inf, "-Infinity"),
        ("anything", 1e39, "Infinity"),
    ],
)
def test_numbers_print_as_the_original_prints_them(zoo, signature, number, text):
    body = json.dumps({"signature_name": signature, "inputs": number})
    assert zoo.post(body).text.split('"outputs": ')[1] == text + "\n}"


def test_every_float_comes_back_exactly(zoo):
    bits = np.random.default_rng(0).integers(0, 2**32, 20_000, dtype=np.uint64).astype(np.uint32)
    sent = bits.view(np.float32)
    answer = zoo.post(json.dumps({"signature_name": "anything", "inputs": sent.tolist()}))
    received = np.array(json.loads(answer.text)["outputs"], np.float32)
    np.testing.assert_array_equal(received, sent)


def test_status_and_metadata(zoo):
    expected = {"version": "7", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    for path in (
        "/v1/models/zoo",
        "/v1/models/zoo/versions/7",
        "/V1/Models/zoo",
        "/v1/models/zoo/labels/any",
    ):
        assert zoo.http.get(path).json() == {"model_version_status": [expected]}
    for path in ("/v1/models/zoo/metadata", "/v1/models/zoo/versions/7/metadata"):
        answer = zoo.http.get(path).json()
        assert answer["model_spec"] == {"name": "zoo", "signature_name": "", "version": "7"}
        chroma = answer["metadata"]["signature_def"]["signature_def"]["chroma"]
        assert chroma["inputs"]["luminance"]["dtype"] == "DT_FLOAT"
        assert [d["size"] for d in chroma["inputs"]["luminance"]["tensor_shape"]["dim"]] == [
            "-1",
            "8",
            "8",
            "1",
        ]
        assert chroma["method_name"] == "tensorflow/serving/predict"


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/v1/models/nobody:predict", 404, "Servable not found for request: Latest(nobody)"),
        ("/v1/models/zoo/versions/9:predict", 404, "Servable not found for request: Specific(zoo, 9)"),
        ("/v1/models/zoo/labels/x:predict", 400, "Unrecognized servable version label: x"),
        ("/v1/models/a%2Fb%3Ac:predict", 404, "Servable not found for request: Latest(a/b:c)"),
        (
            "/v1/models/zoo/versions/99999999999999999999:predict",
            400,
            "Failed to convert version: 99999999999999999999 to numeric.",
        ),
        (
            "/v1/models/zoo:classify",
            400,
            "JSON Value: {\"instances\": [1.0]} When method is classify, key 'examples' is expected and was not found",
        ),
        ("/v1/models/zoo:explain", 400, "Malformed request: POST /v1/models/zoo:explain"),
        ("/v1/models/zoo:predict/", 400, "Malformed request: POST /v1/models/zoo:predict/"),
        (
            "/v1/models/zoo/versions/one:predict",
            400,
            "Malformed request: POST /v1/models/zoo/versions/one:predict",
        ),
        ("/v1/models/zoo", 400, "Malformed request: POST /v1/models/zoo"),
        ("/v1//models/zoo:predict", 400, "Malformed request: POST /v1//models/zoo:predict"),
    ],
)
def test_wrong_routes_of_predict(zoo, path, status, message):
    assert error(zoo.post({"instances": [1.0]}, path=path)) == (status, message)


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/v1/models", 400, "Missing model name in request."),
        ("/v1/models/nobody", 404, "Could not find any versions of model nobody"),
        ("/v1/models/zoo/versions/9", 404, "Could not find version 9 of model zoo"),
        ("/v1/models/nobody/metadata", 404, "Servable not found for request: Latest(nobody)"),
        ("/v1/models/zoo:predict", 400, "Malformed request: GET /v1/models/zoo:predict"),
        ("/v1/else", 400, "Malformed request: GET /v1/else"),
    ],
)
def test_wrong_routes_of_status(zoo, path, status, message):
    assert error(zoo.http.get(path)) == (status, message)


def test_other_methods_and_other_paths(zoo):
    assert error(zoo.http.put("/v1/models/zoo")) == (400, "Malformed request: PUT /v1/models/zoo")
    for path in ("/", "/favicon.ico", "/v2/models/zoo"):
        assert zoo.http.get(path).status_code == 404


@pytest.mark.parametrize(
    ("signature", "body", "message"),
    [
        ("", {}, "Missing 'inputs' or 'instances' key"),
        ("", {"inputs": [1.0], "instances": [1.0]}, "only one of 'inputs' or 'instances' keys to exist "),
        ("", {"instances": 1.0}, "Expecting 'instances' to be an list/array"),
        ("", {"instances": []}, "No values in 'instances' array"),
        ("", {"inputs": {"z": [1.0]}}, "Missing named input: x in 'inputs' object."),
        (
            "",
            {"instances": [{"x": 1.0, "z": 1.0}]},
            "key: z of 'instances' list. Error: INVALID_ARGUMENT: JSON object:",
        ),
        ("kinds", {"instances": [{"small": 1}]}, "keys must be equal to: double,flag,large,small,text,tiny"),
        ("", {"instances": [{"x": 1.0}, 2.0]}, "Expecting object but got list at item 1 of input list"),
        ("", {"instances": [1.0, {"x": 1.0}]}, "Expecting value/list but got object at item 1 of input list"),
        ("", {"inputs": ["sky"]}, 'JSON Value: "sky" Type: String is not of expected type: float'),
        ("", {"inputs": [True]}, "JSON Value: true Type: True is not of expected type: float"),
        ("", {"inputs": [None]}, "JSON Value: null Type: Null is not of expected type: float"),
        ("", {"inputs": [{"b64": "AAAA"}]}, "Type: Object is not of expected type: float"),
        (
            "",
            {"instances": [1.0, "sky"]},
            "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT",
        ),
        ("anything", {"instances": [[1.0], [1.0, 2.0]]}, "Expecting tensor size: 1 but got: 2"),
        ("anything", {"instances": [[1.0, 2.0], [[1.0], [2.0]]]}, "Expecting shape [2] but got: [2,1]"),
        ("anything", {"inputs": [[1.0], [1.0, 2.0]]}, "Encountered list at unexpected size: 2 at level: 1"),
        ("anything", {"inputs": [[1.0], 2.0]}, "JSON Value: 2.0 found at incorrect level: 2"),
        ("anything", {"inputs": [1.0, [2.0]]}, "Encountered list at unexpected level: 1 expected < 1"),
        ("kinds", {"inputs": [1.0]}, "inputs is a plain value/list, but expecting an object"),
        ("kinds", {"instances": [1.0]}, "instances is a plain list, but expecting list of objects"),
        (
            "kinds",
            {"inputs": {**KINDS, "small": [1.0]}},
            "JSON Value: 1.0 Type: Number is not of expected type: int32",
        ),
        ("kinds", {"inputs": {**KINDS, "small": [2**31]}}, "is not of expected type: int32"),
        ("kinds", {"inputs": {**KINDS, "tiny": [256]}}, "is not of expected type: uint8"),
        ("kinds", {"inputs": {**KINDS, "large": [2**70]}}, "is not of expected type: int64"),
        ("kinds", {"inputs": {**KINDS, "flag": [1]}}, "is not of expected type: bool"),
        ("kinds", {"inputs": {**KINDS, "text": [1]}}, "is not of expected type: string"),
        ("kinds", {"inputs": {**KINDS, "text": [{"b64": "!"}]}}, "Unable to base64 decode"),
        ("kinds", {"inputs": {**KINDS, "text": [{"b64": 1}]}}, "not formatted correctly for base64 data"),
        ("kinds", {"inputs": {**KINDS, "double": [10**400]}}, "is not of expected type: double"),
        ("s", {"inputs": [1.0]}, 'Serving signature name: "s" not found in signature def'),
    ],
)
def test_wrong_bodies_say_what_is_wrong(zoo, signature, body, message):
    status, received = error(zoo.post(body, signature))
    assert status == 400
    assert message in received


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "JSON Parse error: The document is empty"),
        (b"{", "JSON Parse error: "),
        (b"\xff\xfe\x00", "JSON Parse error: "),
        (b"[1, 2]", "JSON Value: [1, 2] Is not object"),
        (b'{"instances": [' + b"1" * 5000 + b"]}", "JSON Parse error: "),
        (b'{"signature_name": 3, "instances": [1]}', "'signature_name' key must be a string value."),
        (b'{"signature_name": "lookup", "instances": ["\\ud800"]}', "half of a surrogate pair"),
        (b'{"signature_name": "\\ud800", "instances": [1]}', "half of a surrogate pair"),
        (b'{"a": ' * 100_000 + b"1" + b"}" * 100_000, "JSON Parse error: The document is nested too deeply"),
        (b'{"inputs": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "nested too deeply"),
        (b'{"signature_name": "anything", "inputs": ' + b"[" * 900 + b"]" * 900 + b"}", "unexpected level"),
        (
            b'{"instances": {"x": ' + b"[" * 900 + b"]" * 900 + b"}}",
            "Expecting 'instances' to be an list/array",
        ),
    ],
)
def test_hostile_bodies_are_turned_down(zoo, body, message):
    status, received = error(zoo.post(body))
    assert status == 400
    assert message in received
    assert len(received) < 1000


def test_what_json_cannot_carry(zoo):
    assert error(zoo.post({"inputs": [1.0]}, "half")) == (501, "Conversion of JSON Value: 1.0 to type: half")
    status, message = error(zoo.post({"inputs": [{"b64": "/w=="}]}, "blob"))
    assert (status, "not UTF-8 text" in message) == (400, True)


def test_a_body_beyond_the_limit_is_refused_unread(zoo):
    with socket.create_connection(("127.0.0.1", zoo.server.rest_port), timeout=10) as connection:
        head = f"POST /v1/models/zoo:predict HTTP/1.1\r\nHost: x\r\nContent-Length: {10**12}\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"a\0\0", '{"b64": "YQAA"}'),  # numpy's own strings end at their last byte that is not zero
        ([b"a\0", b"", b"\0"], '[{"b64": "YQA="}, {"b64": ""}, {"b64": "AA=="}]'),
        (np.zeros([0, 2], object), "[]"),
        (np.zeros([2, 0], object), "[[], []]"),
    ],
)
def test_bytes_keep_their_zeros_at_the_end(value, text):
    outputs = {"blob_bytes": tf.constant(value, tf.string)}
    assert write_outputs(outputs, COLUMNS).decode() == f'{{\n    "outputs": {text}\n}}'


@pytest.mark.parametrize(("value", "text"), [(2.0, "2.0"), (True, "true"), (7, "7"), (b"a\0", '"a\\u0000"')])
def test_a_single_value_stands_for_itself(value, text):
    assert write_outputs({"y": tf.constant(value)}, COLUMNS).decode() == f'{{\n    "outputs": {text}\n}}'
