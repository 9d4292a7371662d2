"""The model servers behind the gateway: one channel to all of them, a circuit that opens when all are down or hang.

upstream = Upstream("10.0.0.1:8500,10.0.0.2:8500", metrics, timeout=30)
upstream.check_circuit()
maps = upstream.ask("photo", call, lambda model: model.predict(...))
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc

from serving.doors.grpc_model import GrpcModel
from serving.doors.version import NEWEST, VersionNotFound, Which
from serving.errors import ModelNotFound, ServerError, ServerTimeout, ServerUnavailable
from serving.gateway.channel import open_channel
from serving.gateway.circuit import Circuit
from serving.gateway.metrics import Metrics
from serving.gateway.split import Split, sticky_point

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Call:
    """What the model's side is told of a request.

    `deadline` is of `time.monotonic()`, `request_id` for both logs; `client` names who asks, if they keep their label.
    """

    deadline: float
    request_id: str = "-"
    client: str | None = None

    def remaining(self) -> float:
        """Seconds left.

        Raises:
            ServerTimeout: none.
        """
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise ServerTimeout("The time for this picture was over before the model was asked.", "Try again.")
        return seconds


class Upstream:
    """Any number of threads may use one.

    Args:
        addresses: HOST:PORT, or several with commas between.
        metrics: counts what the split does.
        timeout: seconds that a picture has.
        split: gives the shares of the labels as they are now, or None.
    """

    def __init__(
        self, addresses: str, metrics: Metrics, timeout: float, split: Callable[[], Split | None] = lambda: None
    ):
        self._addresses = addresses
        self._metrics = metrics
        self._split = split
        self._held: Split | None = None
        self._current_split()
        self._channel = open_channel(addresses)
        self._circuit = Circuit(timeout)
        self._state: Any = None
        self._channel.subscribe(self._note_state, try_to_connect=True)

    def check_circuit(self) -> None:
        """Returns unless every model server is known to be down or to hang.

        gRPC finds out within two seconds that one is back, and the circuit's next request that one answers.

        Raises:
            ServerUnavailable: at once.
        """
        if self._state is grpc.ChannelConnectivity.TRANSIENT_FAILURE:
            raise ServerUnavailable(f"No model server at {self._addresses} can be reached.", "Start one.")
        self._circuit.check()

    def check(self, names: Sequence[str], timeout: float = 2.0) -> None:
        """Returns if a version of each of these models is available; raises ServerError if not."""
        self._current_split()  # who asks whether we are ready sees to it that the metrics say the split of now
        for name in names:
            self._model(name).asked(NEWEST, timeout).check(timeout)

    def ask(
        self, name: str, call: Call, question: Callable[[GrpcModel], Answer], which: Which | None = None
    ) -> tuple[Answer, Which]:
        """The answer of a model, and which version gave it: what the split chose is counted under its label.

        Args:
            which: None leaves it to the split; a label of it that the servers do not know counts for the newest.

        Raises:
            ServerError: as `serving.doors.grpc_model` does; VersionNotFound only for a `which` that was given.
        """
        if which is not None:
            return self._ask(question, name, which, call), which
        chosen = self._pick(call.client)
        if chosen.label is not None:
            try:
                return self._ask(question, name, chosen, call, chosen.label), chosen
            except VersionNotFound:
                self._metrics.refused_label(chosen.label)
        return self._ask(question, name, NEWEST, call), NEWEST

    def close(self) -> None:
        """Closes the channel."""
        self._channel.unsubscribe(self._note_state)
        self._channel.close()

    @contextmanager
    def _counted(self, name: str, label: str | None) -> Iterator[None]:
        """Counts a call. That a model or a version is not there is no failure of it."""
        started = time.perf_counter()
        try:
            yield
        except ModelNotFound:
            raise
        except ServerError:
            self._metrics.failed(name, label)
            raise
        self._metrics.answered(name, label, time.perf_counter() - started)

    def _ask(
        self, question: Callable[[GrpcModel], Answer], name: str, which: Which, call: Call, label: str | None = None
    ) -> Answer:
        remaining = call.remaining()
        model = self._model(name).asked(which, remaining, [("x-request-id", call.request_id)])
        with self._counted(name, label), self._circuit.watch(remaining):
            return question(model)

    def _model(self, name: str) -> GrpcModel:
        return GrpcModel(self._addresses, name, timeout=0, channel=self._channel)

    def _pick(self, client: str | None) -> Which:
        split = self._current_split()
        if split is None:
            return NEWEST
        label = split.pick(sticky_point(client.encode()) if client else random.random())  # noqa: S311 - no secret
        self._metrics.picked_label(label)
        return Which(label=label)

    def _current_split(self) -> Split | None:
        split = self._split()
        if split is not self._held and split is not None:
            self._metrics.hold(split.shares)
        self._held = split
        return split

    def _note_state(self, state: Any) -> None:
        self._state = state
