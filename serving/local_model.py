"""A model in this process: the weights that came with handtint, or a SavedModel version folder.

    model = load_local_model("photo")                              # the shipped weights
    model = load_local_model("photo", model_dir="models/photo")    # the newest version under a folder

The only module of the client that imports TensorFlow, and only when a model is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from serving.errors import ModelNotFound, OptionError

MODEL_DIR_VARIABLE = "HANDTINT_MODEL"
_Chroma = Callable[[np.ndarray, np.ndarray], np.ndarray]


class LocalModel:
    """`chroma` is a function of luminance float32 [N, S, S, 1] and hints [N, S, S, 3]."""

    def __init__(self, chroma: _Chroma):
        self.chroma = chroma

    def check(self, timeout: float) -> None:
        """Returns at once: what is loaded answers."""

    def close(self) -> None:
        """Nothing to close; the memory goes with the object."""


def load_local_model(name: str, model_dir: str | Path | None = None) -> LocalModel:
    """The newest version under `model_dir`, else under $HANDTINT_MODEL, else the shipped weights `name`.

    Raises:
        ModelNotFound: there is no model of that name, or no version in that folder.
        OptionError: TensorFlow is not installed.
    """
    model_dir = model_dir or os.environ.get(MODEL_DIR_VARIABLE)
    version = newest_version(Path(model_dir)) if model_dir else None
    try:
        return LocalModel(_load_saved_model(version) if version else _load_shipped(name))
    except ModuleNotFoundError as error:
        if error.name not in ("tensorflow", "keras"):
            raise
        raise OptionError(
            "Colourising in this process needs TensorFlow, which is not installed.",
            "Install it with: pip install 'handtint[serve]', or name a model server with --server.",
        ) from error


def newest_version(folder: Path) -> Path:
    """The version folder with the highest number in `folder`, or `folder` itself if it is one.

    Raises:
        ModelNotFound: neither.
    """
    if (folder / "saved_model.pb").is_file():
        return folder
    # a number only, as TensorFlow Serving reads a base path
    versions = [path.parent for path in folder.glob("*/saved_model.pb") if path.parent.name.isdecimal()]
    if not versions:
        raise ModelNotFound(
            f"{folder} holds no exported model; expected version folders like {folder}/1 with a saved_model.pb.",
            f"Export one with: python -m export saved-model --weights photo --out {folder}",
        )
    return max(versions, key=lambda path: int(path.name))


def _load_saved_model(version: Path) -> _Chroma:
    import tensorflow as tf

    try:
        model = tf.saved_model.load(str(version))
        model.signatures["chroma"]
    except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
        raise ModelNotFound(
            f"{version} cannot be used: it is damaged or has no `chroma` signature.",
            f"Export it again with: python -m export saved-model --weights photo --out {version.parent}",
        ) from error

    def chroma(luminance: np.ndarray, hints: np.ndarray) -> np.ndarray:
        # through `model`: a signature alone does not keep its variables alive
        answer = model.signatures["chroma"](luminance=tf.constant(luminance), hints=tf.constant(hints))
        return answer["coefficients"].numpy()

    return chroma


def _load_shipped(name: str) -> _Chroma:
    from export.signatures import load_chroma

    try:
        return load_chroma(name)
    except (OSError, ValueError) as error:
        raise ModelNotFound(str(error), "The weights that came with handtint are named photo.") from error
