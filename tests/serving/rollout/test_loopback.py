"""A good version goes out, bad ones come back by themselves, under load, and no request fails. Everything is real."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure
from PIL import Image

from serving.rollout.state import PUT_RIGHT
from serving.rollout.timeline import timeline
from tests.serving.rollout.loopback import Loopback, until
from tests.serving.rollout.small_models import write_small

# short, for the suite, so a mean of latencies is one of few: on a machine that does much else it says little
QUICK = ["--interval=0.3", "--window=4", "--patience=60", "--requests=10", "--delay=5", "--latency=4"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Version 1 is stable; 2 is as good, 3 is grey, 4 is grey for bright pictures, of which the golden set has none."""
    base = tmp_path_factory.mktemp("small") / "photo"
    base.mkdir()
    write_small(base / "1", (25.0, 30.0))
    write_small(base / "2", (30.0, 28.0))
    write_small(base / "3", (0.0, 0.0))
    write_small(base / "4", (30.0, 30.0), fades=True)
    return base


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Grey photographs of noise, most of them bright."""
    random, folder = np.random.default_rng(0), tmp_path_factory.mktemp("pictures")
    paths = []
    for number, brightness in enumerate((200, 210, 100)):
        pixels = np.clip(random.normal(brightness, 20, (96, 128)), 0, 255).astype(np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG")
        paths.append(folder / f"{number}.jpg")
        paths[-1].write_bytes(buffer.getvalue())
    return paths


@pytest.fixture(scope="module")
def loopback(base: Path, pictures: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    with Loopback(tmp_path_factory.mktemp("loopback"), base, pictures) as loopback:
        yield loopback


def happened(state: dict[str, Any], version: int) -> list[str]:
    return [event["what"] for event in state["history"] if event["version"] == version]


@pytest.mark.slow
def test_versions_go_out_and_come_back_and_no_request_fails(
    loopback: Loopback, base: Path, drawn: list[Figure]
) -> None:
    loopback.load.begin()

    # A good one. Half-way a server ends and comes back, as when its pod is moved.
    command = loopback.command("run", "--until-done", "--version=2", *QUICK)
    until(
        lambda: command.poll() is not None or "watching at 10 %" in happened(loopback.state(), 2), "it has no traffic"
    )
    loopback.servers[0].process.end()
    loopback.servers[0].begin()
    loopback.servers[0].wait()
    said = command.communicate(timeout=300)[0]
    assert command.returncode == 0, said
    good = loopback.state()
    assert (good["stable"], good["candidate"], good["phase"]) == (2, None, "idle")
    shares = [what for what in happened(good, 2) if what.startswith("watching")]
    assert shares == ["watching at 10 %", "watching at 50 %", "watching at 100 %"]
    assert happened(good, 2)[-1] == "promoted"

    # The one before is let go, so its folder may go, too.
    shutil.rmtree(base / "1")

    # A grey one never gets traffic.
    status, said = loopback.done("run", "--until-done", "--version=3", *QUICK)
    assert status == 3, said
    grey = loopback.state()
    assert grey["stable"] == 2
    assert "which is grey beside the stable version's" in grey["history"][-1]["why"]
    assert not any("%" in what for what in happened(grey, 3))

    # One that looks well in the golden set is found out by the gateways' figures.
    status, said = loopback.done("run", "--until-done", "--version=4", *QUICK)
    assert status == 3, said
    fading = loopback.state()
    assert fading["stable"] == 2
    assert "watching at 10 %" in happened(fading, 4)
    assert "its pictures have a colourfulness" in fading["history"][-1]["why"]
    # what was rolled back is not started again by a Job that is restarted
    assert loopback.done("run", "--until-done", "--version=4", *QUICK)[0] == 3
    assert loopback.state() == fading

    checks = loopback.load.end()
    assert checks["passes"] > 100

    drawn_is_what_happened(loopback, drawn)


def drawn_is_what_happened(loopback: Loopback, drawn: list[Figure]) -> None:
    """The timeline, out of the same Prometheus: shares, and colours that faded."""
    out = loopback.folder / "timeline.png"
    arguments = [f"--folder={loopback.folder}", f"--prometheus={loopback.prometheus.url}", "--span=5", f"--out={out}"]
    done = CliRunner().invoke(timeline, arguments)
    assert done.exception is None, done.exception
    assert out.stat().st_size > 10_000
    curves = {
        (axis.get_ylabel(), line.get_label()): [value for value in line.get_ydata() if value == value]
        for axis in drawn[0].axes
        for line in axis.get_lines()
    }
    assert {0, 10, 50, 100} <= set(curves["per cent due", "canary"])
    assert max(curves["errors a second", "canary"]) == 0
    assert min(curves["colourfulness", "canary"]) < min(curves["colourfulness", "stable"])


@pytest.mark.slow
def test_killed_in_every_phase_it_is_repeated_and_ends_right(loopback: Loopback, base: Path) -> None:
    """SIGKILL as soon as a phase has begun, each once; then the same command again."""
    write_small(base / "5", (28.0, 30.0))
    stable = loopback.state().get("stable", 1)
    arguments = ("run", "--until-done", "--version=5", "--canary=50", *QUICK)
    killed: list[str] = []
    status = None
    loopback.load.begin()
    while status is None:
        command = loopback.command(*arguments)
        while (status := command.poll()) is None:
            state = loopback.state()
            if state.get("candidate") and state["phase"] not in killed:
                killed.append(state["phase"])
                command.kill()
                command.communicate()
                break
            time.sleep(0.02)
    command.communicate()
    state = loopback.state()
    assert status == 0, state["history"]
    assert (state["stable"], state["candidate"], state["phase"]) == (5, None, "idle")
    # who is killed between two files leaves them to be put right
    assert [what for what in happened(state, 5) if what != PUT_RIGHT] == [
        *("started", "checking", "labelling", "shifting at 50 %", "watching at 50 %", "promoting at 50 %", "promoted")
    ]
    assert stable != 5
    assert len(killed) >= 5, killed  # of eight phases; some are over before one can look
    assert loopback.load.end()["passes"] > 10
