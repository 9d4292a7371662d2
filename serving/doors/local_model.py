"""A model in this process: the weights that came with handtint, or a SavedModel version folder.

    model = load_local_model("photo")                              # the shipped weights
    model = load_local_model("photo", model_dir="models/photo")    # the newest version under a folder

The only module of the client that imports TensorFlow, and only when a model is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from serving.doors.deadline import Deadline
from serving.errors import ModelNotFound, OptionError, SignatureNotFound

MODEL_DIR_VARIABLE = "HANDTINT_MODEL"
_Signature = Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]
_Find = Callable[[str], _Signature]  # raises LookupError for a name that the model lacks


class LocalModel:
    """Any number of threads may use one.

    Args:
        name: what to call it in errors.
        find: gives a signature by its name.
    """

    def __init__(self, name: str, find: _Find):
        self._name = name
        self._find = cache(find)

    def predict(
        self,
        signature: str,
        inputs: dict[str, np.ndarray],
        outputs: Sequence[str],
        deadline: Deadline | None = None,
    ) -> list[np.ndarray]:
        """What a signature answers under these names; it takes as long as it takes.

        Raises:
            SignatureNotFound: the model has no such signature.
        """
        answer = self._signature(signature)(inputs)
        return [answer[name] for name in outputs]

    def _signature(self, name: str) -> _Signature:
        try:
            return self._find(name)
        except LookupError as error:
            raise SignatureNotFound(self._name, name) from error

    def check(self, timeout: float | Deadline) -> None:
        """Returns at once: what is loaded answers."""


def load_local_model(name: str, model_dir: str | Path | None = None) -> LocalModel:
    """The newest version under `model_dir`, else under $HANDTINT_MODEL, else the shipped weights `name`.

    Raises:
        ModelNotFound: there is no model of that name, or no version in that folder.
        OptionError: TensorFlow is not installed.
    """
    model_dir = model_dir or os.environ.get(MODEL_DIR_VARIABLE)
    version = newest_version(Path(model_dir)) if model_dir else None
    try:
        return LocalModel(str(version), _load_saved_model(version)) if version else _load_shipped(name)
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


def _load_saved_model(version: Path) -> _Find:
    import tensorflow as tf

    try:
        model = tf.saved_model.load(str(version))
        if not {"chroma", "flats"} & set(model.signatures):
            raise KeyError("chroma")
    except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
        raise ModelNotFound(
            f"{version} cannot be used: it is damaged, or has neither a `chroma` nor a `flats` signature.",
            f"Export it again with: python -m export saved-model --weights photo --out {version.parent}",
        ) from error
    # a signature alone does not keep its variables alive; this function keeps `model`
    return lambda name: _of_arrays(model.signatures[name])


def _load_shipped(name: str) -> LocalModel:
    from export.signatures import load_module

    try:
        module, _ = load_module(name)
    except (OSError, ValueError) as error:
        raise ModelNotFound(str(error), "The weights that came with handtint are named photo and sketch.") from error

    def find(signature: str) -> _Signature:
        if signature not in module.signatures:
            raise LookupError(signature)
        return _of_arrays(module.trace(signature))

    return LocalModel(f'The model "{name}"', find)


def _of_arrays(signature: Any) -> _Signature:
    """A TensorFlow function as one of numpy arrays."""
    import tensorflow as tf

    def run(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        answer = signature(**{name: tf.constant(value) for name, value in inputs.items()})
        return {name: value.numpy() for name, value in answer.items()}

    return run
