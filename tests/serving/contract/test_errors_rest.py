"""REST errors: what is wrong with a path, a body, a value."""

from __future__ import annotations

import json

import pytest

from .server import error_of
from .test_predict_rest import SEVERAL, ask


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/v1/models/nobody:predict", 404, "Servable not found for request: Latest(nobody)"),
        ("/v1/models/half_plus/versions/9:predict", 404, "Servable not found for request: Specific(half_plus, 9)"),
        ("/v1/models/half_plus/labels/x:predict", 400, "Unrecognized servable version label: x"),
        ("/v1/models/a%2Fb%3Ac:predict", 404, "Servable not found for request: Latest(a/b:c)"),
        (
            "/v1/models/half_plus/versions/99999999999999999999:predict",
            400,
            "Failed to convert version: 99999999999999999999 to numeric.",
        ),
        ("/v1/models/half_plus:explain", 400, "Malformed request: POST /v1/models/half_plus:explain"),
        ("/v1/models/half_plus:predict/", 400, "Malformed request: POST /v1/models/half_plus:predict/"),
        (
            "/v1/models/half_plus/versions/one:predict",
            400,
            "Malformed request: POST /v1/models/half_plus/versions/one:predict",
        ),
        (
            "/v1/models/half_plus/versions/1/labels/stable:predict",
            400,
            "Malformed request: POST /v1/models/half_plus/versions/1/labels/stable:predict",
        ),
        ("/v1/models/half_plus", 400, "Malformed request: POST /v1/models/half_plus"),
        ("/v1//models/half_plus:predict", 400, "Malformed request: POST /v1//models/half_plus:predict"),
        ("/v1/", 400, "Malformed request: POST /v1/"),
    ],
)
def test_wrong_paths_of_predict(server, path, status, message):
    assert error_of(server.post(path, {"instances": [1.0]})) == (status, message)


@pytest.mark.parametrize("call", ["predict", "classify", "regress"])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "JSON Parse error: The document is empty"),
        (b"{", "JSON Parse error: "),
        (b'{"instances": [1,]}', "JSON Parse error: "),
        (b"[1]", "JSON Value: [1] Is not object"),
        (b'{"signature_name": 3}', " not formatted correctly. 'signature_name' key must be a string value."),
    ],
    ids=["empty", "cut off", "a comma too many", "a list", "no signature"],
)
def test_bodies_that_are_no_request(server, call, body, message):
    status, received = error_of(server.post(f"/v1/models/examples:{call}", body))
    assert status == 400
    assert message in received


@pytest.mark.parametrize(
    ("signature", "body", "message"),
    [
        ("", {}, "Missing 'inputs' or 'instances' key"),
        ("", {"inputs": [1.0], "instances": [1.0]}, "only one of 'inputs' or 'instances' keys to exist "),
        ("", {"instances": 1.0}, "Expecting 'instances' to be an list/array"),
        ("", {"instances": []}, "No values in 'instances' array"),
        ("", {"inputs": {"z": [1.0]}}, "Missing named input: x in 'inputs' object."),
        ("", {"instances": [{"x": 1.0}, 2.0]}, "Expecting object but got list at item 1 of input list"),
        ("", {"instances": [1.0, {"x": 1.0}]}, "Expecting value/list but got object at item 1 of input list"),
        (
            "",
            {"instances": [{"x": 1.0, "z": 1.0}]},
            "Failed to process element: 0 key: z of 'instances' list. "
            "Error: INVALID_ARGUMENT: JSON object: does not have named input: z",
        ),
        ("several", {"instances": [{"small": 1}]}, " keys must be equal to: double,flag,large,small,text,tiny"),
        ("", {"inputs": ["sky"]}, 'JSON Value: "sky" Type: String is not of expected type: float'),
        ("", {"inputs": [True]}, "JSON Value: true Type: True is not of expected type: float"),
        ("", {"inputs": [None]}, "JSON Value: null Type: Null is not of expected type: float"),
        ("", {"inputs": [{"b64": "AAAA"}]}, "Type: Object is not of expected type: float"),
        (
            "",
            {"instances": [1.0, "sky"]},
            "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: "
            'JSON Value: "sky" Type: String is not of expected type: float',
        ),
        ("anything", {"instances": [[1.0], [1.0, 2.0]]}, "Expecting tensor size: 1 but got: 2"),
        ("anything", {"instances": [[1.0, 2.0], [[1.0], [2.0]]]}, "Expecting shape [2] but got: [2,1]"),
        (
            "anything",
            {"inputs": [[1.0], [1.0, 2.0]]},
            "Encountered list at unexpected size: 2 at level: 1 expected size: 1",
        ),
        (
            "anything",
            {"inputs": [[1.0], 2.0]},
            "JSON Value: 2.0 found at incorrect level: 2 in the JSON DOM. Expected at level: 2",
        ),
        ("anything", {"inputs": [1.0, [2.0]]}, "Encountered list at unexpected level: 1 expected < 1"),
        (
            "several",
            {"inputs": [1.0]},
            "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "
            "tensorinfo_map",
        ),
        (
            "several",
            {"instances": [1.0]},
            "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
            "tensorinfo_map",
        ),
        (
            "several",
            {"inputs": {**SEVERAL, "small": [1.0]}},
            "JSON Value: 1.0 Type: Number is not of expected type: int32",
        ),
        ("several", {"inputs": {**SEVERAL, "small": [2**31]}}, "is not of expected type: int32"),
        ("several", {"inputs": {**SEVERAL, "large": [0.5]}}, "Type: Number is not of expected type: int64"),
        ("several", {"inputs": {**SEVERAL, "flag": [1]}}, "is not of expected type: bool"),
        ("several", {"inputs": {**SEVERAL, "text": [1]}}, "is not of expected type: string"),
        ("several", {"inputs": {**SEVERAL, "text": [{"b64": "!"}]}}, "Unable to base64 decode"),
        ("several", {"inputs": {**SEVERAL, "text": [{"b64": 1}]}}, "not formatted correctly for base64 data"),
        (
            "several",
            {"inputs": {**SEVERAL, "text": [{"b64": "", "more": ""}]}},
            "not formatted correctly for base64 data",
        ),
        ("small_only", {"instances": [99.0]}, "Too large for this model."),
        ("s", {"inputs": [1.0]}, 'Serving signature name: "s" not found in signature def'),
    ],
)
def test_wrong_values(server, signature, body, message):
    status, received = error_of(ask(server, signature, **body))
    assert status == 400
    assert message in received


@pytest.mark.stricter
@pytest.mark.parametrize(
    ("body", "message"),
    [
        # the original's parser is no recursion, but what follows it is
        (b'{"a": ' * 100_000 + b"1" + b"}" * 100_000, "JSON Parse error: The document is nested too deeply"),
        (b'{"instances": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "nested too deeply"),
        # the original does not look whether strings are UTF-8
        (b'{"signature_name": "blob", "instances": ["\xff"]}', "JSON Parse error: "),
        # the original cuts 256 down to 0
        (
            json.dumps({"signature_name": "several", "inputs": {**SEVERAL, "tiny": [256, 0]}}).encode(),
            "JSON Value: 256 Type: Number is not of expected type: uint8",
        ),
        # the original writes what is no JSON
        (b'{"signature_name": "blob", "inputs": [{"b64": "/w=="}]}', "not UTF-8 text"),
        (b'{"signature_name": "grid", "instances": [[1.0]]}', "expect [?,2,3]"),
    ],
    ids=["deep objects", "deep lists", "no UTF-8", "a byte of 256", "bytes without _bytes", "a wrong shape"],
)
def test_what_the_original_lets_pass(server, body, message):
    status, received = error_of(server.post("/v1/models/kinds:predict", body))
    assert status == 400
    assert message in received
    assert len(received) < 1000
