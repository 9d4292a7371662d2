"""One step of a roll-out: read what is stored, look at what the phase waits for, decide, write.

    rollout = Rollout("photo", store, servers, watch, checks)
    state, seen = rollout.step()

A step can be repeated, by anybody, at any time: it goes by what is stored and by what can be seen, and remembers
nothing. Killed before it writes, it has done nothing; after that, nothing is left to do.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from serving.doors import messages
from serving.rollout import machine
from serving.rollout.checks import Checks
from serving.rollout.errors import Conflict, Unavailable
from serving.rollout.machine import YES, Seen, no, not_yet
from serving.rollout.servers import Servers, View
from serving.rollout.serving_of import CONFIG, SPLIT, labels_of, serving_of, state_of
from serving.rollout.state import Bounds, Phase, State
from serving.rollout.store import Store, Stored
from serving.rollout.watch import Watch

_TRIES = 5  # of a command whose write was overtaken; it decides anew each time


class Rollout:
    """One model's roll-out. Args: as their types say; `now` gives seconds since 1970."""

    def __init__(
        self,
        model: str,
        store: Store,
        servers: Servers,
        watch: Watch,
        checks: Checks,
        now: Callable[[], float] = time.time,
    ):
        self._model = model
        self.store = store
        self._servers = servers
        self._watch = watch
        self._checks = checks
        self._now = now

    def state(self) -> State:
        """Where it stands. Raises RolloutError if that cannot be read."""
        return self._read()[0]

    def start(self, version: int, steps: tuple[float, ...], bounds: Bounds | None = None) -> State:
        """Begins; raises as `machine.start` does."""
        bounds = bounds or Bounds(delay=self.store.delay)
        return self._change(lambda state: machine.start(state, version, steps, bounds, self._now()))

    def promote(self) -> State:
        """Ends the watching; raises as `machine.promote` does."""
        return self._change(lambda state: machine.promote(state, self._now()))

    def abort(self, reason: str) -> State:
        """Takes the candidate back; raises as `machine.abort` does."""
        return self._change(lambda state: machine.abort(state, self._now(), reason))

    def step(self) -> tuple[State, Seen]:
        """Goes on by one phase, if what it waits for is so; where it stands then, and what was seen.

        Raises:
            Conflict: somebody else moved it at the same time.
            RolloutError: the store cannot be read or written; Unavailable, just now.
        """
        state, stored = self._read()
        due = serving_of(state, stored.texts)
        wrong = [name for name in (CONFIG, SPLIT) if stored.texts.get(name) != due[name]]
        if wrong and state.revision:
            # somebody was killed between two files, or applied an old manifest
            state = machine.put_right(state, self._now(), wrong, versions=CONFIG in wrong)
            self.store.write(serving_of(state, stored.texts), stored)
            stored = self.store.read()
        try:
            seen = self._look(state)
        except Unavailable as error:
            seen = not_yet(error.detail)
        new = machine.advance(state, seen, self._now())
        if new != state:
            self.store.write(serving_of(new, stored.texts), stored)
        return new, seen

    def _read(self) -> tuple[State, Stored]:
        stored = self.store.read()
        return state_of(self._model, stored.texts), stored

    def _change(self, change: Callable[[State], State]) -> State:
        for _ in range(_TRIES):
            state, stored = self._read()
            new = change(state)
            if new == state:
                return state
            try:
                self.store.write(serving_of(new, stored.texts), stored)
            except Conflict:
                continue
            return new
        raise Conflict

    def _look(self, state: State) -> Seen:
        """Whether what the phase waits for is so."""
        if state.candidate is None and not state.mending:
            return YES
        views = self._servers.look()
        if problem := next(
            (not_yet(f"{view.address} does not answer: {view.down}") for view in views if view.down), None
        ):
            return problem
        if state.mending or state.candidate is None:
            return self._mended(state, views)
        match state.phase:
            case Phase.LOADING:
                return self._loaded(state, views, state.candidate)
            case Phase.CHECKING:
                return self._checked(state, state.candidate)
            case Phase.LABELLING:
                return _labelled(views, labels_of(state))
            case Phase.SHIFTING:
                return self._kept(state, views) or self._held(state.share)
            case Phase.WATCHING:
                return self._kept(state, views) or self._held(state.share, then=lambda: self._judged(state))
            case Phase.PROMOTING:
                return self._kept(state, views) or _labelled(views, labels_of(state))
            case Phase.SETTLING:
                return _labelled(views, labels_of(state))
        if not self._heard(state):
            # it may still be about to load what it was told before
            return not_yet("a server may not have heard of it yet")
        return _gone(views, state.candidate)

    def _loaded(self, state: State, views: list[View], candidate: int) -> Seen:
        for view in views:
            found = view.states.get(candidate)
            # what a server says of a version may be of an earlier try until it has heard of this one
            if found and found.error and self._heard(state):
                return no(f"{view.address} cannot load it: {found.error}")
        for view in views:
            for version in (candidate, state.stable):
                if not view.available(version):
                    return not_yet(f"{view.address} has not loaded version {version}")
            if others := view.in_memory() - {candidate, state.stable}:
                return not_yet(f"{view.address} still holds version {min(others)}")
        return YES

    def _checked(self, state: State, candidate: int) -> Seen:
        """The checks; but first no gateway may send anything to `canary` any more, which an earlier roll-out used."""
        return self._held(0.0, then=lambda: self._checks.judge(candidate, state.stable, state.bounds))

    def _kept(self, state: State, views: list[View]) -> Seen | None:
        """No if a server has let the candidate go; a server that has just begun loads it yet."""
        candidate = state.candidate or 0
        for view in views:
            if view.state(candidate) in (messages.END, messages.UNLOADING):
                error = view.states[candidate].error or "its folder may be gone"
                return no(f"{view.address} does not serve it any more: {error}")
            if not view.available(candidate):
                return not_yet(f"{view.address} has not loaded version {candidate}")
        return None

    def _held(self, share: float, then: Callable[[], Seen] = lambda: YES) -> Seen:
        held = self._watch.held()
        if held is None:
            return not_yet("no gateway says in Prometheus which split it holds")
        if any(abs(each - share) > 1e-6 for each in held):
            return not_yet(f"gateways send {held[0]:g} to {held[1]:g} % to the canary; {share:g} % is due")
        return then()

    def _mended(self, state: State, views: list[View]) -> Seen:
        """Whether every server would take the labels that are due, after a models.config with others."""
        if not self._heard(state):
            return not_yet("models.config was not as due; a server may not have heard yet that it was put right")
        for view in views:
            for version in sorted(set(labels_of(state).values())):
                if not view.available(version):
                    return not_yet(f"models.config was not as due; {view.address} has yet to load version {version}")
        return YES

    def _judged(self, state: State) -> Seen:
        now = self._now()
        return self._watch.judge(state.bounds, now - state.told, now - state.baseline)

    def _heard(self, state: State) -> bool:
        """Whether what servers say is of what the phase wants; until then it may be of what they were told before."""
        return self._now() > state.told + state.bounds.delay


def _labelled(views: list[View], labels: dict[str, int]) -> Seen:
    for view in views:
        for label, version in labels.items():
            if view.labels.get(label) != version:
                return not_yet(f"{view.address} has version {view.labels.get(label)} as {label}; {version} is due")
    return YES


def _gone(views: list[View], version: int) -> Seen:
    for view in views:
        if version in view.in_memory():
            return not_yet(f"{view.address} still holds version {version}")
    return YES
