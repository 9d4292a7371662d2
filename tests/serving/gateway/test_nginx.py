"""A real nginx in front of the real gateway under gunicorn, in front of a model server."""

from __future__ import annotations

import json
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from serving.gateway.options import too_many_bytes
from serving.gateway.problems import to_problem
from serving.gateway.settings import FORM_BYTES, Settings
from serving.gateway.site import _HEADERS as PAGE_HEADERS
from serving.gateway.site import _POLICY, _TYPES
from tests.conftest import ROOT
from tests.serving.gateway.answers import pixels, problem, read_all
from tests.serving.gateway.nginx import Nginx
from tests.serving.gateway.processes import Gunicorn, free_port
from tests.serving.sample_pictures import GOOD

PICTURE = GOOD["grey.jpg"]
CONF = (ROOT / "serving/gateway/nginx.conf").read_text("utf-8")
SETTINGS = Settings("grpc://127.0.0.1:8500", authentication=False)


@pytest.fixture(scope="module")
def gunicorn(model_server: dict[str, str]) -> Iterator[Gunicorn]:
    gunicorn = Gunicorn(SERVER=model_server["grpc"], NO_AUTHENTICATION="1", PROXIES="1")
    yield gunicorn
    gunicorn.close()


@pytest.fixture(scope="module")
def nginx(gunicorn: Gunicorn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    nginx = Nginx(tmp_path_factory.mktemp("nginx"), gunicorn.address)
    yield nginx
    said = nginx.stop()
    assert "127.0.0." not in said  # neither whom it spoke with nor what they asked for
    log = (nginx.folder / "log/access.log").read_text()
    assert "private" not in log
    assert "127.0.0.2" not in log


@pytest.fixture(scope="module")
def client(nginx: Nginx) -> Iterator[httpx.Client]:
    with nginx.client() as client:
        yield client


def test_the_documented_commands_answer(nginx: Nginx) -> None:
    done = subprocess.run(["bash", "-c", nginx.ask], cwd=nginx.folder.parent.parent, capture_output=True, text=True)
    assert done.stdout == "ok\n", done.stderr


def test_tls_is_modern(nginx: Nginx) -> None:
    nginx.tls.set_alpn_protocols(["h2", "http/1.1"])
    with nginx.connect() as connection:
        assert (connection.version(), connection.selected_alpn_protocol()) == ("TLSv1.3", "h2")
    nginx.tls.set_alpn_protocols(["http/1.1"])
    old = ssl.create_default_context(cafile=str(nginx.folder / "tls/certificate.pem"))
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(("127.0.0.1", nginx.port), timeout=60) as plain,
        old.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        cipher = connection.cipher()
    assert cipher
    assert re.match("ECDHE-.*(GCM|CHACHA20)", cipher[0])
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{nginx.port}", "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"]
    refused = subprocess.run(command, input="", capture_output=True, text=True, timeout=60)
    assert "alert protocol version" in refused.stderr


def test_plain_http_has_only_the_way_to_tls(nginx: Nginx) -> None:
    for method in ("GET", "POST"):
        answer = httpx.request(method, f"http://localhost:{nginx.plain_port}/v1/colourise?task=photo", timeout=60)
        assert answer.status_code == 308
        assert answer.headers["location"] == f"https://localhost:{nginx.port}/v1/colourise?task=photo"
    answer = httpx.get(f"http://localhost:{nginx.port}/docs/", timeout=60)
    assert (answer.status_code, answer.headers["location"]) == (308, f"https://localhost:{nginx.port}/docs/")


def test_a_picture_is_the_same_through_nginx(client: httpx.Client, gunicorn: Gunicorn) -> None:
    for path in ("/v1/colourise", "/v1/colourise?format=jpeg&saturation=1.2"):
        through, straight = (each.post(path, content=PICTURE) for each in (client, gunicorn.client))
        assert through.status_code == 200, through.text
        assert through.content == straight.content
        assert through.headers["handtint-task"] == straight.headers["handtint-task"] == "photo"
    assert through.headers.get_list("strict-transport-security") == ["max-age=31536000"]
    assert through.headers.get_list("x-content-type-options") == ["nosniff"]
    assert through.headers["server"] == "nginx"
    form = client.post("/v1/colourise", files={"image": ("private.png", GOOD["rgb.png"])}, data={"task": "photo"})
    assert pixels(form).shape[2] == 3


def test_problems_of_the_gateway_stay_as_they_are(client: httpx.Client, gunicorn: Gunicorn) -> None:
    for path, body in (("/v1/colourise?saturation=9", PICTURE), ("/v1/colourise", b"<html>"), ("/v1/none", b"")):
        through, straight = (each.post(path, content=body) for each in (client, gunicorn.client))
        assert through.status_code == straight.status_code >= 400
        assert through.content == straight.content
        assert through.headers["content-type"] == "application/problem+json"


def test_health_and_documents(client: httpx.Client, gunicorn: Gunicorn) -> None:
    for path in ("/healthz", "/readyz"):
        assert (client.get(path).status_code, client.get(path).text) == (200, "ok\n")
    for path in ("/openapi.json", "/server.json", "/docs/", "/docs/swagger-ui.css"):
        through, straight = client.get(path), gunicorn.client.get(path)
        assert through.content == straight.content
        for name in ("content-type", "content-security-policy"):
            assert through.headers[name] == straight.headers[name]
    assert client.get("/docs").headers["location"] == "docs/"


def test_a_request_keeps_its_id(client: httpx.Client, nginx: Nginx) -> None:
    with nginx.client("127.0.0.2") as other:
        given = other.post("/v1/colourise?task=private", content=PICTURE, headers={"x-request-id": "scan-1907"})
    assert (given.status_code, given.headers["x-request-id"]) == (400, "scan-1907")
    entry = nginx.logged("scan-1907")
    assert (entry["method"], entry["route"], entry["status"]) == ("POST", "/v1/colourise", 400)
    assert entry["gateway_status"] == "400"
    for path in ("/healthz", "/none"):  # the gateway's answer and nginx's own
        found = client.get(path, headers={"x-request-id": "no plain word"}).headers["x-request-id"]
        assert re.fullmatch("[0-9a-f]{32}", found)
        assert nginx.logged(found)["route"] in ("/healthz", "page")


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/", "no-cache"),
        ("/service_worker.js", "no-cache"),
        ("/models/photo/see.json", "no-cache"),
        ("/assets/index-BGGtFJIN.js", "public, max-age=31536000, immutable"),
        ("/assets/tfjs-BrM3BlWr.wasm", "public, max-age=31536000, immutable"),
    ],
)
def test_the_page(client: httpx.Client, nginx: Nginx, path: str, kept: str) -> None:
    response = client.get(path)
    name = path if path != "/" else "/index.html"
    assert response.status_code == 200
    assert response.content == (nginx.folder / f"web{name}").read_bytes()
    assert response.headers["content-type"].split(";")[0] == _TYPES[Path(name).suffix]
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["cache-control"] == kept
    # as the gateway gives it out when nothing is in front of it
    policy = _POLICY.search((ROOT / "web/index.html").read_text("utf-8"))
    assert policy
    expected = {
        **PAGE_HEADERS,
        "Content-Security-Policy": f"{policy[1]}; frame-ancestors 'none'",
        "Cache-Control": kept,
    }
    assert {header: response.headers[header] for header in expected} == expected
    assert response.headers["strict-transport-security"] == "max-age=31536000"
    again = client.get(path, headers={"if-none-match": response.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/none.js", "/metrics", "/.hidden", "/assets/", "/nginx.conf", "/tls/key.pem"])
def test_nothing_else_is_given_out(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    problem(response, 404, "not-found")
    assert response.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_what_is_not_http_as_nginx_reads_it(client: httpx.Client, nginx: Nginx) -> None:
    response = client.delete("/")
    problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == "GET, HEAD"
    problem(client.get("/..%2fnginx.conf"), 400, "bad-request")
    problem(client.get(f"/?{'a' * 9000}"), 414, "request-uri-too-long")
    problem(client.get("/", headers={"x-long": "a" * 9000}), 431, "request-header-fields-too-large")
    with nginx.connect() as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        assert b'"type": "urn:handtint:problem:bad-request"' in read_all(connection)


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(nginx: Nginx) -> None:
    limits = {
        "/v1/colourise": SETTINGS.max_bytes + FORM_BYTES,
        "/v1/colourise/batch": SETTINGS.max_batch_bytes,
    }
    for path, limit in limits.items():
        with nginx.connect() as connection:
            head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {limit + 1}\r\n"
            connection.sendall(f"{head}X-Request-Id: too-long\r\n\r\n".encode())
            answer, _, body = read_all(connection).partition(b"\r\n\r\n")  # not a byte of the body has been sent
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"Content-Type: application/problem+json\r\n" in answer
        if path == "/v1/colourise":
            assert body == to_problem(too_many_bytes(SETTINGS.max_bytes)).to_json()
        else:
            detail = f"The batch has more than {SETTINGS.max_batch_bytes / 1e6:g} MB or {SETTINGS.max_batch} pictures."
            assert json.loads(body)["detail"] == detail
        with nginx.connect() as connection:  # one byte less is asked for
            head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {limit}\r\n"
            connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
            assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
    assert nginx.logged("too-long")["method"] == "POST"


def test_nginx_is_as_strict_as_the_gateway() -> None:
    assert f"client_max_body_size {SETTINGS.max_bytes + FORM_BYTES};" in CONF
    assert f"client_max_body_size {SETTINGS.max_batch_bytes};" in CONF
    problems = [json.loads(text) for text in re.findall(r"'(\{\"type\".*\})';", CONF)]
    assert {each["status"] for each in problems} >= {400, 404, 413, 429, 500, 503, 504}
    for each in problems:
        assert sorted(each) == ["detail", "fix", "status", "title", "type"]
        assert re.fullmatch("urn:handtint:problem:[a-z-]+", each["type"])


def test_no_gateway_is_a_problem_that_says_when_to_try_again(tmp_path: Path) -> None:
    nginx = Nginx(tmp_path, f"127.0.0.1:{free_port()}")
    try:
        with nginx.client() as client:
            for response in (client.post("/v1/colourise", content=PICTURE), client.get("/healthz")):
                problem(response, 503, "unavailable")
                assert response.headers["retry-after"] == "5"
            assert client.get("/").status_code == 200  # the page needs no gateway
    finally:
        nginx.stop()
