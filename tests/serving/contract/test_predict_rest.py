"""REST predict: rows and columns, versions and labels, numbers and bytes as JSON has them."""

from __future__ import annotations

import base64
import json
import math

import numpy as np
import pytest

from .server import error_of, model_spec, predict_request


def b64(data: bytes) -> dict[str, str]:
    return {"b64": base64.b64encode(data).decode()}


SEVERAL = {
    "small": [1, -2],
    "large": [2**60, 0],
    "tiny": [0, 255],
    "flag": [True, False],
    "text": ["grass", b64("ciel ☁".encode())],
    "double": [0.1, 2],
}
SEVERAL_BACK = {**SEVERAL, "text": ["grass", "ciel ☁"], "double": [0.1, 2.0]}


@pytest.mark.parametrize(
    ("path", "y"),
    [
        ("/v1/models/half_plus:predict", 3.5),
        ("/v1/models/half_plus/versions/1:predict", 2.5),
        ("/v1/models/half_plus/versions/01:predict", 2.5),
        ("/v1/models/half_plus/labels/stable:predict", 2.5),
        ("/v1/models/half_plus/labels/canary:predict", 3.5),
        ("/v1/models/half%5Fplus/labels/%63anary:predict", 3.5),
        ("/V1/Models/half_plus/Versions/2:predict", 3.5),
    ],
)
def test_a_path_names_model_and_version(server, path, y):
    answer = server.post(path, {"instances": [1.0]})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"predictions": [y]}


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"instances": [1.0, 2, 5.0]}, {"predictions": [3.5, 4.0, 5.5]}),
        ({"instances": [{"x": 1.0}, {"x": 2.0}]}, {"predictions": [3.5, 4.0]}),
        ({"inputs": [1.0, 2.0]}, {"outputs": [3.5, 4.0]}),
        ({"inputs": {"x": [1.0]}}, {"outputs": [3.5]}),
        ({"inputs": {"x": [1.0], "ignored": "z"}}, {"outputs": [3.5]}),
        ({"inputs": []}, {"outputs": []}),
        ({"signature_name": "serving_default", "instances": [1.0]}, {"predictions": [3.5]}),
        ({"signature_name": "", "instances": [1.0]}, {"predictions": [3.5]}),
        ({"instances": [1.0], "other": {"keys": "are not looked at"}}, {"predictions": [3.5]}),
    ],
    ids=[
        "rows",
        "named rows",
        "columns",
        "a named column",
        "more keys in inputs",
        "none",
        "signature",
        "''",
        "more keys",
    ],
)
def test_rows_and_columns(server, body, answer):
    assert server.post("/v1/models/half_plus:predict", body).json() == answer


def test_a_model_of_tensorflow_1(server):
    assert server.post("/v1/models/tensorflow_1:predict", {"instances": [2.0]}).json() == {"predictions": [6.0]}


def ask(server, signature: str, **body):
    return server.post("/v1/models/kinds:predict", {"signature_name": signature, **body})


def test_several_columns_keep_their_names(server):
    assert ask(server, "several", inputs=SEVERAL).json() == {"outputs": SEVERAL_BACK}


def test_several_outputs_of_a_row_keep_their_names(server):
    rows = [{name: values[i] for name, values in SEVERAL.items()} for i in range(2)]
    back = [{name: values[i] for name, values in SEVERAL_BACK.items()} for i in range(2)]
    assert ask(server, "several", instances=rows).json() == {"predictions": back}


@pytest.mark.parametrize("value", [[[1.0, 2.0, 3.0]], [[[1.0], [2.0]]], [[], []], [1.5]], ids=str)
def test_nested_lists_keep_their_shape(server, value):
    assert ask(server, "anything", inputs=value).json() == {"outputs": value}


def test_a_single_value_has_no_list(server):
    assert ask(server, "anything", inputs=1.5).json() == {"outputs": 1.5}


def test_bytes_come_back_as_bytes_where_the_name_says_so(server):
    sent = b64(b"\x89PNG\r\n\xff")
    assert ask(server, "picture", instances=[sent, {"b64": ""}]).json() == {"predictions": [sent, {"b64": ""}]}
    assert ask(server, "picture", instances=[{"image_bytes": sent}]).json() == {"predictions": [sent]}
    assert ask(server, "picture", inputs={"image_bytes": [sent]}).json() == {"outputs": [sent]}


def test_text_comes_back_as_text(server):
    sent = ['"quotes"', "back\\slash", "tab\t", "ciel ☁", "\x01"]
    assert ask(server, "blob", instances=sent).json() == {"predictions": sent}


def test_bytes_without_padding(server):
    assert ask(server, "blob", instances=[{"b64": "Z3Jhc3M"}]).json() == {"predictions": ["grass"]}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0.1", "0.1"),
        ("3", "3.0"),
        ("-0.0", "-0.0"),
        ("9e6", "9e+06"),
        ("1234567.0", "1234567.0"),
        ("16777216", "16777216.0"),
        ("0.3333333333333333", "0.333333343"),
        ("3e-5", "3e-05"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"),
    ],
)
def test_numbers_print_as_the_original_prints_them(server, number, text):
    body = f'{{"signature_name": "anything", "inputs": [{number}]}}'
    answer = server.post("/v1/models/kinds:predict", body)
    assert answer.status_code == 200
    assert "".join(answer.text.split()) == f'{{"outputs":[{text}]}}'


def test_whole_numbers_and_fractions_mix_in_a_float_tensor(server):
    answer = server.post("/v1/models/kinds:predict", '{"instances": [1, 2.5, -3]}')
    assert answer.json() == {"predictions": [1.0, 2.5, -3.0]}


def test_every_float_comes_back_exactly(server):
    bits = np.random.default_rng(0).integers(0, 2**32, 10_000, dtype=np.uint64).astype(np.uint32)
    sent = bits.view(np.float32)
    answer = server.post("/v1/models/kinds:predict", json.dumps({"inputs": sent.tolist()}))
    received = np.array(json.loads(answer.text)["outputs"], np.float32)
    np.testing.assert_array_equal(received, sent)


def test_both_doors_give_the_same_numbers(server):
    x = np.random.default_rng(0).normal(size=[4, 2, 3]).astype(np.float32)
    over_grpc = server.outputs(predict_request(model_spec("kinds", "grid"), x=x))["y"]
    over_rest = ask(server, "grid", instances=x.tolist()).json()["predictions"]
    np.testing.assert_array_equal(np.array(over_rest, np.float32), over_grpc)


def test_outputs_that_make_no_rows(server):
    assert ask(server, "total", inputs=[1.0, 2.0]).json() == {"outputs": {"sum": 3.0, "x": [1.0, 2.0]}}
    status, message = error_of(ask(server, "total", instances=[1.0, 2.0]))
    assert status == 400
    assert message.startswith("Tensor name: sum has no shape information ")


def test_outputs_of_different_length(server):
    columns = ask(server, "palette", inputs=[[1.0], [3.0]]).json()
    assert columns == {"outputs": {"near": [[1.0], [3.0]], "table": [[1.0], [2.0], [3.0]]}}
    status, message = error_of(ask(server, "palette", instances=[[1.0], [3.0]]))
    assert status == 400
    # Which of the two is looked at first is chance in the original.
    assert message.startswith(
        ("Tensor name: table has inconsistent batch size: 3", "Tensor name: near has inconsistent batch size: 2")
    )


def test_half_precision_is_not_for_json(server):
    assert error_of(ask(server, "half", inputs=[1.0])) == (501, "Conversion of JSON Value: 1.0 to type: half")
    status, message = error_of(ask(server, "half", instances=[1.0]))
    assert status == 400
    assert message.endswith("Error: UNIMPLEMENTED: Conversion of JSON Value: 1.0 to type: half")


def test_what_comes_after_the_first_value_is_not_looked_at(server):
    answer = server.post("/v1/models/half_plus:predict", '\n {"instances": [1.0]} and so on')
    assert answer.json() == {"predictions": [3.5]}


def test_not_a_number_in_and_out(server):
    answer = server.post("/v1/models/half_plus:predict", '{"instances": [NaN, -Infinity]}')
    first, second = json.loads(answer.text)["predictions"]
    assert math.isnan(first)
    assert second == -math.inf
