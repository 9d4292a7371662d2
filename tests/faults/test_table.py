"""docs/faults.md is whole: each row names tests that pytest collects, and each test of this folder has its row."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

_COLUMNS = ["What happens", "What the client sees", "What the operator sees", "How it recovers", "Run by"]


def rows() -> Iterator[list[str]]:
    """The cells of each row of the page's tables, without the headings."""
    for line in (ROOT / "docs" / "faults.md").read_text().splitlines():
        if line.startswith("|"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if cells != _COLUMNS and not all(set(cell) <= set(":-") for cell in cells):
                yield cells


def functions_in(file: Path) -> set[str]:
    """The names of its test functions."""
    tree = ast.parse(file.read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def named(cell: str) -> list[tuple[str, str]]:
    """File and function of each test that a cell names."""
    return re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", cell)


ROWS = list(rows())


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:40] for row in ROWS])
def test_a_row_names_tests_that_exist(row: list[str]) -> None:
    assert len(row) == len(_COLUMNS)
    assert all(row)
    tests = named(row[-1])
    assert tests
    for file, function in tests:
        assert (ROOT / file).is_file(), file
        assert function in functions_in(ROOT / file), function


def test_each_test_has_its_row() -> None:
    in_table = {function for row in ROWS for _, function in named(row[-1])}
    here = Path(__file__)
    written = {function for file in here.parent.glob("test_*.py") if file != here for function in functions_in(file)}
    assert len(written) > 20
    assert written <= in_table
