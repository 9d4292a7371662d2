"""Limits of rate, of places and of formats; browsers' origins; headers; what the log says."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import httpx
import numpy as np
import pytest

from serving.errors import OptionError
from serving.gateway.limits import Slots
from serving.gateway.problems import Busy
from serving.gateway.settings import Settings
from tests.serving.conftest import StartGateway
from tests.serving.gateway.answers import pixels, problem
from tests.serving.gateway.conftest import StartPredict
from tests.serving.gateway.predict_server import colour
from tests.serving.sample_pictures import GOOD

KEYS = ("the-first-key-of-two-clients", "the-second-key-of-two-clients")


def test_each_key_has_its_own_rate(start_gateway: StartGateway, model_server: dict[str, str]) -> None:
    gateway = start_gateway(model_server["grpc"], keys=KEYS, rate="3/day")

    def ask(key: str) -> httpx.Response:
        return gateway.post("/v1/colourise", content=GOOD["grey.jpg"], headers={"x-api-key": key})

    remaining = [ask(KEYS[0]).headers["ratelimit-remaining"] for _ in range(3)]
    assert remaining == ["2", "1", "0"]
    refused = ask(KEYS[0])
    body = problem(refused, 429, "rate-limited")
    assert body["detail"] == "This client asked for more than its 3 per 1 day."
    assert int(refused.headers["retry-after"]) >= 1
    assert (refused.headers["ratelimit-limit"], refused.headers["ratelimit-remaining"]) == ("3", "0")
    pixels(ask(KEYS[1]))
    assert gateway.get("/healthz").status_code == 200


def test_wrong_keys_count_for_their_address(start_gateway: StartGateway, model_server: dict[str, str]) -> None:
    gateway = start_gateway(model_server["grpc"], keys=KEYS, rate="2/day")
    codes = [gateway.post("/v1/colourise", headers={"x-api-key": "guess"}).status_code for _ in range(4)]
    assert codes == [401, 401, 429, 429]
    pixels(gateway.post("/v1/colourise", content=GOOD["grey.jpg"], headers={"x-api-key": KEYS[0]}))


def test_addresses_behind_a_proxy(start_gateway: StartGateway, model_server: dict[str, str]) -> None:
    gateway = start_gateway(model_server["grpc"], rate="1/day", proxies=1)

    def ask(sender: str) -> int:
        headers = {"x-forwarded-for": sender}
        return gateway.post("/v1/colourise", content=GOOD["grey.jpg"], headers=headers).status_code

    assert [ask("192.0.2.1"), ask("192.0.2.1"), ask("192.0.2.2")] == [200, 429, 200]
    assert ask("203.0.113.9, 192.0.2.1") == 429  # only what the proxy itself has written counts
    # one network of IPv6 is one client
    assert [ask("2001:db8::1"), ask("2001:db8::2"), ask("2001:db8:1::1")] == [200, 429, 200]


def test_without_a_proxy_nobody_is_believed(start_gateway: StartGateway, model_server: dict[str, str]) -> None:
    gateway = start_gateway(model_server["grpc"], rate="1/day")
    codes = [
        gateway.post("/v1/colourise", content=GOOD["grey.jpg"], headers={"x-forwarded-for": f"192.0.2.{i}"}).status_code
        for i in range(2)
    ]
    assert codes == [200, 429]


def test_beyond_the_waiting_room_there_is_a_503(start_gateway: StartGateway, start_predict: StartPredict) -> None:
    go_on = threading.Event()

    def slow(request: Any, context: grpc.ServicerContext) -> np.ndarray:
        go_on.wait(60)
        return colour(0, 0)

    gateway = start_gateway(f"grpc://{start_predict(slow)}", threads=2, waiting=3)
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(gateway.post, "/v1/colourise", content=GOOD["grey.jpg"]) for _ in range(20)]
        deadline = time.monotonic() + 30
        while sum(each.done() for each in asked) < 15 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert gateway.get("/healthz").status_code == 200
        go_on.set()
        answers = [each.result() for each in asked]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(refused) == 15
    for answer in refused:
        problem(answer, 503, "busy")
        assert answer.headers["retry-after"] == "2"


def test_who_waits_too_long_is_told() -> None:
    slots = Slots(1, 1)
    with slots.take(time.monotonic()):
        with pytest.raises(Busy, match="waited for its turn"), slots.take(time.monotonic() + 0.01):
            pass
        with pytest.raises(Busy), slots.take(time.monotonic() + 0.01, patient=True):
            pass
    with slots.take(time.monotonic()):  # all places are free again
        pass


def test_a_place_is_free_again_whatever_happened() -> None:
    slots = Slots(1, 0)
    for _ in range(3):
        with pytest.raises(KeyError), slots.take(time.monotonic()):
            raise KeyError


def test_only_the_formats_that_are_allowed(start_gateway: StartGateway, model_server: dict[str, str]) -> None:
    gateway = start_gateway(model_server["grpc"], formats=("jpeg", "png"))
    pixels(gateway.post("/v1/colourise", content=GOOD["grey.jpg"]))
    for name, format in {"rgb.tif": "tiff", "still.gif": "gif", "lossless.webp": "webp"}.items():
        body = problem(gateway.post("/v1/colourise", content=GOOD[name]), 415, "unsupported")
        assert body["detail"] == f"This gateway reads jpeg, png; received {format}."
    problem(gateway.post("/v1/colourise", content=b"<html>"), 415, "unsupported")


def test_browsers_of_listed_origins_only(start_gateway: StartGateway, model_server: dict[str, str]) -> None:
    page = "https://example.org"
    gateway = start_gateway(model_server["grpc"], origins=(page,), keys=KEYS)
    preflight = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    answer = gateway.options("/v1/colourise", headers={"origin": page, **preflight})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == page
    assert answer.headers["access-control-allow-headers"].lower() == "authorization"
    refused = gateway.post("/v1/colourise", headers={"origin": page})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, page)
    for other in ("https://example.com", "https://example.org.evil", "null"):
        answer = gateway.options("/v1/colourise", headers={"origin": other, **preflight})
        assert "access-control-allow-origin" not in answer.headers
    assert "access-control-allow-origin" not in gateway.get("/healthz", headers={"origin": page}).headers


def test_no_origins_no_headers(gateway: httpx.Client) -> None:
    answer = gateway.options("/v1/colourise", headers={"origin": "https://example.org"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/healthz", "/none", "/v1/colourise", "/openapi.json"])
def test_every_answer_is_strict(gateway: httpx.Client, path: str) -> None:
    headers = gateway.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers
    assert "strict-transport-security" not in headers


def test_https_in_front_is_kept_to(start_gateway: StartGateway, model_server: dict[str, str]) -> None:
    gateway = start_gateway(model_server["grpc"], proxies=1)
    headers = gateway.get("/healthz", headers={"x-forwarded-proto": "https"}).headers
    assert headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("given", ["scan-1907", "", "x" * 65, "a b", "a\tb", "<b>", "é"])
def test_a_request_id_is_taken_if_it_is_sane(gateway: httpx.Client, given: str) -> None:
    answer = gateway.get("/healthz", headers={"x-request-id": given.encode()})
    found = answer.headers["x-request-id"]
    assert found == given if given == "scan-1907" else re.fullmatch("[0-9a-f]{32}", found)


def test_the_log_holds_no_names(gateway: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    gateway.post("/v1/colourise?hints=private", files={"image": ("grandmother.jpg", GOOD["rgb.png"])})
    gateway.get("/grandmother.jpg")
    assert "POST /v1/colourise 400" in caplog.text
    assert "GET - 404" in caplog.text
    ours = "\n".join(str(vars(record)) for record in caplog.records if record.name.startswith("serving"))
    assert "grandmother" not in ours
    assert "private" not in ours


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": "often"}, "A rate looks like 300/minute; received 'often'"),
        ({"origins": ("*",)}, "An origin looks like"),
        ({"origins": ("https://a/b",)}, "An origin looks like"),
        ({"formats": ("bmp",)}, "Expected formats out of jpeg, png, webp, tiff, gif; received bmp"),
        ({"formats": ()}, "received none"),
        ({"split": "stable=50"}, "add up to 100; received 50"),
        ({"more_models": {"comics": "cartoon"}}, "There is no task 'cartoon'"),
    ],
)
def test_settings_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        Settings("grpc://127.0.0.1:1", authentication=False, **options)


@pytest.mark.parametrize(
    "server", ["photo", "http://127.0.0.1:8501", "grpc://a", "grpc://a:1,", "grpc://a:1,b", "grpc:// a:1"]
)
def test_a_server_must_be_an_address(server: str) -> None:
    with pytest.raises(OptionError, match="must look like grpc://HOST:PORT"):
        Settings(server, authentication=False)
