"""API keys: who gets in, what stands in the file, keys that come and go while the gateway runs."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from serving.errors import OptionError
from serving.gateway.auth import make_key, parse_keys
from serving.gateway.settings import Settings
from tests.serving.conftest import StartGateway
from tests.serving.gateway.answers import pixels, problem
from tests.serving.sample_pictures import GOOD

PLAIN = "an-environment-secret-of-some-length"


@pytest.fixture(scope="module")
def key_and_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    key, line = make_key()
    file = tmp_path_factory.mktemp("keys") / "keys.txt"
    file.write_text(f"# of the archive\n\n{line}  # scanner 1\n")
    return key, file


@pytest.fixture(scope="module")
def locked(start_gateway: StartGateway, model_server: dict[str, str], key_and_file: tuple[str, Path]) -> httpx.Client:
    return start_gateway(model_server["grpc"], keys_file=key_and_file[1], keys=(PLAIN,))


def test_a_key_opens_in_either_header(locked: httpx.Client, key_and_file: tuple[str, Path]) -> None:
    for key in (key_and_file[0], PLAIN):
        for headers in ({"authorization": f"Bearer {key}"}, {"x-api-key": key}):
            pixels(locked.post("/v1/colourise", content=GOOD["grey.jpg"], headers=headers))


@pytest.mark.parametrize("path", ["/v1/colourise", "/v1/colourise/batch"])
@pytest.mark.parametrize("wrong", ["none", "nonsense", "another", "of another", "other scheme", "longer", "not ASCII"])
def test_anything_else_does_not(locked: httpx.Client, key_and_file: tuple[str, Path], path: str, wrong: str) -> None:
    key = key_and_file[0]
    name, secret = key.split("_")[1], make_key()[0].split("_", 2)[2]
    headers: dict[str, str | bytes] = {
        "none": {},
        "nonsense": {"authorization": "Bearer x"},
        "another": {"authorization": f"Bearer {make_key()[0]}"},
        "of another": {"authorization": f"Bearer ht_{name}_{secret}"},
        "other scheme": {"authorization": f"Basic {key}"},
        "longer": {"x-api-key": f"{key}x"},
        "not ASCII": {"x-api-key": "schlüssel".encode("latin-1")},
    }[wrong]  # type: ignore[assignment]
    response = locked.post(path, content=GOOD["grey.jpg"], headers=headers)
    body = problem(response, 401, "unauthorised")
    assert response.headers["www-authenticate"] == "Bearer"
    assert "Authorization: Bearer KEY" in body["fix"]
    assert key not in response.text


def test_health_needs_no_key(locked: httpx.Client) -> None:
    assert locked.get("/healthz").status_code == locked.get("/readyz").status_code == 200
    assert locked.get("/openapi.json").json()["security"] == [{"bearer": []}, {"header": []}]


def test_keys_come_and_go_while_it_runs(
    start_gateway: StartGateway, model_server: dict[str, str], tmp_path: Path
) -> None:
    (first, first_line), (second, second_line) = make_key(), make_key()
    file = tmp_path / "keys.txt"
    file.write_text(first_line)
    gateway = start_gateway(model_server["grpc"], keys_file=file)

    def status(key: str) -> int:
        headers = {"x-api-key": key}
        return gateway.post("/v1/colourise", content=GOOD["grey.jpg"], headers=headers).status_code

    assert (status(first), status(second)) == (200, 401)
    (tmp_path / "new").write_text(second_line)
    (tmp_path / "new").replace(file)
    deadline = time.monotonic() + 30
    while status(first) == 200 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (status(first), status(second)) == (401, 200)
    file.write_text("half a li")
    time.sleep(1.1)  # so long it may keep what it has seen
    assert status(second) == 200


def test_the_command_makes_keys_that_the_file_then_has() -> None:
    command = [sys.executable, "-m", "serving.gateway.auth", "scanner", "of the\nattic"]
    usage = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (usage.returncode, usage.stderr.count("\n")) == (2, 1)
    made = subprocess.run([*command[:3], "the\nattic"], capture_output=True, text=True, timeout=60)
    assert made.returncode == 0
    key = made.stderr.split()[-1]
    assert made.stdout.endswith("  # the attic\n")
    (name,) = parse_keys(made.stdout)
    assert key.startswith(f"ht_{name}_")
    assert key.split("_", 2)[2] not in made.stdout


@pytest.mark.parametrize("line", ["x", "abcdefgh plain", "abcdefgh md5:1$a$b", "abcdefgh scrypt:1:1:1$a$b extra"])
def test_a_line_that_is_no_hash_is_named(line: str) -> None:
    with pytest.raises(OptionError, match="Line 2 of the keys"):
        parse_keys(f"{make_key()[1]}\n{line}")


def test_a_name_stands_there_once() -> None:
    line = make_key()[1]
    with pytest.raises(OptionError, match="Line 2"):
        parse_keys(f"{line}\n{line}")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "Nobody could come in"),
        ({"authentication": False, "keys": (PLAIN,)}, "received both"),
        ({"keys": ("short",)}, "fewer than 16 characters"),
    ],
)
def test_who_may_come_in_must_be_said(options: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Settings("grpc://127.0.0.1:1", **options)  # type: ignore[arg-type]


def test_settings_do_not_print_keys() -> None:
    assert PLAIN not in repr(Settings("grpc://127.0.0.1:1", keys=(PLAIN,)))
