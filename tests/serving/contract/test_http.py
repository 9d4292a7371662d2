"""REST beside predict: status, metadata, other methods and paths, gzip bodies, questions from pages."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from .server import error_of

PREDICT = "/v1/models/half_plus:predict"
ROW = json.dumps({"instances": [1.0]}).encode()


def one(version: int) -> dict:
    return {"version": str(version), "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}


@pytest.mark.parametrize(
    ("path", "versions"),
    [
        ("/v1/models/half_plus", [2, 1]),
        ("/v1/models/half_plus/versions/1", [1]),
        ("/v1/models/half_plus/labels/stable", [2, 1]),  # as the original has it
        ("/v1/models/half_plus/labels/nobody", [2, 1]),
        ("/V1/MODELS/half_plus", [2, 1]),
        ("/v1/models/tensorflow_1", [3]),
    ],
)
def test_status(server, path, versions):
    answer = server.http.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"model_version_status": list(map(one, versions))}


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("/v1/models/half_plus/metadata", "2"),
        ("/v1/models/half_plus/versions/1/metadata", "1"),
        ("/v1/models/half_plus/labels/stable/metadata", "1"),
    ],
)
def test_metadata(server, path, version):
    answer = server.http.get(path).json()
    assert answer["model_spec"] == {"name": "half_plus", "signature_name": "", "version": version}
    signature = answer["metadata"]["signature_def"]["signature_def"]["serving_default"]
    x = signature["inputs"]["x"]
    assert (x["dtype"], x["name"]) == ("DT_FLOAT", "serving_default_x:0")
    assert x["tensor_shape"] == {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False}
    assert signature["method_name"] == "tensorflow/serving/predict"


def test_metadata_of_a_classification(server):
    answer = server.http.get("/v1/models/examples/metadata").json()
    classify = answer["metadata"]["signature_def"]["signature_def"]["classify"]
    assert classify["method_name"] == "tensorflow/serving/classify"
    assert set(classify["outputs"]) == {"classes", "scores"}


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/v1/models", 400, "Missing model name in request."),
        ("/v1/models/metadata", 404, "Could not find any versions of model metadata"),
        ("/v1/models/nobody", 404, "Could not find any versions of model nobody"),
        ("/v1/models/half_plus/versions/9", 404, "Could not find version 9 of model half_plus"),
        ("/v1/models/nobody/metadata", 404, "Servable not found for request: Latest(nobody)"),
        ("/v1/models/half_plus/labels/x/metadata", 400, "Unrecognized servable version label: x"),
        ("/v1/models/half_plus/", 400, "Malformed request: GET /v1/models/half_plus/"),
        (PREDICT, 400, f"Malformed request: GET {PREDICT}"),
        ("/v1/else", 400, "Malformed request: GET /v1/else"),
    ],
)
def test_wrong_paths_of_status(server, path, status, message):
    assert error_of(server.http.get(path)) == (status, message)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_other_methods(server, method):
    answer = server.http.request(method, "/v1/models/half_plus")
    assert error_of(answer) == (400, f"Malformed request: {method} /v1/models/half_plus")


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/v2/models/half_plus", "/v1", "/monitoring/prometheus/metrics"])
def test_paths_outside_the_api(server, path):
    answer = server.http.get(path)
    assert answer.status_code == 404
    assert not answer.headers["content-type"].startswith("application/json")


def test_a_question_after_the_path_is_not_looked_at(server):
    assert server.post(f"{PREDICT}?a=1", ROW).json() == {"predictions": [3.5]}


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded"], ids=str
)
def test_the_type_of_the_body_is_not_looked_at(server, content_type):
    assert server.post(PREDICT, ROW, content_type=content_type).json() == {"predictions": [3.5]}


@pytest.mark.parametrize("level", [0, 9])
def test_a_gzip_body(server, level):
    assert server.post(PREDICT, gzip.compress(ROW, level), content_encoding="gzip").json() == {"predictions": [3.5]}


def test_a_gzip_body_of_megabytes(server):
    many = json.dumps({"instances": [1.0] * 200_000}).encode() + b" " * 2**20
    answer = server.post("/v1/models/kinds:predict", gzip.compress(many), content_encoding="gzip")
    assert len(answer.json()["predictions"]) == 200_000


@pytest.mark.parametrize(
    "body",
    [
        ROW,
        gzip.compress(ROW)[:-12],
        gzip.compress(ROW)[:5],
        zlib.compress(ROW),
        gzip.compress(ROW)[:20] + b"\x00" * 20,
    ],
    ids=["no gzip", "cut off", "cut off in its head", "zlib", "broken"],
)
def test_a_broken_gzip_body(server, body):
    status, _ = error_of(server.post(PREDICT, body, content_encoding="gzip"))
    assert status == 400


def test_a_gzip_body_beyond_100_megabytes(server):
    packer = zlib.compressobj(wbits=31)
    megabyte = b" " * 2**20
    bomb = b"".join(packer.compress(megabyte) for _ in range(101)) + packer.compress(ROW) + packer.flush()
    assert len(bomb) < 2**18
    status, _ = error_of(server.post(PREDICT, bomb, content_encoding="gzip"))
    assert status == 400
    assert server.post(PREDICT, ROW).json() == {"predictions": [3.5]}


@pytest.mark.parametrize("origin", ["https://example.org", "http://127.0.0.1:8080"])
def test_a_page_may_ask(server, origin):
    answer = server.http.options(PREDICT, headers={"Origin": origin})
    assert answer.status_code == 200
    assert answer.content == b""


@pytest.mark.parametrize("headers", [{}, {"Origin": "null"}, {"Origin": "file://"}], ids=["none", "null", "file"])
def test_only_a_page_may_ask(server, headers):
    assert server.http.options(PREDICT, headers=headers).status_code == 400


def test_without_the_flag_no_answer_is_for_other_origins(server):
    headers = {"Origin": "https://example.org"}
    for answer in (server.http.options(PREDICT, headers=headers), server.http.get("/v1/models/kinds", headers=headers)):
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_a_connection_can_be_used_again(server):
    for _ in range(3):
        answer = server.post(PREDICT, ROW)
        assert answer.json() == {"predictions": [3.5]}
        assert answer.headers.get("connection", "keep-alive").lower() == "keep-alive"
