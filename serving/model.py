"""What every door to a model offers, and what its answers must look like.

    coefficients = check_chroma(model.chroma(luminance, hints), luminance)
    probabilities, centres = check_colours(*model.colours(luminance, hints), luminance)

`LocalModel`, `GrpcModel` and `RestModel` are such doors. What comes through them is checked once, here.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from serving.errors import ServerError

CELLS = 32  # side of the grid on which `colours` says how likely each colour is
_FIX = "Serve a model that handtint exported."


class Model(Protocol):
    """A door to one model."""

    def chroma(self, luminance: np.ndarray, hints: np.ndarray) -> np.ndarray:
        """Luminance float32 [N, S, S, 1] and hints [N, S, S, 3] -> coefficients float32 [N, S, S, 4]."""

    def colours(self, luminance: np.ndarray, hints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same -> probabilities float32 [N, 32, 32, Q] and centres float32 [Q, 2] (a*, b* in Lab units).

        Raises SignatureNotFound if the model does not know how likely colours are.
        """

    def check(self, timeout: float) -> None:
        """Returns if the model answers; raises ServerError if not."""

    def close(self) -> None:
        """Lets go of connections."""


def check_chroma(coefficients: np.ndarray, luminance: np.ndarray) -> np.ndarray:
    """The coefficients [N, S, S, 4] as they are.

    Raises:
        ServerError: another shape than the luminance asks for, or not finite.
    """
    if coefficients.shape != (*luminance.shape[:3], 4) or not np.isfinite(coefficients).all():
        raise ServerError(
            f"The model's coefficients have shape {list(coefficients.shape)} or are not finite; "
            f"expected finite {[*luminance.shape[:3], 4]}.",
            _FIX,
        )
    return coefficients


def check_colours(
    probabilities: np.ndarray, centres: np.ndarray, luminance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The probabilities [N, 32, 32, Q] and the centres [Q, 2] as they are.

    Raises:
        ServerError: shapes that do not fit each other or the luminance, or values that make no distribution.
    """
    count = probabilities.shape[-1] if probabilities.ndim else 0
    fits = probabilities.shape == (len(luminance), CELLS, CELLS, count) and centres.shape == (count, 2) and count
    if not fits or not np.isfinite(centres).all() or not (probabilities >= 0).all() or np.isinf(probabilities).any():
        raise ServerError(
            f"The model's probabilities have shape {list(probabilities.shape)} and its centres {list(centres.shape)}, "
            "or some are negative or not finite; expected finite numbers, the probabilities of 0 or more, in shapes "
            f"[{len(luminance)}, {CELLS}, {CELLS}, Q] and [Q, 2].",
            _FIX,
        )
    return probabilities, centres
