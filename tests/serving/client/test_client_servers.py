"""The client and its servers: addresses, TLS, sockets, what each status means, and what is tried again."""

from __future__ import annotations

import asyncio
import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import pytest

from serving.client import AsyncColouriser, Colouriser
from serving.doors import messages
from serving.doors.target import Target, grpc_addresses, parse_target
from serving.doors.version import VersionNotFound
from serving.errors import (
    HandtintError,
    ModelNotFound,
    OptionError,
    RateLimited,
    ServerError,
    ServerTimeout,
    ServerUnavailable,
    SignatureNotFound,
    Unauthorised,
)
from tests.serving.gateway.predict_server import PredictServer, colour
from tests.serving.http_stub import HttpStub
from tests.serving.sample_pictures import GOOD

Code = grpc.StatusCode
Colour = Callable[..., Any]


def synchronous(target: str, **options: Any) -> Any:
    with Colouriser(target, **options) as colouriser:
        return colouriser.colourise(GOOD["rgb.png"], task="photo")


def asynchronous(target: str, **options: Any) -> Any:
    async def run() -> Any:
        async with AsyncColouriser(target, **options) as colouriser:
            return await colouriser.colourise(GOOD["rgb.png"], task="photo")

    return asyncio.run(run())


both = pytest.mark.parametrize("colourise", [synchronous, asynchronous])


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("grpc://a:1", Target("grpc", "a:1", False, "grpc://a:1")),
        (
            "grpc://10.0.0.1:1,10.0.0.2:2/",
            Target("grpc", "10.0.0.1:1,10.0.0.2:2", False, "grpc://10.0.0.1:1,10.0.0.2:2"),
        ),
        ("grpcs://[::1]:8500", Target("grpc", "[::1]:8500", True, "grpcs://[::1]:8500")),
        ("unix:/run/a.sock", Target("grpc", "unix:/run/a.sock", False, "unix:/run/a.sock")),
        ("unix:///run/a.sock", Target("grpc", "unix:/run/a.sock", False, "unix:/run/a.sock")),
        ("unix:a.sock", Target("grpc", "unix:a.sock", False, "unix:a.sock")),
        ("http://a:1/", Target("rest", "http://a:1", False, "http://a:1")),
        ("https://a/models", Target("rest", "https://a/models", True, "https://a/models")),
        ("gateway+http://a", Target("gateway", "http://a", False, "gateway+http://a")),
        ("gateway+https://a:1/x/", Target("gateway", "https://a:1/x", True, "gateway+https://a:1/x")),
    ],
)
def test_addresses_are_taken_apart(text: str, target: Target) -> None:
    assert parse_target(text) == target
    plain = text.startswith("grpc://")
    assert grpc_addresses(text) == (target.address if plain else None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "unix:",
        "grpcs://a",
        "gateway://a",
        "gateway+grpc://a:1",
        "https://",
        "gateway+http:///x",
        "http://a b",
        "HTTP//a",
    ],
)
def test_other_addresses_are_refused(text: str) -> None:
    with pytest.raises(OptionError, match="must look like grpc://HOST:PORT or http://HOST:PORT; received"):
        parse_target(text)


@both
@pytest.mark.parametrize(
    ("code", "details", "kind"),
    [
        (Code.UNAVAILABLE, "draining", ServerUnavailable),
        (Code.CANCELLED, "CANCELLED", ServerUnavailable),
        (Code.DEADLINE_EXCEEDED, "late", ServerTimeout),
        (Code.RESOURCE_EXHAUSTED, "Concurrent RPC limit exceeded!", RateLimited),
        (Code.RESOURCE_EXHAUSTED, "Sent message larger than max (2 vs. 1)", ServerError),
        (Code.UNAUTHENTICATED, "who are you", Unauthorised),
        (Code.PERMISSION_DENIED, "not you", Unauthorised),
        (Code.NOT_FOUND, "Servable not found for request: Latest(photo)", ModelNotFound),
        (Code.INVALID_ARGUMENT, "Unrecognized servable version label: x", ModelNotFound),
        (Code.FAILED_PRECONDITION, 'Serving signature key "chroma" not found.', SignatureNotFound),
        (Code.INVALID_ARGUMENT, "Type mismatch", ServerError),
        (Code.INTERNAL, "x" * 1000, ServerError),
    ],
)
def test_statuses_of_grpc(colourise: Colour, code: grpc.StatusCode, details: str, kind: type[ServerError]) -> None:
    calls = []

    def answer(request: Any, context: grpc.ServicerContext) -> np.ndarray:
        calls.append(request)
        context.abort(code, details)
        raise AssertionError("abort raises")

    with PredictServer(answer) as server, pytest.raises(ServerError) as caught:
        colourise(f"grpc://{server.address}")
    assert type(caught.value) is kind
    assert len(str(caught.value)) < 700
    assert len(calls) == (3 if kind is ServerUnavailable else 1)


ERROR = {"Content-Type": "application/json"}


@both
@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (503, "draining", ServerUnavailable),
        (504, "late", ServerTimeout),
        (429, "too many", RateLimited),
        (401, "who are you", Unauthorised),
        (403, "not you", Unauthorised),
        (404, "Servable not found for request: Latest(photo)", ModelNotFound),
        (400, "Unrecognized servable version label: x", ModelNotFound),
        (400, 'Serving signature name: "chroma" not found in signature def', SignatureNotFound),
        (400, "Type mismatch", ServerError),
        (500, "x" * 1000, ServerError),
    ],
)
def test_statuses_of_rest(colourise: Colour, status: int, message: str, kind: type[ServerError]) -> None:
    body = json.dumps({"error": message}).encode()
    with HttpStub([(status, ERROR, body)]) as stub, pytest.raises(ServerError) as caught:
        colourise(stub.url)
    assert type(caught.value) is kind
    assert len(str(caught.value)) < 700
    assert len(stub.requests) == (3 if status == 503 else 1)


@both
@pytest.mark.parametrize("scheme", ["grpc", "http"])
def test_versions_that_are_not_there(colourise: Colour, scheme: str, model_server: dict[str, str]) -> None:
    for options in ({"version": 9}, {"label": "canary"}):
        with pytest.raises(VersionNotFound, match="Ask for one that it serves"):
            colourise(model_server[scheme], **options)
    assert colourise(model_server[scheme], version=1).task == "photo"


PICTURE = (200, {}, GOOD["rgb.png"])


@both
@pytest.mark.parametrize("first", [(503, {}, b""), (0, {}, b"")], ids=["503", "no answer"])
def test_what_nobody_answered_is_asked_again(colourise: Colour, first: Any) -> None:
    with HttpStub([first, first, PICTURE]) as stub:
        assert colourise(f"gateway+{stub.url}").rgb.shape == (60, 90, 3)
        assert len(stub.requests) == 3
        assert len({request.body for request in stub.requests}) == 1
    with HttpStub([first, first, first, PICTURE]) as stub:
        with pytest.raises(ServerUnavailable):
            colourise(f"gateway+{stub.url}")
        assert len(stub.requests) == 3


@both
@pytest.mark.parametrize("status", [400, 404, 413, 429, 500, 502, 504])
def test_what_was_answered_is_not_asked_again(colourise: Colour, status: int) -> None:
    with HttpStub([(status, {}, b""), PICTURE]) as stub:
        with pytest.raises(HandtintError):
            colourise(f"gateway+{stub.url}")
        assert len(stub.requests) == 1


@both
def test_an_answer_that_breaks_off_is_not_asked_for_again(colourise: Colour) -> None:
    """The server has done its work once."""
    with HttpStub([(200, {"Content-Length": "100000"}, GOOD["rgb.png"]), PICTURE]) as stub:
        with pytest.raises(ServerUnavailable, match="the answer broke off"):
            colourise(f"gateway+{stub.url}")
        assert len(stub.requests) == 1


@both
def test_a_server_that_says_when_is_asked_then(colourise: Colour) -> None:
    with HttpStub([(503, {"Retry-After": "2"}, b""), PICTURE]) as stub:
        colourise(f"gateway+{stub.url}")
        first, second = stub.requests
    assert second.at - first.at >= 2
    for when in ("3600", "Wed, 21 Oct 2099 07:28:00 GMT"):  # later than anybody waits: no time is wasted
        with HttpStub([(503, {"Retry-After": when}, b""), PICTURE]) as stub:
            with pytest.raises(ServerUnavailable) as caught:
                colourise(f"gateway+{stub.url}")
            assert len(stub.requests) == 1
        assert caught.value.retry_after >= 3600
    with HttpStub([(503, {"Retry-After": "soon"}, b""), PICTURE]) as stub:
        colourise(f"gateway+{stub.url}")


@both
def test_a_server_that_trickles_does_not_get_round_the_deadline(colourise: Colour) -> None:
    """Each byte comes in time, all of them would take minutes."""
    with HttpStub([PICTURE], slowly=0.1) as stub, pytest.raises(ServerTimeout, match="no answer within 1 s"):
        colourise(f"gateway+{stub.url}", timeout=1)


def test_connections_are_kept() -> None:
    """All calls of a client go over one connection."""
    accepted: list[Any] = []
    body = json.dumps({"outputs": np.zeros((1, 256, 256, 4)).tolist()}).encode()
    with HttpStub([(200, ERROR, body)]) as stub:
        server: ThreadingHTTPServer = stub._server
        get = server.get_request
        server.get_request = lambda: accepted.append(get()) or accepted[-1]  # type: ignore[method-assign,func-returns-value]
        with Colouriser(stub.url) as colouriser:
            for _ in range(3):
                colouriser.colourise(GOOD["rgb.png"], task="photo")
        assert len(accepted) == 1
        assert len(stub.requests) == 3


# ---- TLS and sockets ----


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The files of a key and of a certificate that it signed itself, for 127.0.0.1."""
    if not shutil.which("openssl"):
        pytest.skip("makes its certificates with openssl")
    folder = tmp_path_factory.mktemp("tls")
    key, signed = folder / "server.key", folder / "server.crt"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=server"]
    make += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(signed)]
    subprocess.run(make, check=True, capture_output=True)
    return key, signed


class ElsewhereServer(PredictServer):
    """Colours red at an address of any kind."""

    def __init__(self, where: str = "127.0.0.1:0", credentials: grpc.ServerCredentials | None = None):
        self._answer = lambda request, context: colour(20, 20)
        self._server = grpc.server(ThreadPoolExecutor(2), handlers=[self])
        add = self._server.add_secure_port if credentials else self._server.add_insecure_port
        self.address = f"127.0.0.1:{add(where, *([credentials] if credentials else []))}"
        self._server.start()


@pytest.fixture
def secure_grpc(certificate: tuple[Path, Path]) -> Iterator[str]:
    credentials = grpc.ssl_server_credentials([tuple(path.read_bytes() for path in certificate)])
    with ElsewhereServer(credentials=credentials) as server:
        yield f"grpcs://{server.address}"


@pytest.fixture
def secure_gateway(certificate: tuple[Path, Path]) -> Iterator[str]:
    with HttpStub([PICTURE]) as stub:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate[1], certificate[0])
        stub._server.socket = context.wrap_socket(stub._server.socket, server_side=True, do_handshake_on_connect=False)
        yield f"gateway+{stub.url.replace('http:', 'https:')}"


@both
@pytest.mark.parametrize("server", ["secure_grpc", "secure_gateway"])
def test_tls_with_an_authority_of_ones_own(
    colourise: Colour, server: str, certificate: tuple[Path, Path], request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    url = request.getfixturevalue(server)
    assert colourise(url, ca_file=certificate[1]).width == 90
    with pytest.raises(ServerUnavailable):
        colourise(url, timeout=5)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
    assert colourise(url).width == 90
    for wrong in (certificate[0], certificate[0].parent / "none.crt"):
        with pytest.raises(OptionError, match=r"certificates .* cannot be read"):
            colourise(url, ca_file=wrong)


@both
def test_a_unix_socket(colourise: Colour, tmp_path: Path) -> None:
    where = f"unix:{tmp_path}/model.sock"
    with ElsewhereServer(where):
        assert colourise(where).width == 90
    with pytest.raises(ServerUnavailable, match=f"No answer from a model server at {where}"):
        colourise(where)


class OnlyPhotos(PredictServer):
    """Has no model of drawings, and takes its time to say so."""

    def __init__(self) -> None:
        super().__init__(lambda request, context: colour(0, 0))
        self.asked, self.go_on = threading.Event(), threading.Event()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        handler: Any = super().service(details)
        if details.method != messages.GET_MODEL_STATUS:
            return handler

        def status(request: Any, context: grpc.ServicerContext) -> Any:
            if request.model_spec.name == "sketch":
                self.asked.set()
                self.go_on.wait(60)
                context.abort(Code.NOT_FOUND, "Servable not found for request: Latest(sketch)")
            return handler.unary_unary(request, context)

        return handler._replace(unary_unary=status)


def test_a_model_that_is_just_being_looked_for_fails_no_check() -> None:
    with (
        OnlyPhotos() as server,
        Colouriser(f"grpc://{server.address}") as colouriser,
        ThreadPoolExecutor() as threads,
    ):
        coloured = threads.submit(colouriser.colourise, GOOD["pixel.png"])
        assert server.asked.wait(60)
        try:
            colouriser.check(20)
        finally:
            server.go_on.set()
        assert coloured.result(60).task == "photo"
        colouriser.check(20)


@pytest.mark.parametrize("door", ["grpc", "http", "gateway"])
def test_threads_may_work_while_it_is_closed(door: str, model_server: dict[str, str], gateway: httpx.Client) -> None:
    """Whoever comes too late is told so, not of what that looks like in the depths."""
    colouriser = Colouriser(f"gateway+{gateway.base_url}" if door == "gateway" else model_server[door])
    said: list[BaseException] = []

    def work() -> None:
        try:
            while True:
                colouriser.colourise(GOOD["pixel.png"])
        except BaseException as error:
            said.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    colouriser.check(30)
    colouriser.close()
    for thread in threads:
        thread.join(60)
    assert [(type(error), str(error).split(".")[0]) for error in said] == [
        (OptionError, "This Colouriser is closed")
    ] * 3
