"""Imports run one way, between the packages and inside `serving`: whoever reads a room need not read those above it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ["trainer", "export", "serving"]  # each may import those before it, and itself
ROOMS = ["serving.errors", "serving.pictures", "serving.colouring", "serving.doors", "serving.client"]


def imported(path: Path) -> list[str]:
    """The dotted names of modules that a file imports anywhere, also inside functions."""
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def against_the_order(order: list[str]) -> list[str]:
    wrong = []
    for rank, room in enumerate(order):
        place = ROOT / room.replace(".", "/")
        for path in sorted(place.rglob("*.py")) or [place.with_suffix(".py")]:
            above = [f"{later}." for later in order[rank + 1 :]]
            wrong += [
                f"{path.relative_to(ROOT)}: {name}" for name in imported(path) if f"{name}.".startswith(tuple(above))
            ]
    return wrong


@pytest.mark.parametrize("order", [PACKAGES, ROOMS], ids=["packages", "rooms of serving"])
def test_imports_run_one_way(order: list[str]) -> None:
    assert against_the_order(order) == []


def test_an_import_against_the_order_is_found() -> None:
    found = against_the_order(PACKAGES[::-1])
    assert any(line.startswith("serving/") and " export." in line for line in found)
