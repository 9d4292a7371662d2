"""The gateway's description: valid, and every example and code sample in it is what really happens."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate
from PIL import Image

from tests.serving.conftest import StartGateway
from tests.serving.gateway.answers import pixels
from tests.serving.gateway.conftest import StartPredict
from tests.serving.sample_pictures import BAD, GOOD

KEY = "the-key-that-opens-this-door"
HEADERS = {"x-api-key": KEY}
PATHS = ("/v1/colourise", "/v1/colourise/batch")


@pytest.fixture(scope="module")
def described(start_gateway: StartGateway, model_server: dict[str, str]) -> httpx.Client:
    return start_gateway(model_server["grpc"], keys=(KEY,), rate="300/minute")


@pytest.fixture(scope="module")
def document(described: httpx.Client) -> dict[str, Any]:
    return described.get("/openapi.json").json()


def test_it_is_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    validate(document)


def test_it_names_every_route(document: dict[str, Any]) -> None:
    assert set(document["paths"]) == {*PATHS, "/healthz", "/readyz"}


@pytest.mark.parametrize("how", ["query", "form"])
def test_every_example_of_an_option_is_taken(described: httpx.Client, document: dict[str, Any], how: str) -> None:
    operation = document["paths"]["/v1/colourise"]["post"]
    tried = 0
    for parameter in operation["parameters"]:
        for example in parameter["schema"].get("examples", []):
            given = {parameter["name"]: str(example)}
            headers = HEADERS | (given if parameter["in"] == "header" else {})
            options = given if parameter["in"] == "query" else {}
            how_sent = {"params": options} if how == "query" else {"data": options}
            response = described.post("/v1/colourise", files={"image": GOOD["rgb.png"]}, headers=headers, **how_sent)
            pixels(response, "JPEG" if "format" in options else "PNG")
            tried += 1
    assert tried == 10
    form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    assert set(form) == {"image", *(each["name"] for each in operation["parameters"] if each["in"] == "query")}


def test_every_code_sample_works(
    document: dict[str, Any], start_gateway: StartGateway, model_server: dict[str, str], tmp_path: Path
) -> None:
    open_gateway = start_gateway(model_server["grpc"])  # the samples show no keys
    for name in ("old.jpg", "other.jpg"):
        (tmp_path / name).write_bytes(GOOD["grey.jpg"])
    samples = [sample for path in PATHS for sample in document["paths"][path]["post"]["x-codeSamples"]]
    assert [sample["lang"] for sample in samples] == ["Shell", "Python", "Shell"]
    for sample in samples:
        source = sample["source"].replace("http://127.0.0.1:8080", str(open_gateway.base_url).rstrip("/"))
        command = ["bash", "-ec", source] if sample["lang"] == "Shell" else [sys.executable, "-c", source]
        subprocess.run(command, cwd=tmp_path, check=True, timeout=120, capture_output=True)
    for name, format in {"new.png": "PNG", "new.jpg": "JPEG"}.items():
        with Image.open(tmp_path / name) as image:
            assert image.format == format
    assert (tmp_path / "coloured.zip").read_bytes().startswith(b"PK\3\4")


def test_every_example_of_a_problem_is_what_comes(
    described: httpx.Client, document: dict[str, Any], start_gateway: StartGateway, start_predict: StartPredict
) -> None:
    def model_that(code: str) -> httpx.Client:
        import grpc

        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            context.abort(getattr(grpc.StatusCode, code), "as the test wants it")

        return start_gateway(f"grpc://{start_predict(answer)}", timeout=5)

    def post(gateway: httpx.Client, data: bytes = GOOD["grey.jpg"], query: str = "", **headers: str) -> httpx.Response:
        return gateway.post(f"/v1/colourise{query}", content=data, headers=HEADERS | headers)

    limited = start_gateway("grpc://127.0.0.1:1", rate="1/day")
    limited.post("/v1/colourise")
    provoke: dict[str, Callable[[], httpx.Response]] = {
        "option": lambda: post(described, query="?saturation=4"),
        "empty": lambda: post(described, b""),
        "broken": lambda: post(described, BAD["header_only.jpg"][0]),
        "unauthorised": lambda: described.post("/v1/colourise"),
        "version-not-found": lambda: post(described, query="?version=9"),
        "not-acceptable": lambda: post(described, accept="text/html"),
        "too-large": lambda: post(described, bytes(50_000_001)),
        "unsupported": lambda: post(described, b"<!doctype html>"),
        "rate-limited": lambda: limited.post("/v1/colourise"),
        "model-not-found": lambda: post(model_that("NOT_FOUND")),
        "model-server": lambda: post(model_that("INTERNAL")),
        "timeout": lambda: post(model_that("DEADLINE_EXCEEDED")),
        "unavailable": lambda: post(model_that("UNAVAILABLE")),
    }
    told = document["paths"]["/v1/colourise"]["post"]["responses"]
    seen = set()
    for code, ask in provoke.items():
        response = ask()
        content = told[str(response.status_code)]["content"]["application/problem+json"]
        expected, found = content["examples"][code]["value"], response.json()
        if code == "rate-limited":  # its numbers are the settings' and the clock's
            expected, found = ({**each, "detail": "", "fix": ""} for each in (expected, found))
        assert found == expected
        seen.add((response.status_code, code))
    task = post(described, GOOD["grey.jpg"], "?task=sketch")
    assert task.json() == told["501"]["content"]["application/problem+json"]["examples"]["model-not-found"]["value"]
    examples = {
        (int(status), code)
        for status, answer in told.items()
        for code in answer["content"].get("application/problem+json", {}).get("examples", {})
    }
    # tests/serving/gateway/test_limits.py has the one that is left
    assert examples - seen == {(501, "model-not-found"), (503, "busy")}


def test_health_is_as_it_says(described: httpx.Client, document: dict[str, Any]) -> None:
    for path in ("/healthz", "/readyz"):
        content = document["paths"][path]["get"]["responses"]["200"]["content"]["text/plain"]
        assert described.get(path).text == content["example"]


def test_it_says_the_limits_of_this_gateway(start_gateway: StartGateway) -> None:
    gateway = start_gateway(
        "grpc://127.0.0.1:1", max_pixels=12_000_000, formats=("jpeg",), more_models={"old": "photo"}
    )
    operation = gateway.get("/openapi.json").json()["paths"]["/v1/colourise"]["post"]
    assert "12 megapixels" in operation["description"]
    assert set(operation["requestBody"]["content"]) == {"image/jpeg", "multipart/form-data"}
    (model,) = [each for each in operation["parameters"] if each["name"] == "model"]
    assert model["schema"]["enum"] == ["old", "photo", "sketch"]
    assert "401" not in operation["responses"]


def test_the_page_that_shows_it_loads_nothing_from_elsewhere(described: httpx.Client) -> None:
    assert described.get("/docs").headers["location"] == "docs/"
    page = described.get("/docs/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in page.text
    assert "<script>" not in page.text
    linked = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(linked) == 4
    types = {"css": "text/css", "js": "text/javascript", "png": "image/png"}
    for name in linked:
        file = described.get(f"/docs/{name}")
        assert file.status_code == 200
        assert file.headers["content-type"].startswith(types[name.rpartition(".")[2]])
    assert described.get("/docs/openapi.json").json()["paths"] == described.get("/openapi.json").json()["paths"]
    for path in ("/docs/none.js", "/docs/..%2f__init__.py", "/docs/swagger-ui.js.map"):
        assert described.get(path).status_code == 404
