"""What every door to a model offers, and what its answers must look like.

    maps = ask_maps(model, task, seen, hints)
    probabilities, centres = ask_colours(model, task, seen, hints)

`LocalModel`, `GrpcModel` and `RestModel` are such doors. What comes through them is checked once, here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from serving.errors import ServerError
from serving.task import Task

CELLS = 32  # side of the grid on which `colours` says how likely each colour is
_FIX = "Serve a model that handtint exported."


class Model(Protocol):
    """A door to one model."""

    def predict(self, signature: str, inputs: dict[str, np.ndarray], outputs: Sequence[str]) -> list[np.ndarray]:
        """What a signature answers under these names. Raises SignatureNotFound if the model has none of that name."""

    def check(self, timeout: float) -> None:
        """Returns if the model answers; raises ServerError if not."""

    def close(self) -> None:
        """Lets go of connections."""


def ask_maps(model: Model, task: Task, seen: np.ndarray, hints: np.ndarray) -> np.ndarray:
    """The task's small maps, [N, S, S, depth], of what it has seen [N, S, S, 1] and a map of hints.

    Raises:
        ServerError: another shape than that, or not finite; or as `predict` does.
    """
    maps = model.predict(task.maps, {task.seen: seen, "hints": hints}, [task.answer])[0]
    expected = (*seen.shape[:3], task.depth)
    if maps.shape != expected or not np.isfinite(maps).all():
        raise ServerError(
            f"The model's {task.answer} have shape {list(maps.shape)} or are not finite; "
            f"expected finite {list(expected)}.",
            _FIX,
        )
    return maps


def ask_colours(model: Model, task: Task, seen: np.ndarray, hints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How likely colours are: probabilities [N, 32, 32, Q] and their centres [Q, 2], a* and b* in Lab units.

    Raises:
        SignatureNotFound: the model does not know. ServerError: what it says makes no sense; or as `predict` does.
    """
    probabilities, centres = model.predict("colours", {task.seen: seen, "hints": hints}, ["probabilities", "centres"])
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
