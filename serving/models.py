"""The models behind one client: a door to each task's, opened when the first picture needs it.

models = Models("grpc://127.0.0.1:8500")
task = models.wanted("auto") or models.choose(rgb)
maps = models.of(task).predict(...)
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import numpy as np

from serving.errors import ModelNotFound, OptionError
from serving.grpc_model import GrpcModel
from serving.local_model import MODEL_DIR_VARIABLE, load_local_model
from serving.model import Model
from serving.rest_model import RestModel
from serving.task import AUTO, TASKS, Task, choose_task
from serving.version import NEWEST, Which

_GRPC_TARGET = re.compile(r"grpc://([^/\s,]+:\d+(?:,[^/\s,]+:\d+)*)/?")


class Models:
    """Any number of threads may use one. Takes and raises what `serving.client.Colouriser` does."""

    def __init__(
        self,
        target: str | None = None,
        model: str | Mapping[str, str] | None = None,
        task: str = AUTO,
        model_dir: str | Path | None = None,
        timeout: float = 60.0,
        which: Which = NEWEST,
    ):
        _check_task(task)
        if which != NEWEST and not target:
            raise OptionError(
                f"Only a model server has versions to choose from; received {which} and no server.",
                "Name a server, or the version's folder as model_dir.",
            )
        model_dir = None if target else model_dir or os.environ.get(MODEL_DIR_VARIABLE)
        self._of_one_task = bool(model_dir or (model and isinstance(model, str)))
        self._task = TASKS["photo"] if task == AUTO and self._of_one_task else TASKS.get(task)
        self._timeout = timeout
        self._opening = threading.Lock()

        def open_model(task: str) -> Model:
            name = (model.get(task) if isinstance(model, Mapping) else model) or task
            return _connect(target, name, timeout, which) if target else load_local_model(name, model_dir)

        self._open = open_model
        self._models: dict[str, Model] = {}
        self.of(self._task or TASKS["photo"])

    def of(self, task: Task) -> Model:
        """The task's model."""
        with self._opening:
            if task.name not in self._models:
                self._models[task.name] = self._open(task.name)
            return self._models[task.name]

    def wanted(self, task: str | None) -> Task | None:
        """The task of that name, None for the client's own; the answer None is to `choose` by the picture.

        Raises:
            OptionError: there is no such task, or the model that was named is of another.
            ModelNotFound: there is no model for it.
        """
        if task is None:
            return self._task
        _check_task(task)
        if self._task and self._of_one_task:
            if task not in (AUTO, self._task.name):
                raise OptionError(
                    f"The model that was named is of task {self._task.name}; received task {task!r}.",
                    "Leave the task out, or name no model: then each task has its own.",
                )
            return self._task
        return None if task == AUTO else self._found(TASKS[task])

    def choose(self, rgb: np.ndarray) -> Task:
        """What pixels uint8 [H, W, 3] look like, if there is a model for that; else a photograph."""
        with contextlib.suppress(ModelNotFound):
            return self._found(choose_task(rgb))
        return TASKS["photo"]

    @contextlib.contextmanager
    def noticing_absence(self, task: Task) -> Iterator[None]:
        """Forgets the task's model if it is not there, or no longer: one may come later, and `choose` looks again."""
        try:
            yield
        except ModelNotFound:
            if absent := self._models.pop(task.name, None):
                absent.close()
            raise

    def check(self, timeout: float) -> None:
        """Returns if all models that are in use answer, or else the one to begin with; raises ServerError if not."""
        for model in list(self._models.values()) or [self.of(self._task or TASKS["photo"])]:
            model.check(timeout)

    def close(self) -> None:
        """Closes connections."""
        for model in self._models.values():
            model.close()

    def _found(self, task: Task) -> Task:
        """The task as it is. Raises ModelNotFound if there is no model for it."""
        if task.name not in self._models:
            with self.noticing_absence(task):
                self.of(task).check(self._timeout)
        return task


def _check_task(task: str) -> None:
    if task not in (AUTO, *TASKS):
        raise OptionError(f"Expected task {', '.join(TASKS)} or {AUTO}; received {task!r}.", "Name one of these.")


def grpc_addresses(target: str) -> str | None:
    """`grpc://HOST:PORT`, or several with commas between, without what names the protocol; None for anything else."""
    found = _GRPC_TARGET.fullmatch(target)
    return found[1] if found else None


def _connect(target: str, model: str, timeout: float, which: Which) -> Model:
    if addresses := grpc_addresses(target):
        return GrpcModel(addresses, model, timeout, which)
    if target.startswith(("http://", "https://")):
        with contextlib.suppress(httpx.InvalidURL):
            return RestModel(target, model, timeout, which)
    raise OptionError(
        f"A server's address must look like grpc://HOST:PORT or http://HOST:PORT; received {target!r}.",
        "The embedded model server answers gRPC at port 8500 and REST at 8501.",
    )
