"""POST /v1/colourise/batch: zips and forms in, a zip out; and zips that mean harm."""

from __future__ import annotations

import io
import json
import struct
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
from PIL import Image

from serving.client import Colouriser
from tests.serving.conftest import StartGateway
from tests.serving.gateway.answers import problem
from tests.serving.gateway.conftest import StartPredict
from tests.serving.gateway.predict_server import colour
from tests.serving.sample_pictures import BAD, GOOD

ZIP = {"content-type": "application/zip"}


def pack(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return stream.getvalue()


def unpack(response: httpx.Response) -> dict[str, Any]:
    """Pixels of the pictures and bodies of the problems by their names, in order."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.content)) as packed:
        assert packed.testzip() is None
        found = {name: packed.read(name) for name in packed.namelist()}
    return {
        name: json.loads(data) if name.endswith(".json") else np.asarray(Image.open(io.BytesIO(data)))
        for name, data in found.items()
    }


def send(gateway: httpx.Client, files: dict[str, bytes], **options: Any) -> httpx.Response:
    return gateway.post("/v1/colourise/batch", content=pack(files), headers=ZIP, **options)


@pytest.mark.parametrize("how", ["zip", "form"])
def test_a_result_for_each_picture_in_order(gateway: httpx.Client, in_process: Colouriser, how: str) -> None:
    files = {name: GOOD[name] for name in ("rgb.png", "grey.jpg", "still.gif")}
    files["page.jpg"], files["cut.png"] = BAD["page.jpg"][0], BAD["truncated.png"][0]
    if how == "zip":
        response = send(gateway, files)
    else:
        form = [("image", (name, data)) for name, data in files.items()]
        response = gateway.post("/v1/colourise/batch", files=form)
    found = unpack(response)
    assert list(found) == [
        "001-rgb.png",
        "002-grey.png",
        "003-still.png",
        "004-page.problem.json",
        "005-cut.problem.json",
    ]
    for name, result in zip(files, list(found.values())[:3], strict=False):
        np.testing.assert_array_equal(result, in_process.colourise(files[name]).rgb)
    assert found["004-page.problem.json"]["type"] == "urn:handtint:problem:unsupported"
    assert found["005-cut.problem.json"]["status"] == 400
    assert response.headers["content-disposition"] == 'attachment; filename="coloured.zip"'


def test_options_hold_for_all(gateway: httpx.Client) -> None:
    files = {"a.png": GOOD["grey.png"], "b.png": GOOD["rgb.png"]}
    headers = {**ZIP, "accept": "application/zip"}
    options = {"format": "jpeg", "saturation": "0"}
    found = unpack(gateway.post("/v1/colourise/batch", content=pack(files), headers=headers, params=options))
    assert list(found) == ["001-a.jpg", "002-b.jpg"]
    for pixels in found.values():
        assert np.ptp(pixels.astype(int), axis=-1).max() <= 1
    problem(send(gateway, files, params={"saturation": "9"}), 400, "option")


def test_names_can_do_no_harm(gateway: httpx.Client) -> None:
    names = ["../../etc/passwd.png", "/etc/a.png", "C:\\x\\b.jpg", "deep/er/c.png", "..", "a b;rm.png", "été.png"]
    picture = GOOD["pixel.png"]
    found = unpack(send(gateway, dict.fromkeys([*names, "x" * 300], picture)))
    assert list(found) == [
        "001-passwd.png",
        "002-a.png",
        "003-b.png",
        "004-c.png",
        "005.png",
        "006-a_b_rm.png",
        "007-été.png",
        f"008-{'x' * 80}.png",
    ]


def test_folders_and_what_systems_leave_behind_are_passed_over(gateway: httpx.Client) -> None:
    files = {"a/": b"", "a/x.png": GOOD["pixel.png"], "__MACOSX/a/._x.png": b"1", ".DS_Store": b"1", "Thumbs.db": b"1"}
    assert list(unpack(send(gateway, files))) == ["001-x.png"]


def test_the_same_name_twice_is_two_results(gateway: httpx.Client) -> None:
    found = unpack(send(gateway, {"a/x.png": GOOD["pixel.png"], "b/x.jpg": GOOD["pixel.png"]}))
    assert list(found) == ["001-x.png", "002-x.png"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 415, "unsupported"),
        (b"no zip", 415, "unsupported"),
        (GOOD["grey.jpg"], 415, "unsupported"),
        (pack({}), 400, "option"),
        (pack({"a.png": b"1"})[:-10], 415, "unsupported"),
        (b"PK\5\6" + bytes(18), 400, "option"),
        (b"PK\5\6" + b"\xff" * 18, 415, "unsupported"),
    ],
)
def test_what_is_no_zip_of_pictures(gateway: httpx.Client, body: bytes, status: int, code: str) -> None:
    problem(gateway.post("/v1/colourise/batch", content=body, headers=ZIP), status, code)


def test_a_form_without_pictures(gateway: httpx.Client) -> None:
    problem(gateway.post("/v1/colourise/batch", data={"format": "png"}, files={"other": b"x"}), 400, "option")


@pytest.fixture(scope="module")
def small(start_gateway: StartGateway, model_server: dict[str, str]) -> httpx.Client:
    return start_gateway(model_server["grpc"], max_batch=4, max_batch_bytes=100_000, max_bytes=60_000, batches=1)


def test_too_many_pictures(small: httpx.Client) -> None:
    files = {f"{number}.png": GOOD["pixel.png"] for number in range(5)}
    body = problem(send(small, files), 413, "too-large")
    assert body["detail"] == "The batch has 5 pictures; expected at most 4."
    form = [("image", (name, data)) for name, data in files.items()]
    problem(small.post("/v1/colourise/batch", files=form), 413, "too-large")


def test_too_many_bytes(small: httpx.Client) -> None:
    many = {f"{number}.png": bytes(np.random.default_rng(number).bytes(40_000)) for number in range(3)}
    assert "more than 0.1 MB" in problem(send(small, many), 413, "too-large")["detail"]


def test_a_bomb_is_unpacked_only_so_far(small: httpx.Client) -> None:
    bomb = {"one.png": bytes(50_000_000), "two.png": bytes(50_000_000), "good.png": GOOD["pixel.png"]}
    found = unpack(send(small, bomb))
    assert list(found) == ["001-one.problem.json", "002-two.problem.json", "003-good.problem.json"]
    assert "more than the 0.06 MB that a picture" in found["001-one.problem.json"]["detail"]
    # one of 60 kB and one of 40, and the zip has had its 100
    for name in ("002-two.problem.json", "003-good.problem.json"):
        assert found[name]["detail"] == "The zip holds more than the 0.1 MB that a batch may have unpacked."


def test_headers_that_lie_about_sizes(small: httpx.Client) -> None:
    honest = bytearray(pack({"a.png": bytes(1_000_000)}))
    directory = honest.index(b"PK\1\2")
    struct.pack_into("<L", honest, directory + 24, 10)  # «10 bytes unpacked»
    found = unpack(small.post("/v1/colourise/batch", content=bytes(honest), headers=ZIP))
    assert list(found) == ["001-a.problem.json"]


def test_entries_that_share_their_bytes(small: httpx.Client) -> None:
    """As in a bomb whose entries all point at the same compressed bytes."""
    packed = bytearray(pack({"a.png": bytes(55_000)}))
    directory, end = packed.index(b"PK\1\2"), packed.index(b"PK\5\6")
    entry = bytes(packed[directory:end])
    several = packed[:directory] + entry * 4 + packed[end:]
    struct.pack_into("<HHL", several, len(several) - 14, 4, 4, 4 * len(entry))
    found = unpack(small.post("/v1/colourise/batch", content=bytes(several), headers=ZIP))
    assert [name[-13:] for name in found] == [".problem.json"] * 4


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing_is_a_problem_of_that_picture(small: httpx.Client, compression: int) -> None:
    body = pack({"a.png": GOOD["pixel.png"]}, compression)
    found = unpack(small.post("/v1/colourise/batch", content=body, headers=ZIP))
    assert found["001-a.problem.json"]["type"] == "urn:handtint:problem:unsupported"


def test_an_encrypted_or_damaged_entry_is_a_problem_of_that_picture(small: httpx.Client) -> None:
    stored = bytearray(pack({"a.png": GOOD["pixel.png"], "b.png": GOOD["pixel.png"]}, zipfile.ZIP_STORED))
    stored[stored.index(GOOD["pixel.png"]) + 20] ^= 0xFF  # the checksum says so
    first = stored.index(b"PK\1\2")
    second = stored.index(b"PK\1\2", first + 4)
    stored[second + 8] |= 1
    found = unpack(small.post("/v1/colourise/batch", content=bytes(stored), headers=ZIP))
    assert found["001-a.problem.json"]["type"] == "urn:handtint:problem:broken"
    assert found["002-b.problem.json"]["type"] == "urn:handtint:problem:unsupported"


def test_a_list_of_very_many_entries_is_not_even_read(gateway: httpx.Client) -> None:
    body = pack({"a.png": GOOD["pixel.png"]})
    directory, end = body.index(b"PK\1\2"), body.index(b"PK\5\6")
    entries = body[directory:end] * 30_000
    tail = bytearray(body[end:])
    struct.pack_into("<HHL", tail, 8, 30_000, 30_000, len(entries))
    response = gateway.post("/v1/colourise/batch", content=body[:directory] + entries + bytes(tail), headers=ZIP)
    assert "unreasonable number of entries" in problem(response, 415, "unsupported")["detail"]


def test_a_batch_counts_its_pictures(start_gateway: StartGateway, model_server: dict[str, str]) -> None:
    gateway = start_gateway(model_server["grpc"], rate="5/day")
    three = {f"{number}.png": GOOD["pixel.png"] for number in range(3)}
    response = send(gateway, three)
    assert len(unpack(response)) == 3
    assert response.headers["ratelimit-remaining"] == "2"
    problem(send(gateway, three), 429, "rate-limited")


def test_it_is_sent_while_it_is_made(start_gateway: StartGateway, start_predict: StartPredict) -> None:
    go_on = threading.Semaphore(1)

    def answer(request: Any, context: grpc.ServicerContext) -> np.ndarray:
        go_on.acquire(timeout=30)
        return colour(0, 0)

    gateway = start_gateway(f"grpc://{start_predict(answer)}", batches=1)
    body = pack({"a.png": GOOD["rgb.png"], "b.png": GOOD["rgb.png"]})
    with gateway.stream("POST", "/v1/colourise/batch", content=body, headers=ZIP) as response:
        pieces = response.iter_raw()
        begin = next(pieces)
        while b"001-a.png" not in begin:
            begin += next(pieces)
        # the second picture is not coloured yet, and one batch at a time is enough here
        problem(gateway.post("/v1/colourise/batch", content=body, headers=ZIP), 503, "busy")
        go_on.release()
        whole = begin + b"".join(pieces)
    assert zipfile.ZipFile(io.BytesIO(whole)).namelist() == ["001-a.png", "002-b.png"]


def test_a_client_that_goes_leaves_its_place(start_gateway: StartGateway, model_server: dict[str, str]) -> None:
    gateway = start_gateway(model_server["grpc"], batches=1)
    body = pack({f"{number}.png": GOOD["rgb.png"] for number in range(20)})
    with gateway.stream("POST", "/v1/colourise/batch", content=body, headers=ZIP) as response:
        next(response.iter_raw())
    one = pack({"a.png": GOOD["pixel.png"]})
    deadline = time.monotonic() + 60
    while (again := gateway.post("/v1/colourise/batch", content=one, headers=ZIP)).status_code == 503:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert list(unpack(again)) == ["001-a.png"]


def test_single_pictures_get_through_beside_batches(start_gateway: StartGateway, model_server: dict[str, str]) -> None:
    gateway = start_gateway(model_server["grpc"], threads=1, batches=2, waiting=1)
    files = {f"{number}.png": GOOD["rgb.png"] for number in range(6)}
    with ThreadPoolExecutor(2) as pool:
        batches = [pool.submit(send, gateway, files) for _ in range(2)]
        assert gateway.post("/v1/colourise", content=GOOD["grey.jpg"]).status_code == 200
        for each in batches:
            assert len(unpack(each.result())) == 6
