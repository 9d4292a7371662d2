"""The doors of `serving.doors.door` for asyncio.

door = open_async_door(Where("grpc://127.0.0.1:8500"))      # inside the event loop that will use it
answer = await door.answer(question, Deadline(30))
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from serving.colouring.task import TASKS, Task
from serving.doors.channel import open_channel
from serving.doors.deadline import Deadline
from serving.doors.door import patient
from serving.doors.gateway_calls import GatewayCalls
from serving.doors.grpc_model import AsyncGrpcModel
from serving.doors.http_client import AsyncHttp
from serving.doors.local_model import LocalModel, load_local_model
from serving.doors.model import AsyncModel, Question, Served
from serving.doors.peer import Peer
from serving.doors.rest_model import AsyncRestModel
from serving.doors.target import Target
from serving.doors.where import Where
from serving.errors import ModelNotFound


class AsyncDoor(Protocol):
    """For the tasks of one event loop."""

    async def answer(self, question: Any, deadline: Deadline) -> Any:
        """As `Door.answer`."""

    async def check(self, deadline: Deadline) -> None:
        """As `Door.check`."""

    async def close(self) -> None:
        """As `Door.close`."""


class AsyncGatewayDoor:
    """As `GatewayDoor`."""

    def __init__(self, calls: GatewayCalls, where: Where):
        self._calls = calls
        self._http = AsyncHttp(calls.peer, where.tls)

    async def answer(self, question: Any, deadline: Deadline) -> Any:
        """The reply to a request."""
        return await self._http.send(patient(question, deadline), deadline)

    async def check(self, deadline: Deadline) -> None:
        """As `GatewayDoor.check`."""
        self._calls.check_reply(await self.answer(self._calls.check_request(), deadline))

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.close()


class AsyncModelDoor:
    """As `ModelDoor`, but for models in this process: these are loaded at the first question, in a thread."""

    def __init__(self, where: Where):
        self._where = where
        self._models: dict[str, AsyncModel] = {}
        self._first = where.task or TASKS["photo"]
        self._found = {self._first.name}  # tasks that a model is known, or taken, to be there for
        self._connection: Any = _connect(where.target, where) if where.target else None

    async def answer(self, question: Any, deadline: Deadline) -> Any:
        """The arrays that a `Question` asks for; nothing to `Served`."""
        name, model = question.task.name, self._of(question.task)
        try:
            if isinstance(question, Question):
                answer = await model.predict(question.signature, question.inputs, question.outputs, deadline)
                self._found.add(name)
                return answer
            if isinstance(question, Served) and name not in self._found:
                await model.check(deadline)
                self._found.add(name)
        except ModelNotFound:
            self._models.pop(name, None)
            self._found.discard(name)
            raise
        return None

    async def check(self, deadline: Deadline) -> None:
        """As `ModelDoor.check`."""
        for name in list(self._found) or [self._first.name]:
            await self._of(TASKS[name]).check(deadline)

    async def close(self) -> None:
        """Closes the connection, which all models share."""
        if self._connection is not None:
            await self._connection.close()

    def _of(self, task: Task) -> AsyncModel:
        if task.name not in self._models:
            self._models[task.name] = self._open(self._where.name_of(task.name))
        return self._models[task.name]

    def _open(self, name: str) -> AsyncModel:
        where, target = self._where, self._where.target
        if target is None:
            return _AsyncLocalModel(name, where)
        if target.kind == "grpc":
            return AsyncGrpcModel(Peer(target.text), name, where.timeout, where.which, self._connection)
        return AsyncRestModel(target.address, name, where.timeout, where.which, self._connection)


class _AsyncLocalModel:
    """A model in this process, which works in threads."""

    def __init__(self, name: str, where: Where):
        self._name = name
        self._where = where
        self._loading = threading.Lock()
        self._model: LocalModel | None = None

    async def predict(
        self,
        signature: str,
        inputs: dict[str, np.ndarray],
        outputs: Sequence[str],
        deadline: Deadline | None = None,
    ) -> list[np.ndarray]:
        """As `LocalModel.predict`."""
        return await asyncio.to_thread(lambda: self._loaded().predict(signature, inputs, outputs))

    async def check(self, timeout: float | Deadline) -> None:
        """Returns if it can be loaded."""
        await asyncio.to_thread(self._loaded)

    def _loaded(self) -> LocalModel:
        with self._loading:
            if self._model is None:
                self._model = load_local_model(self._name, self._where.model_dir)
            return self._model


def open_async_door(where: Where, calls: GatewayCalls | None) -> AsyncDoor:
    """The door; `calls` is given if it is a gateway's. Raises OptionError as `open_door` does."""
    return AsyncModelDoor(where) if calls is None else AsyncGatewayDoor(calls, where)


def _connect(target: Target, where: Where) -> Any:
    if target.kind == "grpc":
        return open_channel(target.address, tls=where.tls if target.tls else None, asynchronous=True)
    return AsyncHttp(Peer(target.text), where.tls)
