"""The state machine by itself: where each answer leads, from each phase."""

from __future__ import annotations

import itertools
import json

import pytest

from serving.errors import OptionError
from serving.rollout import machine
from serving.rollout.errors import RolloutError
from serving.rollout.machine import YES, no, not_yet
from serving.rollout.serving_of import CONFIG, SPLIT, serving_of, state_of
from serving.rollout.state import KEPT, Bounds, Event, Phase, State

IDLE = State("photo", stable=1)
BOUNDS = Bounds(window=60, patience=100)
STEPS = (10.0, 50.0, 100.0)
CONFIG_TEXT = """
model_config_list {
  config { name: "photo" base_path: "/models/photo" model_platform: "tensorflow"
    model_version_policy { specific { versions: 1 } } version_labels { key: "stable" value: 1 } }
  config { name: "sketch" base_path: "/models/sketch" model_platform: "tensorflow" }
}
"""
BEGUN = machine.start(IDLE, 2, STEPS, BOUNDS, now=1000.0)
GOOD = [BEGUN]
while GOOD[-1].phase is not Phase.IDLE:
    GOOD.append(machine.advance(GOOD[-1], YES, now=1000.0 + len(GOOD)))
UNDER_WAY = GOOD[:-3]  # before the candidate is stable
RETURNING = GOOD[-3:-1]


def names(states: list[State]) -> list[str]:
    return [f"{state.phase.value}-{state.step}" for state in states]


def test_a_good_version_goes_through_every_phase() -> None:
    assert [(state.phase.value, state.share) for state in GOOD] == [
        ("loading", 0),
        ("checking", 0),
        ("labelling", 0),
        ("shifting", 10),
        ("watching", 10),
        ("shifting", 50),
        ("watching", 50),
        ("shifting", 100),
        ("watching", 100),
        ("promoting", 100),
        ("settling", 0),
        ("unloading", 0),
        ("idle", 0),
    ]
    assert (GOOD[-1].stable, GOOD[-1].candidate) == (2, None)
    outcome = GOOD[-1].outcome
    assert outcome is not None
    assert (outcome.what, outcome.version) == ("promoted", 2)


@pytest.mark.parametrize("state", UNDER_WAY, ids=names(UNDER_WAY))
def test_a_bad_one_goes_back_from_anywhere(state: State) -> None:
    back = machine.advance(state, no("it is grey"), now=2000.0)
    assert back.phase is Phase.SETTLING
    done = machine.advance(machine.advance(back, YES, 2001.0), YES, 2002.0)
    assert (done.phase, done.stable, done.candidate) == (Phase.IDLE, 1, None)
    assert done.outcome == Event(2000.0, 2, "rolled back", "it is grey")


@pytest.mark.parametrize("state", UNDER_WAY, ids=names(UNDER_WAY))
def test_no_answer_for_too_long_is_a_no(state: State) -> None:
    patience = 160 if state.phase is Phase.WATCHING else 100
    assert machine.advance(state, not_yet("why"), state.since + patience) == state
    back = machine.advance(state, not_yet("why"), state.since + patience + 1)
    assert back.phase is Phase.SETTLING
    assert back.history[-1].why == f"{state.phase.value} took longer than {patience} s: why"


@pytest.mark.parametrize("state", GOOD, ids=names(GOOD))
def test_what_others_wrote_is_put_right_before_the_phase_goes_on(state: State) -> None:
    now = state.since + 50
    config = serving_of(IDLE, {CONFIG: CONFIG_TEXT})[CONFIG]
    mending = machine.put_right(state, now, [CONFIG, SPLIT], versions=True)
    assert (mending.phase, mending.since, mending.told) == (state.phase, state.since, now)
    version = 2 if state in UNDER_WAY else state.stable
    assert mending.history == (*state.history, Event(now, version, "put right", "not as due: models.config and split"))
    assert not mending.done

    # Labels stay as the servers have them now; what both name is loaded; nothing goes to the canary.
    versions, labels, shares, _ = served(mending, config)
    assert labels == {"stable": 1, "canary": 1}
    assert versions == {1} | served(state)[0]
    assert shares == {"stable": 100, "canary": 0}
    assert serving_of(mending, texts := serving_of(mending, {CONFIG: config})) == texts

    # Once more: the same line of the history. Then the phase goes on where it was.
    again = machine.put_right(mending, now + 1, [SPLIT], versions=False)
    assert (again.told, again.mending, again.history) == (now + 1, True, mending.history)
    assert machine.advance(again, not_yet("why"), now + 2) == again
    mended = machine.advance(again, YES, now + 2)
    assert (mended.phase, mended.told, mended.mending) == (state.phase, now + 2, False)
    assert served(mended, config) == served(state, config)
    revisions = [each.revision for each in (state, mending, again, mended)]
    assert revisions == list(range(state.revision, state.revision + 4))


@pytest.mark.parametrize("state", UNDER_WAY, ids=names(UNDER_WAY))
def test_who_writes_another_text_at_every_turn_gets_the_old_version(state: State) -> None:
    late = state.since + 161
    mending = machine.put_right(state, late, [CONFIG], versions=True)
    back = machine.advance(mending, not_yet("why"), late)
    assert (back.phase, back.history[-1].what) == (Phase.SETTLING, "rolled back")
    assert served(machine.advance(back, YES, late))[1] == {"stable": 1, "canary": 1}


def test_a_split_of_others_needs_no_mending() -> None:
    watching = GOOD[4]
    state = machine.put_right(watching, 5e3, [SPLIT], versions=False)
    assert (state.told, state.mending, state.share) == (5e3, False, 10)
    assert served(state) == served(watching)


def test_what_was_put_right_hides_no_outcome() -> None:
    with pytest.raises(RolloutError, match="stable already"):
        machine.abort(machine.put_right(RETURNING[0], 5.0, [SPLIT], versions=False), 6.0, "by hand")
    aborted = machine.put_right(machine.abort(BEGUN, 5.0, "by hand"), 6.0, [SPLIT], versions=False)
    assert machine.abort(aborted, 7.0, "by hand") == aborted
    assert machine.advance(machine.advance(aborted, YES, 7.0), YES, 8.0).outcome == aborted.history[-2]


@pytest.mark.parametrize("state", RETURNING, ids=names(RETURNING))
def test_the_way_back_is_never_given_up(state: State) -> None:
    assert machine.advance(state, not_yet("why"), 1e9) == state
    assert machine.advance(state, no("why"), 1e9) == state


@pytest.mark.parametrize("state", UNDER_WAY, ids=names(UNDER_WAY))
def test_commands_can_be_repeated(state: State) -> None:
    assert machine.start(state, 2, STEPS, BOUNDS, 5.0) == state
    aborted = machine.abort(state, 5.0, "by hand")
    assert machine.abort(aborted, 6.0, "by hand") == aborted
    assert aborted.history[-1].what == "rolled back"
    with pytest.raises(RolloutError, match="under way"):
        machine.start(state, 3, STEPS, BOUNDS, 5.0)


def test_promoting_by_hand() -> None:
    shifting = GOOD[3]
    promoting = machine.promote(shifting, 5.0)
    assert promoting.phase is Phase.PROMOTING
    assert machine.promote(promoting, 6.0) == promoting
    assert promoting.share == shifting.share  # the traffic stays until every server knows
    with pytest.raises(RolloutError, match="no canary"):
        machine.promote(GOOD[1], 5.0)
    with pytest.raises(RolloutError, match="no canary"):
        machine.promote(IDLE, 5.0)


def test_what_is_stable_already_cannot_be_aborted() -> None:
    with pytest.raises(RolloutError, match="stable already"):
        machine.abort(RETURNING[0], 5.0, "by hand")
    assert machine.abort(IDLE, 5.0, "by hand") == IDLE


@pytest.mark.parametrize("steps", [(), (0.0,), (50.0, 10.0), (10.0, 10.0), (101.0,), (-1.0, 50.0)])
def test_shares_rise(steps: tuple[float, ...]) -> None:
    with pytest.raises(OptionError, match="rising per cents"):
        machine.start(IDLE, 2, steps, BOUNDS, 0.0)


def test_the_stable_version_is_not_rolled_out() -> None:
    with pytest.raises(RolloutError, match="the stable one already"):
        machine.start(IDLE, 1, STEPS, BOUNDS, 0.0)


@pytest.mark.parametrize("state", [IDLE, *GOOD], ids=lambda state: f"{state.phase.value}-{state.step}")
def test_a_state_is_what_was_written(state: State) -> None:
    texts = serving_of(state, {CONFIG: CONFIG_TEXT})
    assert state_of("photo", texts) == state
    assert serving_of(state, texts) == texts  # so that repeating changes nothing
    older = {name: value for name, value in json.loads(state.render()).items() if name[:4] != "mend"}
    assert State.parse(json.dumps(older)) == state  # of a release before these fields


def served(state: State, config: str = CONFIG_TEXT) -> tuple[set[int], dict[str, int], dict[str, float], str]:
    """Versions, labels and shares as model server and gateway read them, and the other model's base path."""
    from google.protobuf import text_format
    from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

    from serving.gateway.split import Split

    texts = serving_of(state, {CONFIG: config})
    photo, sketch = text_format.Parse(texts[CONFIG], ModelServerConfig()).model_config_list.config
    versions = set(photo.model_version_policy.specific.versions)
    return versions, dict(photo.version_labels), dict(Split.parse(texts[SPLIT]).shares), sketch.base_path


BAD = [
    [machine.abort(state, 1.0, "x"), machine.advance(machine.abort(state, 1.0, "x"), YES, 2.0)] for state in UNDER_WAY
]
ALL = [IDLE, *GOOD, *itertools.chain(*BAD)]


@pytest.mark.parametrize("state", ALL, ids=names(ALL))
def test_labels_name_versions_that_are_loaded_and_shares_labels_that_exist(state: State) -> None:
    versions, labels, shares, other = served(state)
    assert set(labels) == set(shares) == {"stable", "canary"}
    assert set(labels.values()) <= versions
    assert len(versions) <= 2
    assert other == "/models/sketch"


@pytest.mark.parametrize("path", [[IDLE, *GOOD], *([state, *back] for state, back in zip(UNDER_WAY, BAD, strict=True))])
def test_nothing_moves_before_it_may(path: list[State]) -> None:
    """A label moves only to a version that was loaded before; a version goes only when no label named it before."""
    for before, after in itertools.pairwise(path):
        (loaded, labels, *_), (versions, moved, *_) = served(before), served(after)
        changed = {version for label, version in moved.items() if labels[label] != version}
        assert changed <= loaded
        assert not (loaded - versions) & set(labels.values())


def test_the_history_does_not_grow_for_ever() -> None:
    state = IDLE
    for number in range(KEPT):
        state = machine.start(state, number + 2, (100.0,), BOUNDS, float(number))
        while state.phase is not Phase.IDLE:
            state = (
                machine.advance(state, no("x"), 0.0)
                if state.phase is Phase.LOADING
                else machine.advance(state, YES, 0.0)
            )
    assert len(state.history) == KEPT
    assert state.history[-1].version == KEPT + 1


def test_another_models_state() -> None:
    texts = serving_of(BEGUN, {CONFIG: CONFIG_TEXT})
    with pytest.raises(RolloutError, match="being rolled out"):
        state_of("sketch", texts)
    with pytest.raises(RolloutError, match="no version of model"):
        state_of("sketch", serving_of(GOOD[-1], {CONFIG: CONFIG_TEXT}))
    with pytest.raises(RolloutError, match="names photo, sketch"):
        state_of("other", {CONFIG: CONFIG_TEXT})


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", '{"phase": "asleep"}', '{"model": "photo"}'])
def test_a_state_that_makes_no_sense(text: str) -> None:
    with pytest.raises(RolloutError, match="cannot be read"):
        State.parse(text)


@pytest.mark.parametrize(
    "text", ["model_config_list {", 'config { name: "x" }', "model_config_list { config { logging_config {} } }"]
)
def test_a_configuration_that_makes_no_sense(text: str) -> None:
    with pytest.raises(RolloutError, match=r"models\.config cannot be read"):
        state_of("photo", {CONFIG: text})
