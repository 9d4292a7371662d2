"""`handtint rollout` as a person or a Job types it."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from serving.cli import cli
from serving.errors import HandtintError
from serving.rollout.files import FileStore
from serving.rollout.machine import YES, advance, no
from serving.rollout.serving_of import serving_of, state_of
from serving.rollout.state import Bounds, Phase
from tests.conftest import ROOT
from tests.serving.rollout.cluster import ApiServer
from tests.serving.rollout.loopback import until, write_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "rollout", tmp_path)


def rollout(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["rollout", *arguments])


def said(folder: Path, command: str, *arguments: str) -> str:
    result = rollout(command, f"--folder={folder}", *arguments)
    assert result.exception is None, result.exception
    return result.output


def refused(*arguments: str) -> str:
    result = rollout(*arguments)
    assert isinstance(result.exception, HandtintError), result.output
    return str(result.exception)


def move(folder: Path, bad: bool = False) -> None:
    """What steps would do until there is nothing under way."""
    store = FileStore(folder)
    while (state := state_of("photo", (stored := store.read()).texts)).phase is not Phase.IDLE:
        seen = no("it is grey") if bad and state.phase is Phase.CHECKING else YES
        store.write(serving_of(advance(state, seen, 1e9), stored.texts), stored)


def test_status_says_where_it_stands(folder: Path) -> None:
    assert said(folder, "status") == "photo: version 1 is stable, nothing is under way\n"
    said(folder, "start", "--version=2", "--canary=10")
    assert said(folder, "status") == "photo: version 1 is stable, 2 is on its way: loading\n"
    move(folder, bad=True)
    lines = said(folder, "status").splitlines()
    assert lines[0] == "photo: version 1 is stable, nothing is under way"
    assert lines[1] == "  version 2 was rolled back at 2001-09-09T01:46:40Z: it is grey"
    assert [line.split("  ")[1:] for line in said(folder, "history").splitlines()] == [
        ["version 2", "started"],
        ["version 2", "checking"],
        ["version 2", "rolled back: it is grey"],
    ]


def test_the_bounds_are_kept_with_the_state(folder: Path) -> None:
    said(folder, "start", "--version=2", "--window=7", "--error-rate=0.5")
    bounds = state_of("photo", FileStore(folder).read().texts).bounds
    assert bounds == Bounds(window=7, error_rate=0.5, delay=5)


def test_start_twice_is_start_once(folder: Path) -> None:
    said(folder, "start", "--version=2")
    before = FileStore(folder).read()
    said(folder, "start", "--version=2")
    assert FileStore(folder).read() == before
    assert "Version 2 of photo is under way" in refused("start", f"--folder={folder}", "--version=3")


def test_abort(folder: Path) -> None:
    assert "nothing is under way" in said(folder, "abort")
    said(folder, "start", "--version=2")
    assert "2 leaves: settling" in said(folder, "abort", "--reason=second thoughts")
    assert "second thoughts" in said(folder, "history")


def test_promote_needs_a_canary(folder: Path) -> None:
    assert "There is no canary" in refused("promote", f"--folder={folder}")


@pytest.mark.parametrize(("bad", "status"), [(False, 0), (True, 3)])
def test_a_job_that_is_restarted_does_not_begin_again(folder: Path, bad: bool, status: int) -> None:
    said(folder, "start", "--version=2")
    move(folder, bad)
    before = FileStore(folder).read()
    result = CliRunner().invoke(
        cli, ["rollout", "run", "--until-done", "--version=2", f"--folder={folder}"], standalone_mode=False
    )
    assert result.return_value == status
    assert FileStore(folder).read() == before
    # the version that stayed is not to blame for the other one
    stable = state_of("photo", before.texts).stable
    again = ["rollout", "run", "--until-done", f"--version={stable}", f"--folder={folder}"]
    assert CliRunner().invoke(cli, again, standalone_mode=False).return_value == 0
    # by hand, it may be tried again
    if bad:
        assert "loading" in said(folder, "start", "--version=2")


def test_an_api_server_that_is_away_is_waited_for(api: ApiServer) -> None:
    api.fail = 503

    def come_back() -> None:
        until(lambda: len(api.requests) > 2, "it is not asked again")
        api.fail = 0

    thread = threading.Thread(target=come_back)
    thread.start()
    arguments = ["rollout", "run", "--until-done", "--no-card", "--configmap=handtint-rollout", "--interval=0.1"]
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    thread.join()
    assert result.return_value == 0
    assert "The API server says 503" in result.stderr
    assert "nothing is under way" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Expected --folder or --configmap"),
        (["--configmap=x"], "Expected --folder or --configmap"),
        (["--canary=ten"], "--canary is 'ten'"),
        (["--canary=50,10"], "Expected rising per cents"),
        (["--model=other"], 'models.config has no model "other"; it names photo'),
    ],
)
def test_what_makes_no_sense(folder: Path, arguments: list[str], says: str) -> None:
    where = [] if not arguments else [f"--folder={folder}"]
    assert says in refused("start", "--version=2", *where, *arguments)


def test_an_address_that_makes_no_sense(folder: Path) -> None:
    assert "must look like grpc://HOST:PORT" in refused("step", f"--folder={folder}", "--server=http://x")


def test_variables_stand_for_options(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDTINT_ROLLOUT_FOLDER", str(folder))
    assert rollout("status").output.startswith("photo: version 1 is stable")


def test_a_mistake_is_one_line(folder: Path) -> None:
    command = [sys.executable, "-m", "serving.cli", "rollout", "status", f"--folder={folder.parent}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("handtint: ")
    assert len(done.stderr.splitlines()) == 1


def test_it_needs_no_tensorflow() -> None:
    """The Job runs in the gateway's image, which has none."""
    program = (
        "import pkgutil, sys, serving.rollout\n"
        "for each in pkgutil.iter_modules(serving.rollout.__path__): __import__(f'serving.rollout.{each.name}')\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'tensorflow', 'keras', 'kubernetes'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
