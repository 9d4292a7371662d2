"""Generators, one a file: condition -> prediction. `build("lite_unet", size=128)` finds the file by its name."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
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
    return _module(name).build(size)


def build_folded(name: str, size: int) -> keras.Model:
    """The generator as it ships: batch norm folded away where it has any."""
    module = _module(name)
    return module.build(size, folded=True) if hasattr(module, "fold") else module.build(size)


def fold(name: str, generator: keras.Model) -> keras.Model:
    """A trained generator -> what `build_folded` builds, with its weights."""
    module = _module(name)
    return module.fold(generator) if hasattr(module, "fold") else generator


def _module(name: str) -> ModuleType:
    if name not in names():
        raise ValueError(f"Unknown generator {name!r}. Expected one of {', '.join(names())}.")
    return importlib.import_module(f"{__name__}.{name}")
