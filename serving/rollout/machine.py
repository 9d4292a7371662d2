"""From one state of a roll-out to the next. Pure: what was seen and the time come from outside.

    state = start(state, version=2, steps=(10, 50, 100), bounds=Bounds(), now=time.time())
    state = advance(state, Seen(Answer.YES), now=time.time())

Each phase waits for one thing. Yes leads on. No, and no answer for too long, lead back, from wherever the roll-out is,
unless the candidate has been promoted already. On the way back nothing can fail any more; it can only take time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from serving.errors import OptionError
from serving.rollout.errors import RolloutError
from serving.rollout.state import KEPT, PROMOTED, PUT_RIGHT, ROLLED_BACK, STARTED, Bounds, Event, Phase, State

_NEXT = {
    Phase.LOADING: Phase.CHECKING,
    Phase.CHECKING: Phase.LABELLING,
    Phase.LABELLING: Phase.SHIFTING,
    Phase.SHIFTING: Phase.WATCHING,
    Phase.SETTLING: Phase.UNLOADING,
    Phase.UNLOADING: Phase.IDLE,
}
_RETURNING = (Phase.SETTLING, Phase.UNLOADING)


class Answer(Enum):
    """To whether what a phase waits for is so."""

    YES = "yes"
    NOT_YET = "not yet"
    NO = "no"


@dataclass(frozen=True)
class Seen:
    """What was seen, and in words what of it; `NO` needs a reason, which is recorded."""

    answer: Answer
    why: str = ""


YES = Seen(Answer.YES)


def not_yet(why: str) -> Seen:
    """It may still come."""
    return Seen(Answer.NOT_YET, why)


def no(why: str) -> Seen:
    """It will not come; the reason is recorded."""
    return Seen(Answer.NO, why)


def start(state: State, version: int, steps: tuple[float, ...], bounds: Bounds, now: float) -> State:
    """A roll-out of a version begins. The same command again changes nothing.

    Raises:
        OptionError: the shares are not rising per cents.
        RolloutError: another one is under way, or that version is the stable one.
    """
    if not steps or any(low >= high for low, high in zip((0.0, *steps), steps, strict=False)) or steps[-1] > 100:
        raise OptionError(f"The shares are {list(steps)}.", "Expected rising per cents, as 10,50,100.")
    if state.phase is not Phase.IDLE:
        if state.candidate == version and state.phase not in _RETURNING:
            return state
        raise RolloutError(
            f"Version {state.candidate} of {state.model} is under way: {state.phase.value}.",
            "Let it end, or abort it.",
        )
    if version == state.stable:
        raise RolloutError(f"Version {version} of {state.model} is the stable one already.", "Name another version.")
    # one window back, but not into the time of the version before
    baseline = max(now - bounds.window, state.since)
    state = replace(state, candidate=version, steps=steps, step=0, bounds=bounds, baseline=baseline)
    return _enter(state, Phase.LOADING, now, STARTED)


def promote(state: State, now: float) -> State:
    """A canary becomes the stable version without further watching. The same command again changes nothing.

    Raises:
        RolloutError: there is no canary.
    """
    if state.phase is Phase.PROMOTING:
        return state
    if state.phase not in (Phase.SHIFTING, Phase.WATCHING):
        raise RolloutError(
            f"There is no canary of {state.model} to promote: {state.phase.value}.",
            "A version has to be checked and to have a share of the traffic first: start, then step.",
        )
    return _enter(state, Phase.PROMOTING, now, "promoting", "by hand")


def abort(state: State, now: float, reason: str) -> State:
    """The candidate goes back. The same command again changes nothing, and neither does it when nothing is under way.

    Raises:
        RolloutError: it has been promoted already, and the version before is going.
    """
    if state.phase is Phase.IDLE or (state.phase in _RETURNING and state.candidate == state.history[-1].version):
        return state
    if state.phase in _RETURNING:
        raise RolloutError(
            f"Version {state.stable} of {state.model} is stable already.",
            f"Wait until this has ended, then start --version {state.candidate}.",
        )
    return _roll_back(state, now, reason)


def put_right(state: State, now: float, names: Iterable[str], versions: bool) -> State:
    """Files of these names were not as due. Other `versions` are mended before the phase goes on: see `serving_of`.

    The phase's patience goes on: who writes another text at every turn gets the old version in the end. Many in a row
    are one line of the history.
    """
    mended = replace(state, mending=state.mending or versions, mended=now, revision=_more(state))
    if state.history and state.history[-1].what == PUT_RIGHT:
        return mended
    version = state.stable if state.phase is Phase.IDLE else state.history[-1].version
    return _remember(mended, Event(now, version, PUT_RIGHT, f"not as due: {' and '.join(names)}"))


def advance(state: State, seen: Seen, now: float) -> State:
    """The next state after a look; the same one if there is nothing to do."""
    phase = state.phase
    if state.mending and seen.answer is Answer.YES:
        return replace(state, mending=False, mended=now, revision=_more(state))
    if phase is Phase.IDLE:
        return state
    if seen.answer is Answer.YES:
        return _go_on(state, now)
    if phase in _RETURNING:
        return state
    if seen.answer is Answer.NO:
        return _roll_back(state, now, seen.why)
    patience = state.bounds.patience + (state.bounds.window if phase is Phase.WATCHING else 0)
    if now > state.since + patience:
        return _roll_back(state, now, f"{phase.value} took longer than {patience:g} s: {seen.why}")
    return state


def _go_on(state: State, now: float) -> State:
    match state.phase:
        case Phase.WATCHING if state.step + 1 < len(state.steps):
            return _enter(replace(state, step=state.step + 1), Phase.SHIFTING, now)
        case Phase.WATCHING:
            return _enter(state, Phase.PROMOTING, now)
        case Phase.PROMOTING:
            promoted = replace(state, stable=_candidate(state), candidate=state.stable)
            return _enter(promoted, Phase.SETTLING, now, PROMOTED, version=promoted.stable)
        case Phase.UNLOADING:
            return replace(state, candidate=None, phase=Phase.IDLE, steps=(), step=0, since=now, revision=_more(state))
    return _enter(state, _NEXT[state.phase], now)


def _roll_back(state: State, now: float, reason: str) -> State:
    return _enter(state, Phase.SETTLING, now, ROLLED_BACK, reason)


def _enter(
    state: State, phase: Phase, now: float, what: str | None = None, why: str = "", version: int | None = None
) -> State:
    entered = replace(state, phase=phase, since=now, revision=_more(state))
    if what is None and phase in _RETURNING:
        return entered
    what = what or (f"{phase.value} at {entered.share:g} %" if entered.share else phase.value)
    return _remember(entered, Event(now, version or _candidate(state), what, why))


def _remember(state: State, event: Event) -> State:
    return replace(state, history=(*state.history, event)[-KEPT:])


def _candidate(state: State) -> int:
    if state.candidate is None:
        raise RolloutError("The state of the roll-out names no candidate.", "Write rollout.json as it was.")
    return state.candidate


def _more(state: State) -> int:
    return state.revision + 1
