"""The door that a client goes through: it answers the questions of a conversation, and keeps connections.

    door = open_door(Where("grpc://127.0.0.1:8500"))
    answer = door.answer(question, Deadline(30))

`async_door` has the asynchronous ones.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any, Protocol

from serving.colouring.task import TASKS, Task
from serving.doors.channel import open_channel
from serving.doors.deadline import Deadline
from serving.doors.gateway_calls import GatewayCalls
from serving.doors.grpc_model import GrpcModel
from serving.doors.http_client import Http, Request
from serving.doors.local_model import load_local_model
from serving.doors.model import Model, Question, Served
from serving.doors.peer import Peer
from serving.doors.rest_model import RestModel
from serving.doors.target import Target
from serving.doors.where import Where
from serving.errors import ModelNotFound


class Door(Protocol):
    """Any number of threads may use one."""

    def answer(self, question: Any, deadline: Deadline) -> Any:
        """What a conversation asks. Raises HandtintError, of the kind that says why there is no answer."""

    def check(self, deadline: Deadline) -> None:
        """Returns if the other side is there and answers; raises ServerError if not."""

    def close(self) -> None:
        """Closes connections."""


class GatewayDoor:
    """A `Door` to a gateway, whose questions are HTTP requests."""

    def __init__(self, calls: GatewayCalls, where: Where):
        self._calls = calls
        self._http = Http(calls.peer, where.tls)

    def answer(self, question: Any, deadline: Deadline) -> Any:
        """The reply to a request."""
        return self._http.send(patient(question, deadline), deadline)

    def check(self, deadline: Deadline) -> None:
        """Returns if the gateway, its model server and the key are as they should be."""
        self._calls.check_reply(self.answer(self._calls.check_request(), deadline))

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()


class ModelDoor:
    """A `Door` to a model a task, of which each is opened when the first picture needs it."""

    def __init__(self, where: Where):
        self._where = where
        self._opening = threading.Lock()
        self._models: dict[str, Model] = {}
        self._first = where.task or TASKS["photo"]
        self._found = {self._first.name}  # tasks that a model is known, or taken, to be there for
        self._connection: Any = _connect(where.target, where) if where.target else None
        self._of(self._first)

    def answer(self, question: Any, deadline: Deadline) -> Any:
        """The arrays that a `Question` asks for; nothing to `Served`."""
        name = question.task.name
        try:
            model = self._of(question.task)
            if isinstance(question, Question):
                answer = model.predict(question.signature, question.inputs, question.outputs, deadline)
                self._found.add(name)
                return answer
            if isinstance(question, Served) and name not in self._found:
                model.check(deadline)
                self._found.add(name)
        except ModelNotFound:  # another may come later: the next picture looks again
            self._models.pop(name, None)
            self._found.discard(name)
            raise
        return None

    def check(self, deadline: Deadline) -> None:
        """Asks for all models that are in use, or else for the one to begin with."""
        # not for one that another thread is just finding out about
        for name in list(self._found) or [self._first.name]:
            self._of(TASKS[name]).check(deadline)

    def close(self) -> None:
        """Closes the connection, which all models share."""
        if self._connection is not None:
            self._connection.close()

    def _of(self, task: Task) -> Model:
        with self._opening:
            if task.name not in self._models:
                self._models[task.name] = self._open(self._where.name_of(task.name))
            return self._models[task.name]

    def _open(self, name: str) -> Model:
        where, target = self._where, self._where.target
        if target is None:
            return load_local_model(name, where.model_dir)
        if target.kind == "grpc":
            peer = Peer(target.text)
            return GrpcModel(target.address, name, where.timeout, where.which, self._connection, peer)
        return RestModel(target.address, name, where.timeout, where.which, self._connection)


def open_door(where: Where, calls: GatewayCalls | None) -> Door:
    """The door; `calls` is given if it is a gateway's.

    Raises:
        OptionError: certificates or addresses make no sense, or TensorFlow is needed and not installed.
        ModelNotFound: in this process, there is no such model.
    """
    return ModelDoor(where) if calls is None else GatewayDoor(calls, where)


def patient(request: Request, deadline: Deadline) -> Request:
    """The same, which tells the server how long it makes sense to work on it (RFC 7240)."""
    seconds = max(1, int(deadline.remaining()))
    return replace(request, headers={**request.headers, "Prefer": f"wait={seconds}"})


def _connect(target: Target, where: Where) -> Any:
    if target.kind == "grpc":
        return open_channel(target.address, tls=where.tls if target.tls else None)
    return Http(Peer(target.text), where.tls)
