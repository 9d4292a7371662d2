"""The command is killed: between any two of the things that it does, and by a real signal. Repeating it ends right."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import pytest

from serving.doors import messages
from serving.gateway.split import Split
from serving.rollout import model_config
from serving.rollout.checks import Checks
from serving.rollout.files import FileStore
from serving.rollout.machine import YES, Answer, Seen, no
from serving.rollout.rollout import Rollout
from serving.rollout.servers import Servers, VersionState, View
from serving.rollout.serving_of import CANARY, CONFIG, SPLIT, serving_of, state_of
from serving.rollout.state import Bounds, Phase
from serving.rollout.watch import Watch
from tests.serving.rollout.loopback import write_folder

STEPS = (10.0, 100.0)
BOUNDS = Bounds(window=0, delay=0)


class Killed(BaseException):
    """As SIGKILL: no `except Exception` and no retry sees it."""


class World:
    """Servers and gateways that do at once what lies in the folder, as the real ones do in a while.

    They refuse what TensorFlow Serving would refuse: a label that moves to a version which was not loaded before.
    """

    def __init__(self, folder: Path):
        self.folder = write_folder(folder, Path("/models/photo"))
        self.loaded, self.labels = {1}, {"stable": 1, "canary": 1}

    def follow(self) -> None:
        entry = model_config.entry(model_config.parse((self.folder / CONFIG).read_text()), "photo")
        labels, versions = dict(entry.version_labels), set(entry.model_version_policy.specific.versions)
        moved = {version for label, version in labels.items() if self.labels[label] != version}
        assert moved <= self.loaded, f"{labels} with {self.loaded} loaded"
        assert set(labels.values()) <= versions
        self.loaded, self.labels = versions, labels

    def rollout(self, verdict: Seen) -> Rollout:
        world = self

        class FollowingServers(Servers):
            def look(self) -> list[View]:
                world.follow()
                states = {version: VersionState(messages.AVAILABLE) for version in world.loaded}
                return [View("here:1", states, world.labels)]

        class FollowingGateways(Watch):
            def held(self, label: str = CANARY) -> tuple[float, float]:
                share = dict(Split.parse((world.folder / SPLIT).read_text()).shares)[label]
                return share, share

            def judge(self, bounds: Bounds, since: float, baseline: float) -> Seen:
                return verdict

        class PassedChecks(Checks):
            def judge(self, candidate: int, stable: int, bounds: Bounds) -> Seen:
                return YES

        servers = FollowingServers("grpc://here:1", "photo")
        watch = FollowingGateways(None, "photo")  # type: ignore[arg-type]
        return Rollout("photo", FileStore(self.folder), servers, watch, PassedChecks(servers, None))

    def run(self, verdict: Seen) -> Phase:
        """`handtint rollout run --version 2 --until-done`."""
        rollout = self.rollout(verdict)
        state = rollout.state()
        if state.phase is Phase.IDLE and state.outcome is None:
            rollout.start(2, STEPS, BOUNDS)
        for _ in range(50):
            state, _ = rollout.step()
            self.follow()
            if state.phase is Phase.IDLE:
                break
        return state.phase


@pytest.mark.parametrize(("verdict", "stable"), [(YES, 2), (no("it is grey"), 1)], ids=["good", "bad"])
def test_between_any_two_file_operations(
    verdict: Seen, stable: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at the first, at the second, ... operation on files of a whole roll-out, then begun again."""
    real = {name: getattr(os, name) for name in ("replace", "fsync", "chmod")}
    survived = False
    for at in itertools.count(1):
        left = at

        def dying(name: str) -> Any:
            def operation(*arguments: Any, **others: Any) -> Any:
                nonlocal left
                left -= 1
                if left == 0:
                    raise Killed
                return real[name](*arguments, **others)

            return operation

        world = World(tmp_path / f"{at}")
        for name in real:
            monkeypatch.setattr(os, name, dying(name))
        try:
            world.run(verdict)
            survived = True
        except Killed:
            pass
        monkeypatch.undo()
        assert world.run(verdict) is Phase.IDLE
        texts = FileStore(world.folder).read().texts
        state = state_of("photo", texts)
        assert (state.stable, state.candidate) == (stable, None)
        assert serving_of(state, texts) == dict(texts)
        assert (world.loaded, set(world.labels.values())) == ({stable}, {stable})
        events = [event.what for event in state.history]
        assert len(events) == len(set(events)), "a step was taken twice"
        if survived:
            break
    assert at > 40  # three operations for each file that a step writes


def test_a_kill_keeps_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock goes with its holder; nothing has to be cleared by hand."""
    world = World(tmp_path / "rollout")
    rollout = world.rollout(YES)
    rollout.start(2, STEPS, BOUNDS)

    def die(*arguments: Any) -> None:
        raise Killed

    monkeypatch.setattr(os, "replace", die)
    with pytest.raises(Killed):
        rollout.step()
    monkeypatch.undo()
    state, seen = world.rollout(YES).step()
    assert (state.phase, seen.answer) == (Phase.CHECKING, Answer.YES)
