"""The colour bins: a grid over ab, and how often each of them occurs in photographs.

    python -m trainer colour-bins --data PATH      # counts again and writes colour_bins.csv

After Zhang, Isola, Efros 2016 (Colorful Image Colorization): grid 10 in Lab units, soft labels of sigma 5, and rare
colours weigh more. `balance` says by how much: 0 not at all (results lean to beige), 1 as in the paper (to candy).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np

from trainer.colour import CHROMA_UNIT, Array

GRID = 10.0  # Lab units between centres
SIGMA = 5.0  # Lab units, of the soft labels
RAREST = 1e-5  # bins below this share of all pixels are left out
_FILE = Path(__file__).with_name("colour_bins.csv")


class Bins(NamedTuple):
    """`centres` float32 [Q, 2] in chroma -1..1; `shares` float32 [Q], their sum is 1."""

    centres: np.ndarray
    shares: np.ndarray


@cache
def load_bins() -> Bins:
    """The bins as counted over the training photographs."""
    with _FILE.open(newline="") as file:
        rows = np.array([[float(row[key]) for key in ("a", "b", "share")] for row in csv.DictReader(file)], np.float32)
    return Bins(rows[:, :2] / CHROMA_UNIT, rows[:, 2] / rows[:, 2].sum())


def weights(shares: np.ndarray, balance: float, mix: float = 0.5) -> np.ndarray:
    """Shares [Q] -> weights [Q] whose mean over the pixels of photographs is 1 (Zhang et al. 2016, equation 4)."""
    rarity = ((1 - mix) * shares + mix / len(shares)) ** -balance
    return (rarity / (shares * rarity).sum()).astype(np.float32)


def soft_labels(ab: Array, centres: Array, ops: ModuleType = np) -> Array:
    """Chroma [..., 2] -> how much of it each bin has, [..., Q], summing to 1."""
    difference = (  # |ab - centre|^2 without the [..., Q, 2] array
        ops.sum(ab * ab, axis=-1, keepdims=True) - 2 * ops.matmul(ab, centres.T) + (centres * centres).sum(axis=1)
    )
    logits = -difference * (CHROMA_UNIT / SIGMA) ** 2 / 2
    likely = ops.exp(logits - ops.max(logits, axis=-1, keepdims=True))
    return likely / ops.sum(likely, axis=-1, keepdims=True)


def shares_of(chroma: Iterable[np.ndarray]) -> np.ndarray:
    """Chroma arrays [..., 2] -> how much of it each bin has, [Q], summing to 1."""
    centres = load_bins().centres
    totals = sum(soft_labels(ab, centres).reshape(-1, len(centres)).sum(axis=0) for ab in chroma)
    return totals / totals.sum()


def count(chroma: Iterable[np.ndarray]) -> Bins:
    """Chroma arrays [..., 2] -> the bins that occur in them."""
    side = int(2 * CHROMA_UNIT / GRID) + 1
    counts = np.zeros((side, side))
    for ab in chroma:
        cell = np.rint((ab.reshape(-1, 2) + 1) * CHROMA_UNIT / GRID).astype(int).clip(0, side - 1)
        np.add.at(counts, (cell[:, 0], cell[:, 1]), 1)
    shares = counts / counts.sum()
    a, b = np.nonzero(shares >= RAREST)
    centres = np.stack([a, b], axis=1) * GRID / CHROMA_UNIT - 1
    return Bins(centres.astype(np.float32), shares[a, b].astype(np.float32))


def save_bins(bins: Bins) -> None:
    """Writes the bins beside this module."""
    with _FILE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("a", "b", "share"))
        for (a, b), share in zip(np.rint(bins.centres * CHROMA_UNIT), bins.shares, strict=True):
            writer.writerow((int(a), int(b), f"{share:.6f}"))
