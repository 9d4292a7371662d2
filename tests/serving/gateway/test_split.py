"""Versions and labels by request, and the split of the traffic between labels."""

from __future__ import annotations

import collections
import time
from pathlib import Path

import httpx
import numpy as np
import pytest

from serving.errors import OptionError
from serving.gateway.split import Split, sticky_point
from serving.gateway.watched_file import WatchedFile
from tests.serving.conftest import StartGateway
from tests.serving.gateway.answers import pixels, problem
from tests.serving.sample_pictures import GOOD

PICTURE = GOOD["grey.jpg"]


def version_of(response: httpx.Response) -> int:
    """Which version coloured it: 1 is red, 2 is green."""
    red, green, _ = pixels(response).astype(int).mean((0, 1))
    assert abs(red - green) > 30
    return 1 if red > green else 2


@pytest.fixture(scope="module")
def labelled(start_gateway: StartGateway, labelled_server: str) -> httpx.Client:
    return start_gateway(labelled_server)


@pytest.mark.parametrize(
    ("query", "version"),
    [
        ("", 2),
        ("?version=1", 1),
        ("?version=2", 2),
        ("?label=stable", 1),
        ("?label=canary", 2),
        ("?model=photo&version=1&task=photo", 1),
    ],
)
def test_a_request_may_choose_the_version(labelled: httpx.Client, query: str, version: int) -> None:
    response = labelled.post(f"/v1/colourise{query}", content=PICTURE)
    assert version_of(response) == version
    assert response.headers.get("handtint-label") == (query.partition("label=")[2] or None)


@pytest.mark.parametrize("query", ["?version=3", "?version=0", "?label=none", "?label=stable2&model=photo"])
def test_a_version_that_is_not_there(labelled: httpx.Client, query: str) -> None:
    body = problem(labelled.post(f"/v1/colourise{query}", content=PICTURE), 404, "version-not-found")
    assert body["detail"] == "The version or label that was asked for is not served here."


def test_a_drawing_with_a_version_goes_to_photo_where_there_is_no_sketch_model(labelled: httpx.Client) -> None:
    from tests.serving.gateway.test_models import DRAWING

    assert labelled.post("/v1/colourise?version=1", content=DRAWING).headers["handtint-task"] == "photo"
    problem(labelled.post("/v1/colourise?version=1&task=sketch", content=DRAWING), 404, "version-not-found")


def test_the_split_changes_while_it_runs(start_gateway: StartGateway, labelled_server: str, tmp_path: Path) -> None:
    file = tmp_path / "split"
    file.write_text("stable=100,canary=0\n")
    gateway = start_gateway(labelled_server, split_file=file)

    def versions(count: int = 4) -> set[int]:
        return {version_of(gateway.post("/v1/colourise", content=PICTURE)) for _ in range(count)}

    def until(expected: set[int]) -> None:
        deadline = time.monotonic() + 30
        while versions() != expected:
            assert time.monotonic() < deadline

    assert versions() == {1}
    (tmp_path / "new").write_text("stable=0\ncanary=100\n")
    (tmp_path / "new").replace(file)
    until({2})
    for broken in ("stable=100,cana", "stable=90,canary=1", "", "\0"):
        file.write_text(broken)
        time.sleep(1.1)  # so long it may keep what it has seen
        assert versions(2) == {2}
    file.unlink()
    time.sleep(1.1)
    assert versions(2) == {2}
    file.write_text("stable=100")
    until({1})
    # who asks for a version gets it, whatever the split says
    assert version_of(gateway.post("/v1/colourise?label=canary", content=PICTURE)) == 2


def test_a_client_stays_with_its_label(start_gateway: StartGateway, labelled_server: str) -> None:
    keys = tuple(f"the-key-of-client-{number}" for number in range(8))
    gateway = start_gateway(labelled_server, split="stable=50,canary=50", sticky=True, keys=keys)
    found = {}
    for key in keys:
        answers = [gateway.post("/v1/colourise", content=PICTURE, headers={"x-api-key": key}) for _ in range(4)]
        (found[key],) = {answer.headers["handtint-label"] for answer in answers}
    assert set(found.values()) == {"stable", "canary"}  # of these eight, so always


def test_without_sticking_both_are_seen(start_gateway: StartGateway, labelled_server: str) -> None:
    gateway = start_gateway(labelled_server, split="stable=50,canary=50")
    # one in 2**23 that one of them is missing
    labels = {gateway.post("/v1/colourise", content=PICTURE).headers["handtint-label"] for _ in range(24)}
    assert labels == {"stable", "canary"}


def test_a_label_that_the_server_refuses_counts_for_none(start_gateway: StartGateway, labelled_server: str) -> None:
    gateway = start_gateway(labelled_server, split="gone=100")
    response = gateway.post("/v1/colourise", content=PICTURE)
    assert version_of(response) == 2
    assert "handtint-label" not in response.headers


def test_shares_are_kept() -> None:
    split = Split.parse("stable=70, canary=20, dark=10")
    counts = collections.Counter(split.pick((number + 0.5) / 1000) for number in range(1000))
    assert counts == {"stable": 700, "canary": 200, "dark": 100}
    clients = collections.Counter(split.pick(sticky_point(str(number).encode())) for number in range(10_000))
    # five standard deviations of a binomial share of 10,000, at most 46 each
    assert all(
        abs(clients[label] - share) < 230 for label, share in {"stable": 7000, "canary": 2000, "dark": 1000}.items()
    )


def test_a_growing_share_takes_nobody_back() -> None:
    points = np.linspace(0, 1, 997, endpoint=False)
    before, after = Split.parse("stable=90,canary=10"), Split.parse("stable=60,canary=40")
    assert all(after.pick(point) == "canary" for point in points if before.pick(point) == "canary")


@pytest.mark.parametrize(
    "text",
    ["", "stable", "stable=", "stable=100,", "stable=90", "stable=50,stable=50", "a b=100", "stable=-5,b=105", "x=1e2"],
)
def test_a_split_that_makes_no_sense(text: str) -> None:
    with pytest.raises(OptionError, match="Write it as stable=90,canary=10"):
        Split.parse(text)


def test_a_file_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="none cannot be read: No such file"):
        WatchedFile(tmp_path / "none", Split.parse)
