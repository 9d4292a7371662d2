"""Generators, one a file: condition -> prediction. `build("lite_unet", size=128)` finds the file by its name."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


def names() -> list[str]:
    """Every generator there is: the modules of this folder that have a `build`."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def build(name: str, size: int) -> keras.Model:
    """Generator `name` for pictures of size x size pixels.

    A generator maps {"luminance": [N, size, size, 1], "hints": [N, size, size, 3]} to
    {"ab": [N, size, size, 2], ...}; see `trainer.colour` for the ranges.
    """
    if name not in names():
        raise ValueError(f"Unknown generator {name!r}. Expected one of {', '.join(names())}.")
    return importlib.import_module(f"{__name__}.{name}").build(size)
