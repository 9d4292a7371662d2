"""Steps against a real model server: the traps that a roll-out can fall into."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import grpc
import numpy as np
import pytest
from click.testing import CliRunner

from serving.cli import cli
from serving.doors.grpc_model import GrpcModel
from serving.doors.version import VersionNotFound, Which
from serving.model_server.server import serve
from serving.model_server.settings import Settings
from serving.rollout import machine
from serving.rollout.errors import Conflict
from serving.rollout.machine import Answer, no
from serving.rollout.serving_of import CONFIG, SPLIT, STATE
from serving.rollout.state import Bounds, Phase
from tests.serving.rollout.conftest import Bench
from tests.serving.rollout.loopback import until
from tests.serving.rollout.small_models import write_small

STEPS = (10.0, 100.0)
# a server here is the same process; and a median of a few times says nothing on a machine that does much else
BOUNDS = Bounds(window=0, patience=60, delay=2, latency=100)


def answers(bench: Bench, label: str) -> bool:
    model = GrpcModel(f"127.0.0.1:{bench.server.grpc_port}", "photo", 30, Which(label=label))
    inputs = {"luminance": np.zeros((1, 256, 256, 1)), "hints": np.zeros((1, 256, 256, 3))}
    try:
        model.predict("chroma", inputs, ["coefficients"])
    except VersionNotFound:
        return False
    finally:
        model.close()
    return True


def labels(bench: Bench) -> dict[str, int]:
    (view,) = bench.servers.look()
    return dict(view.labels)


def test_out_and_in_memory_never_more_than_two(bench: Bench) -> None:
    write_small(bench.base / "2", (30.0, 20.0))
    write_small(bench.base / "3", (30.0, 25.0))
    for version in (2, 3):
        bench.rollout.start(version, STEPS, BOUNDS)
        while bench.rollout.step()[0].phase is not Phase.IDLE:
            assert len(bench.in_memory()) <= 2
            assert answers(bench, "stable")
            assert answers(bench, "canary")  # at any time, so that no gateway is ever refused
        assert labels(bench) == {"stable": version, "canary": version}
        assert bench.in_memory() == {version}
    assert bench.rollout.state().stable == 3


def test_a_version_that_does_not_load(bench: Bench) -> None:
    broken = write_small(bench.base / "2")
    (broken / "saved_model.pb").write_bytes(b"no model")
    bench.rollout.start(2, STEPS, BOUNDS)
    state = bench.until(Phase.IDLE)
    assert state.outcome is not None
    assert state.outcome.what == "rolled back"
    assert "cannot load it: " in state.outcome.why
    assert labels(bench) == {"stable": 1, "canary": 1}

    # Mended, the same number goes out: what the server said of it before does not count.
    shutil.rmtree(broken)
    write_small(broken)
    bench.rollout.start(2, STEPS, BOUNDS)
    assert bench.until(Phase.IDLE).stable == 2


def test_a_version_that_is_not_there_gets_no_label(bench: Bench) -> None:
    bench.rollout.start(2, STEPS, Bounds(patience=2))
    for _ in range(3):
        state, seen = bench.rollout.step()
        assert (state.phase, seen.answer) == (Phase.LOADING, Answer.NOT_YET)
    assert labels(bench) == {"stable": 1, "canary": 1}
    state = bench.until(Phase.IDLE)
    assert state.outcome is not None
    assert "loading took longer than 2 s" in state.outcome.why


def test_the_folder_of_a_canary_is_removed(bench: Bench) -> None:
    folder = write_small(bench.base / "2")
    bench.rollout.start(2, STEPS, BOUNDS)
    bench.watch.verdict = machine.not_yet("it takes its time")
    bench.until(Phase.WATCHING)
    shutil.rmtree(folder)
    state = bench.until(Phase.IDLE)
    assert state.outcome is not None
    assert "does not serve it any more" in state.outcome.why
    assert answers(bench, "canary")


def test_a_server_that_starts_again_in_the_middle_of_a_canary(bench: Bench) -> None:
    write_small(bench.base / "2")
    bench.rollout.start(2, STEPS, BOUNDS)
    bench.watch.verdict = machine.not_yet("it takes its time")
    bench.until(Phase.WATCHING)
    port = bench.server.grpc_port
    bench.server.stop(1)
    state, seen = bench.rollout.step()
    assert (state.phase, seen.answer) == (Phase.WATCHING, Answer.NOT_YET)  # a lost pod is not the version's fault
    bench.begin(port or 0)  # its first configuration has a label on a version that is not loaded yet
    until(lambda: bench.in_memory() == {1, 2} and answers(bench, "canary"), "it did not load both")
    bench.watch.verdict = machine.YES
    assert bench.until(Phase.IDLE).stable == 2


def test_without_the_flag_such_a_label_refuses_start_up(bench: Bench) -> None:
    """The trap itself: why the manifests set --allow_version_labels_for_unavailable_models."""
    from serving.model_server.errors import StartError

    with pytest.raises(StartError, match="not currently available for inference"):
        serve(Settings(port=0, model_config_file=bench.folder / "models.config"))


def test_a_split_that_somebody_else_wrote_is_put_right(bench: Bench) -> None:
    write_small(bench.base / "2")
    before = bench.store.read().texts[SPLIT]
    bench.rollout.start(2, STEPS, BOUNDS)
    bench.watch.verdict = machine.not_yet("it takes its time")
    bench.until(Phase.WATCHING)
    for _ in range(2):
        (bench.folder / SPLIT).write_text(before)
        state, seen = bench.rollout.step()
        assert bench.store.read().texts[SPLIT] == "stable=90\ncanary=10\n"
        assert (state.phase, seen.answer) == (Phase.WATCHING, Answer.NOT_YET)
    assert [event.what for event in state.history[-2:]] == ["watching at 10 %", "put right"]


@pytest.mark.parametrize("phase", [Phase.WATCHING, Phase.SETTLING, Phase.IDLE])
@pytest.mark.parametrize("read", [True, False], ids=["read", "unread"])
def test_an_old_configuration_is_put_right(bench: Bench, phase: Phase, read: bool) -> None:
    """An old manifest is applied in the middle of a canary, when it is stable already, or later.

    A server that reads it lets version 2 go, and would take no label on it before it has it again. It has version 1
    alone then, which colours meanwhile. At the end, where version 1 is gone, it refuses the file; but one that starts
    then takes it.
    """
    write_small(bench.base / "2")
    before = bench.store.read().texts[CONFIG]
    bench.rollout.start(2, STEPS, BOUNDS)
    bench.watch.verdict = machine.not_yet("it takes its time")
    bench.until(Phase.WATCHING)
    if phase is not Phase.WATCHING:
        bench.watch.verdict = machine.YES
        bench.until(phase)
    due = bench.store.read().texts
    (bench.folder / CONFIG).write_text(before)
    if phase is Phase.IDLE and read:
        bench.server.stop(1)
        bench.begin(bench.server.grpc_port or 0)
    if read:
        until(lambda: bench.in_memory() == {1}, "the server did not look")
        assert labels(bench) == {"stable": 1, "canary": 1}
    state, seen = bench.rollout.step()
    assert (state.phase, state.done, seen.answer) == (phase, False, Answer.NOT_YET)
    assert (bench.folder / SPLIT).read_text() == "stable=100\ncanary=0\n"
    assert state.history[-1].what == "put right"

    bench.watch.verdict = machine.not_yet("it takes its time")
    until(lambda: not bench.rollout.step()[0].mending, "it did not become right")
    assert answers(bench, "stable")
    if phase is Phase.WATCHING:
        assert {name: bench.store.read().texts[name] for name in (CONFIG, SPLIT)} == {
            name: due[name] for name in (CONFIG, SPLIT)
        }
        until(lambda: labels(bench) == {"stable": 1, "canary": 2}, "the label did not come back")
        bench.watch.verdict = machine.YES
    state = bench.until(Phase.IDLE)
    assert (state.stable, state.done) == (2, True)
    until(lambda: labels(bench) == {"stable": 2, "canary": 2}, "the labels did not come back")
    until(lambda: bench.in_memory() == {2}, "version 1 stayed")


def test_run_ends_when_all_is_right_again(bench: Bench) -> None:
    """As the Job does that the on-call page names: also when nothing is under way."""
    write_small(bench.base / "2")
    before = bench.store.read().texts[CONFIG]
    bench.rollout.start(2, STEPS, BOUNDS)
    bench.until(Phase.IDLE)
    (bench.folder / CONFIG).write_text(before)
    bench.server.stop(1)
    bench.begin(bench.server.grpc_port or 0)
    until(lambda: bench.in_memory() == {1}, "it did not begin with the old version")
    command = ["rollout", "run", "--until-done", f"--folder={bench.folder}", f"--server={bench.target}", "--interval=1"]
    result = CliRunner().invoke(cli, command, standalone_mode=False)
    assert (result.exception, result.return_value) == (None, 0)
    first, *_, last = [line.split("  ")[1] for line in result.output.splitlines()]
    assert first.startswith(
        "photo: version 2 is stable, models.config is being put right: models.config was not as due"
    )
    assert last == "photo: version 2 is stable, nothing is under way"
    until(lambda: labels(bench) == {"stable": 2, "canary": 2}, "the labels did not come back")


def test_a_half_written_file_changes_nothing(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """What a poll would see that came in the middle of a plain copy; ours are renamed."""
    caplog.set_level(logging.INFO)
    text = (bench.folder / CONFIG).read_text()
    for part, says in (
        (text[: len(text) // 2], "Failed to read ModelServerConfig"),
        ("", "no action for empty config"),
    ):
        (bench.folder / CONFIG).write_text(part)
        until(lambda says=says: says in caplog.text, "the server did not look")
        assert answers(bench, "stable")
        assert labels(bench) == {"stable": 1, "canary": 1}
    (bench.folder / CONFIG).write_text(text)
    write_small(bench.base / "2")
    bench.rollout.start(2, STEPS, BOUNDS)
    assert bench.until(Phase.IDLE).stable == 2


@pytest.mark.parametrize("phase", [Phase.LOADING, Phase.CHECKING, Phase.LABELLING, Phase.SHIFTING, Phase.WATCHING])
def test_aborted_in_any_phase(bench: Bench, phase: Phase) -> None:
    write_small(bench.base / "2")
    bench.rollout.start(2, STEPS, BOUNDS)
    if phase is not Phase.LOADING:
        bench.until(phase)
    bench.rollout.abort("I do not like it")
    assert (bench.folder / SPLIT).read_text() == "stable=100\ncanary=0\n"  # at once
    state = bench.until(Phase.IDLE)
    assert state.stable == 1
    assert bench.in_memory() == {1}
    assert labels(bench) == {"stable": 1, "canary": 1}


def test_a_bad_canary_goes_back_with_its_reason(bench: Bench) -> None:
    write_small(bench.base / "2")
    bench.rollout.start(2, STEPS, BOUNDS)
    bench.until(Phase.WATCHING)
    bench.watch.verdict = no("5 of 20 requests failed")
    state = bench.until(Phase.IDLE)
    assert state.outcome is not None
    assert state.outcome.why == "5 of 20 requests failed"
    assert state.stable == 1


def test_two_who_step_at_the_same_time(bench: Bench) -> None:
    """One wins, the other hears of it; the state is one of both, never a mixture."""
    write_small(bench.base / "2")
    bench.rollout.start(2, STEPS, BOUNDS)
    stored = bench.store.read()
    bench.until(Phase.CHECKING)
    with pytest.raises(Conflict):
        bench.store.write({**stored.texts, STATE: "{}"}, stored)
    assert bench.until(Phase.IDLE).stable == 2


def test_no_server_at_all(bench: Bench, tmp_path: Path) -> None:
    write_small(bench.base / "2")
    bench.rollout.start(2, STEPS, BOUNDS)
    bench.server.stop(1)
    state, seen = bench.rollout.step()
    assert (state.phase, seen.answer) == (Phase.LOADING, Answer.NOT_YET)
    assert "does not answer" in seen.why
    assert grpc.StatusCode.UNAVAILABLE.name in seen.why


@pytest.mark.parametrize("bad", [False, True], ids=["good", "bad"])
def test_the_same_through_a_configmap(mounted_bench: Bench, bad: bool) -> None:
    """One object in the cluster, which a kubelet brings to the server late; nothing else is shared with the pods."""
    write_small(mounted_bench.base / "2")
    mounted_bench.rollout.start(2, STEPS, BOUNDS)
    assert mounted_bench.until(Phase.WATCHING).share == 10
    mounted_bench.watch.verdict = no("it is grey") if bad else machine.YES
    stable = 1 if bad else 2
    assert mounted_bench.until(Phase.IDLE).stable == stable
    assert labels(mounted_bench) == {"stable": stable, "canary": stable}
    assert mounted_bench.in_memory() == {stable}
