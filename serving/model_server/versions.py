"""Which versions lie under a base path, and which of them should be served.

    python -m pytest tests/serving/model_server/test_lifecycle.py -k copied

A version folder may be seen while it is still being copied. Two signs tell: a file that must be there is
missing, or the folder's contents still change. The caller compares `contents` from one look to the next.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

log = logging.getLogger(__name__)

Policy = Callable[[Iterable[int]], set[int]]
"""Chooses the versions to serve among those that exist."""

_MAX_VERSION = 2**63 - 1  # an int64 in the API
_SHARD = re.compile(r"variables/variables\.data-\d{5}-of-(\d{5})")


@dataclass(frozen=True)
class VersionFolder:
    """One version as it lies on disk.

    `whole` says that no file is missing that the others speak of; `contents` lists each file's name, size in
    bytes and time of change in nanoseconds.
    """

    number: int
    path: Path
    whole: bool
    contents: frozenset[tuple[str, int, int]]


def latest(count: int = 1) -> Policy:
    """The newest `count` versions: TensorFlow Serving's default policy."""
    return lambda numbers: set(sorted(numbers)[-count:])


def every(numbers: Iterable[int]) -> set[int]:
    """A policy: all versions there are."""
    return set(numbers)


def specific(wanted: Iterable[int]) -> Policy:
    """These versions, as far as they are there."""
    chosen = set(wanted)
    return lambda numbers: chosen & set(numbers)


def look(base_path: Path) -> dict[int, VersionFolder]:
    """The version folders under a base path, by number; whatever is not named by an integer is left out.

    Raises:
        OSError: the base path cannot be read, which says nothing about its versions.
    """
    found: dict[int, VersionFolder] = {}
    # Sorted, so that of `001` and `1` the plain name wins, as in the original.
    for name in sorted(os.listdir(base_path)):
        path = base_path / name
        if not (name.isascii() and name.isdigit()) or int(name) > _MAX_VERSION or not path.is_dir():
            continue
        folder = _read(int(name), path)
        if folder.number in found:
            _warn_of_duplicates(folder.number, path, found[folder.number].path)
        found[folder.number] = folder
    return found


@lru_cache(maxsize=1024)  # once, not at every look
def _warn_of_duplicates(number: int, taken: Path, ignored: Path) -> None:
    log.warning(
        "Duplicate version directories detected. Version %d will be loaded from %s, %s will be ignored.",
        *(number, taken, ignored),
    )


def _read(number: int, path: Path) -> VersionFolder:
    contents = set()
    try:
        # The folder's own time changes when it is moved: taking a version away and putting it back is a
        # change.
        contents.add((".", 0, path.stat().st_ctime_ns))
        for parent, _, names in os.walk(path):
            for name in names:
                file = Path(parent) / name
                status = file.stat()
                contents.add((file.relative_to(path).as_posix(), status.st_size, status.st_mtime_ns))
    except OSError:
        return VersionFolder(number, path, False, frozenset())  # a file went away while we looked
    return VersionFolder(number, path, _is_whole({name for name, _, _ in contents}), frozenset(contents))


def _is_whole(names: set[str]) -> bool:
    """Whether the graph is there, the variables' index, and all shards that their names speak of; or TF-Lite alone."""
    if "saved_model.pb" not in names:
        # A TensorFlow Lite model may be alone; with pieces of a SavedModel beside it the rest of that is on its way.
        pieces = any(name == "fingerprint.pb" or name.startswith(("variables/", "assets/")) for name in names)
        return "model.tflite" in names and not pieces
    if not any(name.startswith("variables/") for name in names):
        return True  # some models have no variables
    shards = [match for name in names if (match := _SHARD.fullmatch(name))]
    return "variables/variables.index" in names and bool(shards) and len(shards) == int(shards[0][1])
