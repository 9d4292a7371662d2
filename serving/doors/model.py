"""What every door to a model offers, what is asked through it, and what its answers must look like.

    question = maps_of(task, seen, hints)
    maps = check_maps(question, model.predict(question.signature, question.inputs, question.outputs))
    maps = ask_maps(model, task, seen, hints)       # the same in one

`LocalModel`, `GrpcModel` and `RestModel` are such doors, and have asynchronous twins. What comes through them is
checked once, here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from serving.colouring.task import Task
from serving.doors.deadline import Deadline
from serving.errors import ServerError

CELLS = 32  # side of the grid on which `colours` says how likely each colour is
_FIX = "Serve a model that handtint exported."


class Model(Protocol):
    """A door to one model."""

    def predict(
        self,
        signature: str,
        inputs: dict[str, np.ndarray],
        outputs: Sequence[str],
        deadline: Deadline | None = None,
    ) -> list[np.ndarray]:
        """What a signature answers under these names; `deadline` None is the door's own.

        Raises SignatureNotFound if the model has none of that name, else another ServerError.
        """

    def check(self, timeout: float | Deadline) -> None:
        """Returns if the model answers in so many seconds; raises ServerError if not."""


class AsyncModel(Protocol):
    """The same for asyncio. Cancelling a call cancels it at the server, too."""

    async def predict(
        self,
        signature: str,
        inputs: dict[str, np.ndarray],
        outputs: Sequence[str],
        deadline: Deadline | None = None,
    ) -> list[np.ndarray]:
        """As `Model.predict`."""

    async def check(self, timeout: float | Deadline) -> None:
        """As `Model.check`."""


@dataclass(frozen=True, eq=False)
class Question:
    """What a task's model is asked."""

    task: Task
    signature: str
    inputs: dict[str, np.ndarray]
    outputs: Sequence[str]


@dataclass(frozen=True)
class Served:
    """The question whether there is a model for a task; the answer is ModelNotFound if not."""

    task: Task


def maps_of(task: Task, seen: np.ndarray, hints: np.ndarray) -> Question:
    """The question for the task's small maps of what it has seen [N, S, S, 1], with a map of hints."""
    return Question(task, task.maps, {task.seen: seen, "hints": hints}, [task.answer])


def colours_of(task: Task, seen: np.ndarray, hints: np.ndarray) -> Question:
    """The question how likely colours are in the same."""
    return Question(task, "colours", {task.seen: seen, "hints": hints}, ["probabilities", "centres"])


def check_maps(question: Question, answer: Sequence[np.ndarray]) -> np.ndarray:
    """The maps as they are, [N, S, S, depth].

    Raises:
        ServerError: another shape than that, or not finite.
    """
    (maps,), task = answer, question.task
    expected = (*question.inputs[task.seen].shape[:3], task.depth)
    if maps.shape != expected or not np.isfinite(maps).all():
        raise ServerError(
            f"The model's {task.answer} have shape {list(maps.shape)} or are not finite; "
            f"expected finite {list(expected)}.",
            _FIX,
        )
    return maps


def ask_maps(model: Model, task: Task, seen: np.ndarray, hints: np.ndarray) -> np.ndarray:
    """Asks for the maps, and checks them.

    Raises:
        ServerError: as `check_maps` and `predict` do.
    """
    question = maps_of(task, seen, hints)
    return check_maps(question, model.predict(question.signature, question.inputs, question.outputs))


def ask_colours(model: Model, task: Task, seen: np.ndarray, hints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How likely colours are: probabilities [N, 32, 32, Q] and their centres [Q, 2], a* and b* in Lab units.

    Raises:
        SignatureNotFound: the model does not know. ServerError: what it says makes no sense; or as `predict` does.
    """
    question = colours_of(task, seen, hints)
    probabilities, centres = model.predict(question.signature, question.inputs, question.outputs)
    return check_colours(probabilities, centres, len(seen))


def check_colours(probabilities: np.ndarray, centres: np.ndarray, pictures: int) -> tuple[np.ndarray, np.ndarray]:
    """The probabilities [N, 32, 32, Q] and the centres [Q, 2] as they are.

    Raises:
        ServerError: shapes that do not fit each other or the number of pictures, or values that make no distribution.
    """
    count = probabilities.shape[-1] if probabilities.ndim else 0
    fits = probabilities.shape == (pictures, CELLS, CELLS, count) and centres.shape == (count, 2) and count
    if not fits or not np.isfinite(centres).all() or not (probabilities >= 0).all() or np.isinf(probabilities).any():
        raise ServerError(
            f"The model's probabilities have shape {list(probabilities.shape)} and its centres {list(centres.shape)}, "
            "or some are negative or not finite; expected finite numbers, the probabilities of 0 or more, in shapes "
            f"[{pictures}, {CELLS}, {CELLS}, Q] and [Q, 2].",
            _FIX,
        )
    return probabilities, centres
