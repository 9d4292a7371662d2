"""Generators, one a file: condition -> prediction. `build(config, size)` finds the file by `config.generator`."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import TYPE_CHECKING, Any

from trainer import folding
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
    """The generator as it ships: without batch norms where it can be built so."""
    return _module(config).build(config, size, **({"folded": True} if _folds(config) else {}))


def fold(config: Config, generator: keras.Model) -> keras.Model:
    """A trained generator -> what `build_folded` builds, with its function."""
    if not _folds(config):
        return generator
    folded = build_folded(config, generator.inputs[0].shape[1])
    folding.fold(generator, folded)
    return folded


def unfold(config: Config, folded: keras.Model, generator: keras.Model, batches: list[Any]) -> None:
    """Gives a generator that `build` has made the function of a folded one; `batches` of its inputs set its norms."""
    if _folds(config):
        folding.unfold(folded, generator, batches)
    else:
        generator.set_weights(folded.get_weights())


def _folds(config: Config) -> bool:
    return "folded" in inspect.signature(_module(config).build).parameters


def _module(config: Config) -> ModuleType:
    if config.generator not in names():
        raise ValueError(f"Unknown generator {config.generator!r}. Expected one of {', '.join(names())}.")
    return importlib.import_module(f"{__name__}.{config.generator}")
