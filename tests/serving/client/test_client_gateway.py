"""The client in front of a gateway: the same colours, options and errors, and a key that nobody else reads."""

from __future__ import annotations

import json
import logging
import socket
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from serving.client import Colouriser, Hint
from serving.doors.version import VersionNotFound
from serving.errors import (
    BrokenPicture,
    EmptyPicture,
    HandtintError,
    ModelNotFound,
    NotOffered,
    OptionError,
    PictureError,
    PictureTooLarge,
    RateLimited,
    ServerError,
    ServerTimeout,
    ServerUnavailable,
    Unauthorised,
    UnsupportedPicture,
)
from serving.gateway.problem_examples import problem_examples
from serving.gateway.settings import Settings
from tests.serving.conftest import StartGateway
from tests.serving.http_stub import HttpStub
from tests.serving.sample_pictures import ALPHA, BAD, GOOD, GREY, HEIGHT, WIDTH

KEY = "ht_abcdefgh_0123456789012345678901234567890123456789012"


def address(client: httpx.Client) -> str:
    return f"gateway+{client.base_url}".rstrip("/")


def problem(status: int, code: str, detail: str = "It is so.", **headers: str) -> tuple[int, dict[str, str], bytes]:
    body = {"type": f"urn:handtint:problem:{code}", "title": "No", "status": status, "detail": detail, "fix": "Do so."}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"Content-Type": "application/problem+json", **named}, json.dumps(body).encode()


@pytest.fixture
def colouriser(gateway: httpx.Client) -> Iterator[Colouriser]:
    with Colouriser(address(gateway)) as colouriser:
        yield colouriser


@pytest.fixture(scope="module")
def locked(start_gateway: StartGateway, model_server: dict[str, str]) -> str:
    """The address of a gateway that wants a key."""
    return address(start_gateway(model_server["grpc"], keys=(KEY,)))


@pytest.mark.parametrize("name", GOOD)
def test_the_same_colours_as_in_process(colouriser: Colouriser, in_process: Colouriser, name: str) -> None:
    found, expected = colouriser.colourise(GOOD[name]), in_process.colourise(GOOD[name])
    np.testing.assert_array_equal(found.rgb, expected.rgb)
    assert (found.notes, found.task) == (expected.notes, expected.task)
    assert (found.alpha is None) == (expected.alpha is None)


def test_all_kinds_of_pictures(colouriser: Colouriser, in_process: Colouriser, tmp_path: Path) -> None:
    path = tmp_path / "old.png"
    path.write_bytes(GOOD["grey.png"])
    expected = in_process.colourise(path).rgb
    for picture in (path, str(path), GREY, np.dstack([GREY] * 3), Image.fromarray(GREY)):
        np.testing.assert_array_equal(colouriser.colourise(picture).rgb, expected)
    np.testing.assert_array_equal(colouriser.colourise(Image.open(path).convert("RGBA")).alpha, 255)
    np.testing.assert_array_equal(colouriser.colourise(np.dstack([GREY, GREY, GREY, ALPHA])).alpha, ALPHA)


def test_options_mean_the_same(colouriser: Colouriser, in_process: Colouriser, drawing: Path) -> None:
    many = [Hint((number % 40) / 40, number // 40 / 25, f"#{number * 4099 % 2**24:06x}") for number in range(1000)]
    for options in (
        {"hints": [Hint(0.25, 0.5, "#d02020")]},
        {"hints": many},  # too long for a URL
        {"saturation": 0.5},
        {"saturation": 0},
        {"saturation": 1e-7},
        {"task": "photo"},
        {"task": "auto"},
    ):
        expected = in_process.colourise(drawing, **options)
        np.testing.assert_array_equal(colouriser.colourise(drawing, **options).rgb, expected.rgb)
    for options, kind in (
        ({"saturation": 4}, OptionError),
        ({"task": "draw"}, OptionError),
        ({"hints": 2 * many}, OptionError),
    ):
        with pytest.raises(kind) as here:
            in_process.colourise(drawing, **options)
        with pytest.raises(kind) as there:
            colouriser.colourise(drawing, **options)
        assert str(here.value) == str(there.value)


def test_what_is_sent(in_process: Colouriser, tmp_path: Path) -> None:
    """The file itself, under no name; every option; the key and how long we wait, in headers."""
    answer = (200, {"Handtint-Task": "sketch", "Handtint-Note": "Two notes. As one."}, GOOD["rgba.png"])
    path = tmp_path / "Aunt Mary in hospital.jpg"
    path.write_bytes(GOOD["grey.jpg"])
    with HttpStub([answer]) as stub:
        where = f"gateway+{stub.url}/behind/"
        with Colouriser(where, "portraits", label="canary", api_key=KEY, timeout=9, task="sketch") as colouriser:
            picture = colouriser.colourise(path, [Hint(0.5, 1, "#b03a2e")], 1.25)
        with Colouriser(where, version=3, api_key=KEY) as colouriser:
            colouriser.colourise(path, timeout=4.9)
    assert (picture.task, picture.notes) == ("sketch", ("Two notes. As one.",))
    np.testing.assert_array_equal(picture.alpha, ALPHA)
    first, second = stub.requests
    assert (first.method, first.path) == ("POST", "/behind/v1/colourise")
    assert first.headers["Authorization"] == second.headers["Authorization"] == f"Bearer {KEY}"
    assert (first.headers["Prefer"], second.headers["Prefer"]) == ("wait=8", "wait=4")
    assert GOOD["grey.jpg"] in first.body
    assert b"Mary" not in first.body
    assert fields(first.headers["Content-Type"], first.body) == {
        "format": b"png",
        "saturation": b"1.25",
        "hints": b'{"hints": [{"x": 0.5, "y": 1, "colour": "#b03a2e"}]}',
        "task": b"sketch",
        "model": b"portraits",
        "label": b"canary",
        "image": GOOD["grey.jpg"],
    }
    expected = {"format": b"png", "saturation": b"1.0", "version": b"3", "image": GOOD["grey.jpg"]}
    assert fields(second.headers["Content-Type"], second.body) == expected


def fields(content_type: str, body: bytes) -> dict[str, bytes]:
    """A form's fields by name."""
    boundary = content_type.partition("boundary=")[2].encode()
    parts = [part.removesuffix(b"\r\n").partition(b"\r\n\r\n") for part in body.split(b"--" + boundary)[1:-1]]
    return {head.partition(b'name="')[2].partition(b'"')[0].decode(): content for head, _, content in parts}


def test_what_a_gateway_does_not_do_is_said(colouriser: Colouriser) -> None:
    grey = GOOD["grey.png"]
    calls = {
        "a palette": lambda: colouriser.colourise(grey, palette=["#264653"]),
        "panels": lambda: colouriser.colourise(grey, panels=True),
        "layers": lambda: colouriser.layers(grey),
        "suggested colours": lambda: colouriser.suggest(grey, 0.5, 0.5),
        "a map of confidence": lambda: colouriser.confidence(grey),
        "alternatives": lambda: colouriser.alternatives(grey),
    }
    for what, call in calls.items():
        with pytest.raises(
            NotOffered, match=f"received a wish for {what}. Ask a model server, or work in this process"
        ):
            call()
    with pytest.raises(NotOffered, match="asked for one model by name; received several"):
        Colouriser("gateway+http://localhost", {"photo": "portraits"})


@pytest.mark.parametrize("name", BAD)
def test_bad_pictures_are_the_same_errors(colouriser: Colouriser, name: str) -> None:
    data, code, _ = BAD[name]
    with pytest.raises(PictureError) as caught:
        colouriser.colourise(data)
    assert caught.value.code == code


def test_models_versions_and_labels(gateway: httpx.Client) -> None:
    for options, kind in (
        ({"version": 9}, VersionNotFound),
        ({"label": "canary"}, VersionNotFound),
        ({"model": "portraits"}, OptionError),
    ):
        with Colouriser(address(gateway), **options) as colouriser, pytest.raises(kind):
            colouriser.colourise(GOOD["rgb.png"])
    with Colouriser(address(gateway), "photo", version=1) as colouriser:
        assert colouriser.colourise(GOOD["rgb.png"]).width == WIDTH
    with Colouriser(address(gateway)) as colouriser, pytest.raises(ModelNotFound, match="has no model here"):
        colouriser.colourise(GOOD["rgb.png"], task="sketch")


def test_the_key_opens(locked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Colouriser(locked, api_key=KEY) as colouriser:
        colouriser.check(30)
        assert colouriser.colourise(GOOD["rgb.png"]).height == HEIGHT
    monkeypatch.setenv("HANDTINT_API_KEY", f"{KEY}\n")  # as files of secrets end
    with Colouriser(locked) as colouriser:
        colouriser.check(30)
    with Colouriser(locked, api_key="ht_of_somebody_else") as colouriser:  # what is said goes before what is around
        for call in (lambda: colouriser.check(30), lambda: colouriser.colourise(GOOD["rgb.png"])):
            with pytest.raises(Unauthorised, match=r"Give yours as api_key, or in \$HANDTINT_API_KEY"):
                call()
    monkeypatch.delenv("HANDTINT_API_KEY")
    with Colouriser(locked) as colouriser, pytest.raises(Unauthorised, match="The request has no API key"):
        colouriser.colourise(GOOD["rgb.png"])


def test_the_key_is_in_no_message_log_or_repr(
    locked: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[Any] = []
    wrong = KEY.replace("0", "1")
    for where in (locked, "gateway+http://127.0.0.1:1"):
        with Colouriser(where, api_key=wrong, timeout=5) as colouriser:
            said += [repr(colouriser), repr(vars(colouriser)["_where"])]
            with pytest.raises(ServerError) as caught:
                colouriser.colourise(GOOD["rgb.png"])
            said += traceback.format_exception(caught.value)
    for key in (f"{wrong} {wrong}", f"{wrong}\r\nX: y", f"{wrong}é"):
        with pytest.raises(OptionError, match="characters that no key has") as refused:
            Colouriser(locked, api_key=key)
        said += traceback.format_exception(refused.value)
    for where in (
        f"gateway+https://{wrong}@example.org",
        f"gateway+https://example.org?key={wrong}",
        f"https://x#{wrong}",
    ):
        with pytest.raises(OptionError, match="one with a user, a query or a fragment in it") as refused:
            Colouriser(where)
        said += traceback.format_exception_only(refused.value)
    printed = "".join(map(str, said)) + caplog.text + "".join(capfd.readouterr())
    assert "POST" in caplog.text  # httpx does log
    # the source lines of this test stand in tracebacks, the key's value must not
    assert wrong not in printed
    assert wrong[12:40] not in printed


def test_a_key_is_for_gateways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDTINT_API_KEY", KEY)
    with HttpStub([(404, {}, b"{}")]) as stub, Colouriser(stub.url) as colouriser:
        with pytest.raises(ModelNotFound):
            colouriser.check(30)
        assert KEY not in str(stub.requests[0].headers)
    for where in (None, "grpc://127.0.0.1:1", "http://127.0.0.1:1"):
        with pytest.raises(OptionError, match="Only a gateway takes an API key"):
            Colouriser(where, api_key=KEY)


def test_too_often_says_how_long_to_wait(start_gateway: StartGateway, model_server: dict[str, str]) -> None:
    where = address(start_gateway(model_server["grpc"], rate="1/minute"))
    with Colouriser(where) as colouriser:
        colouriser.colourise(GOOD["rgb.png"])
        with pytest.raises(RateLimited, match="asked for more than its 1 per 1 minute") as caught:
            colouriser.colourise(GOOD["rgb.png"])
    assert 1 <= caught.value.retry_after <= 60
    assert f"Try again in {caught.value.retry_after} seconds" in str(caught.value)


def test_limits_of_the_gateway(start_gateway: StartGateway, model_server: dict[str, str]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (600, 800, 3), np.uint8)
    where = address(start_gateway(model_server["grpc"], max_bytes=100_000, max_pixels=500_000, formats=("png",)))
    with Colouriser(where) as colouriser:
        with pytest.raises(PictureTooLarge, match=r"more than the 0\.1 MB"):  # 1.4 MB, unread
            colouriser.colourise(noise)
        with pytest.raises(PictureTooLarge, match=r"at most 0\.5 megapixels"):
            colouriser.colourise(np.zeros((800, 800), np.uint8))
        with pytest.raises(UnsupportedPicture):
            colouriser.colourise(GOOD["grey.jpg"])
        assert colouriser.colourise(GOOD["grey.png"]).width == WIDTH  # the connection is as good as before
    with Colouriser(where, max_pixels=5000) as colouriser, pytest.raises(PictureTooLarge, match=r"0\.005 megapixels"):
        colouriser.colourise(GOOD["grey.png"])


def test_model_servers_that_are_gone(start_gateway: StartGateway) -> None:
    where = address(start_gateway("grpc://127.0.0.1:1"))
    with Colouriser(where, timeout=4) as colouriser:
        for call in (lambda: colouriser.colourise(GOOD["rgb.png"]), lambda: colouriser.check(4)):
            with pytest.raises(ServerUnavailable, match="No model server is available just now") as caught:
                call()
            assert caught.value.retry_after == 5


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with Colouriser(f"gateway+http://127.0.0.1:{port}") as colouriser:
        for call in (lambda: colouriser.colourise(GOOD["rgb.png"]), colouriser.check):
            with pytest.raises(
                ServerUnavailable,
                match=f"No answer from a gateway at gateway.http://127.0.0.1:{port}: .*"
                "Start one with handtint-gateway, or correct the address",
            ):
                call()


KINDS = {
    "broken": BrokenPicture,
    "empty": EmptyPicture,
    "unsupported": UnsupportedPicture,
    "too-large": PictureTooLarge,
    "option": OptionError,
    "unauthorised": Unauthorised,
    "rate-limited": RateLimited,
    "busy": ServerUnavailable,
    "unavailable": ServerUnavailable,
    "timeout": ServerTimeout,
    "version-not-found": VersionNotFound,
    "model-not-found": ModelNotFound,
    "model-server": ServerError,
    "not-acceptable": ServerError,
}


def test_every_problem_of_the_gateway_is_an_error_of_ours() -> None:
    examples = problem_examples(Settings("grpc://127.0.0.1:1", authentication=False))
    assert {example.code for example in examples} == set(KINDS)
    for example in examples:
        headers = {"Content-Type": "application/problem+json", "X-Request-Id": "r-1"}
        with (
            HttpStub([(example.status, headers, example.to_json())]) as stub,
            Colouriser(f"gateway+{stub.url}") as client,
            pytest.raises(HandtintError) as caught,
        ):
            client.colourise(GOOD["rgb.png"])
        assert type(caught.value) is KINDS[example.code], example.code
        assert example.detail.rstrip(".") in str(caught.value)
        assert ("request r-1" in str(caught.value)) == (KINDS[example.code] is ServerError)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ((413, {}, b"<html>nginx"), PictureTooLarge, "no picture of so many bytes"),
        ((401, {}, b""), Unauthorised, "status 401 without a reason"),
        ((403, {}, b""), Unauthorised, "status 403 without a reason"),
        ((429, {"Retry-After": "7"}, b""), RateLimited, "Try again in 7 seconds"),
        ((502, {}, b"<html>"), ServerUnavailable, "cannot just now: status 502"),
        ((504, {}, b"<html>"), ServerTimeout, "took too long"),
        ((404, {}, b"[" * 100_000), ServerError, "status 404 without a reason"),
        ((301, {"Location": "https://elsewhere.example/"}, b""), ServerError, "status 301"),
        ((200, {}, b"<html>"), ServerError, "an answer that is no picture"),
        ((200, {}, GOOD["rgb.png"][:-50]), ServerError, "an answer that is no picture"),
        ((400, {}, json.dumps({"detail": 3, "type": ["x"]}).encode()), ServerError, "status 400 without a reason"),
        (problem(500, "internal", "x" * 5000), ServerError, "x" * 200 + " (status 500)"),
    ],
)
def test_answers_of_proxies_and_strangers(answer: Any, kind: type[ServerError], words: str) -> None:
    with (
        HttpStub([answer]) as stub,
        Colouriser(f"gateway+{stub.url}", api_key=KEY) as colouriser,
        pytest.raises(kind) as caught,
    ):
        colouriser.colourise(GOOD["rgb.png"])
    assert words in str(caught.value)
    assert len(str(caught.value)) < 700
    assert len(stub.requests) == 1  # no redirect is followed with the key


def test_the_command_with_a_key_from_the_environment(
    locked: str, tmp_path: Path, in_process: Colouriser, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    from serving.cli import main

    monkeypatch.chdir(tmp_path)
    Path("old.jpg").write_bytes(GOOD["grey.jpg"])
    Path("page.jpg").write_bytes(BAD["page.jpg"][0])

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["handtint", *arguments, "--server", locked])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(str(ended.value)), capsys.readouterr().err

    status, said = run("colourise", "old.jpg", "-o", "new.png")
    assert status == 1
    assert "does not let us in: The request has no API key. Give yours as api_key, or in" in said
    monkeypatch.setenv("HANDTINT_API_KEY", KEY)
    status, said = run("colourise", "page.jpg", "old.jpg", "-o", "new")
    assert (status, said.count("\n")) == (1, 1)
    assert said.startswith("handtint: page.jpg: Expected a JPEG, PNG, WebP, TIFF or GIF; received an HTML page.")
    with Image.open("new/old-colour.png") as image:
        np.testing.assert_array_equal(np.asarray(image), in_process.colourise(GOOD["grey.jpg"]).rgb)
    for subcommand, *arguments in (
        ("colourise", "old.jpg", "-o", "b.png", "--palette", "#264653"),
        ("colourise", "old.jpg", "-o", "b.png", "--flat"),
        ("colourise", "old.jpg", "-o", "b.png", "--alternatives", "2"),
        ("colourise", "old.jpg", "-o", "b.png", "--confidence", "sure.png"),
        ("suggest", "old.jpg", "--at", "0.5,0.5"),
    ):
        status, said = run(subcommand, *arguments)
        assert (status, said.count("\n")) == (1, 1)
        assert "A gateway colours whole pictures; received a wish for" in said
    status, said = run("colourise", "old.jpg", "-o", "c.png", "--timeout", "0")
    assert (status, said.count("\n")) == (2, 1)
    assert not list(tmp_path.glob("[bc].png"))
    assert KEY not in said


def test_the_command_waits_once_if_it_asks_too_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from serving.cli import main

    monkeypatch.chdir(tmp_path)
    for name in ("one.jpg", "two.jpg", "three.jpg"):
        Path(name).write_bytes(GOOD["grey.jpg"])
    slower, picture = problem(429, "rate-limited", Retry_After="1"), (200, {}, GOOD["rgb.png"])
    with HttpStub([picture, slower, picture, slower]) as stub:
        server = f"gateway+{stub.url}"
        command = ["handtint", "colourise", "one.jpg", "two.jpg", "three.jpg", "-o", "new", "--server", server]
        monkeypatch.setattr("sys.argv", command)
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code == 1
    assert stub.requests[2].at - stub.requests[1].at >= 1
    assert len(stub.requests) == 5
    assert capsys.readouterr().err.splitlines() == [
        "handtint: two.jpg: waiting 1 s, as the server wants it.",
        "handtint: three.jpg: waiting 1 s, as the server wants it.",
        f"handtint: The gateway at {server} was asked for too much: It is so. Try again in 1 seconds.",
    ]
    assert sorted(path.name for path in Path("new").iterdir()) == ["one-colour.png", "two-colour.png"]
