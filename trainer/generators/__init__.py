"""Generators, one a file: condition -> prediction. `build(config, size)` finds the file by `config.generator`."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import TYPE_CHECKING

from trainer.config import Config

if TYPE_CHECKING:
    import keras


def names() -> list[str]:
    """Every generator there is: the modules of this folder that have a `build`."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def build(config: Config, size: int) -> keras.Model:
    """The generator that `config` describes, for pictures of size x size pixels.

    A generator maps {"luminance": [N, size, size, 1]} and, if it takes hints, "hints" [N, size, size, 3], to
    {"ab": [N, size, size, 2]} or {"rgb": [N, size, size, 3]} as `config.target` says; see `trainer.colour` for the
    ranges. Raises ValueError for a generator that does not exist, a size it cannot work at, or a colour space.
    """
    return _module(config).build(config, size)


def build_folded(config: Config, size: int) -> keras.Model:
    """The generator as it ships: batch norm folded away where it has any."""
    module = _module(config)
    return module.build(config, size, folded=True) if hasattr(module, "fold") else module.build(config, size)


def fold(config: Config, generator: keras.Model) -> keras.Model:
    """A trained generator -> what `build_folded` builds, with its weights."""
    module = _module(config)
    return module.fold(config, generator) if hasattr(module, "fold") else generator


def _module(config: Config) -> ModuleType:
    if config.generator not in names():
        raise ValueError(f"Unknown generator {config.generator!r}. Expected one of {', '.join(names())}.")
    return importlib.import_module(f"{__name__}.{config.generator}")
