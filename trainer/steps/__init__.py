"""The training step, one file a backend: the same losses, differentiated and applied in the backend's own way.

step = compile_step(gan)
losses = step(batch)            # {"generator_loss": ..., ...}; the weights have moved
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    from trainer.gan import ConditionalGAN

Step = Callable[[dict[str, Any]], dict[str, Any]]


def compile_step(gan: ConditionalGAN) -> Step:
    """The step of the Keras backend in use. Raises ValueError if there is none for it."""
    backend = keras.backend.backend()
    if backend not in ("tensorflow", "jax"):
        raise ValueError(f"The trainer runs on tensorflow or jax. Received KERAS_BACKEND={backend}.")
    return importlib.import_module(f"{__name__}.{backend}").compile_step(gan)
