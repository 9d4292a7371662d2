"""A run's CSV files, losses.csv and validation.csv, as arrays.

columns = read_columns(Path("runs/photo/losses.csv"))
columns["step"], columns["reconstruction"]        # float64 [rows]
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

Columns = dict[str, np.ndarray]


def read_columns(path: Path) -> Columns:
    """A CSV file of numbers -> float64 [rows] by column; what is empty, cut off or not finite is NaN.

    Gives {} where there is no file or no row yet.
    """
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    names = rows[0] if rows else ()
    return {name: np.array([_number(row[name]) for row in rows]) for name in names}


def has_values(columns: Columns, name: str) -> bool:
    """Whether there is a number in that column."""
    return name in columns and not np.isnan(columns[name]).all()


def _number(text: str | None) -> float:
    try:
        value = float(text or "nan")
    except ValueError:  # the last row of a run that was killed while it wrote
        return float("nan")
    return value if np.isfinite(value) else float("nan")
