"""The panels of a comic page: each is a picture of its own, and is coloured better alone.

for rows, columns in find_panels(rgb):          # slices of the page
    page[rows, columns] = colour(rgb[rows, columns], hints_inside(hints, (rows, columns), rgb.shape))

A panel is a rectangle with paper between it and the next (the recursive XY cut of Nagy and Seth, 1984). A page is what
has two of them framed by lines; a third may then be without a frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from serving.colouring.hints import Hint
from trainer.colour import to_unit
from trainer.line_art import drawing_luminance, paper_light

SIZE = 512  # side at which panels are looked for
INK = 0.75  # tone, as a share of the paper's light, below which a pixel is ink
GUTTER = 3  # pixels of that size: the narrowest
DIRT = 0.003  # share of a gutter that may be inked: less than the two sides of a frame
SMALLEST = 0.08  # of the page's side: what is smaller is no panel
FRAMED = 0.7  # share of each side of a panel along which its frame is found
FRAME = 4  # pixels of that size: how far from its border a frame may lie

Panel = tuple[slice, slice]
Box = tuple[int, int, int, int]  # top, bottom, left, right


def find_panels(rgb: np.ndarray) -> list[Panel]:
    """A page, uint8 [H, W, 3] -> its panels as (rows, columns), in reading order; none where it is one picture.

    Black on white paper, also grey or unevenly lit; panels that overlap are not found.
    """
    ink = _ink(rgb)
    boxes = [box for box in _cut(ink, (0, SIZE, 0, SIZE), across=True) if _is_large(box)]
    if sum(_is_framed(ink, box) for box in boxes) < 2:
        return []
    height, width = rgb.shape[:2]
    return [
        (
            slice(top * height // SIZE, -(-bottom * height // SIZE)),
            slice(left * width // SIZE, -(-right * width // SIZE)),
        )
        for top, bottom, left, right in boxes
    ]


def hints_inside(hints: Sequence[Hint], panel: Panel, shape: tuple[int, ...]) -> list[Hint]:
    """Those of a page's hints that lie in one of its panels, in shares of the panel's sides; `shape`: the page's."""
    (rows, columns), (height, width) = panel, shape[:2]
    shifted = []
    for hint in hints:
        x = (hint.x * width - columns.start) / (columns.stop - columns.start)
        y = (hint.y * height - rows.start) / (rows.stop - rows.start)
        if 0 <= x <= 1 and 0 <= y <= 1:
            shifted.append(replace(hint, x=x, y=y))
    return shifted


def _ink(rgb: np.ndarray) -> np.ndarray:
    """Where ink is, bool [SIZE, SIZE]; a thin line keeps its pixel."""
    step = max(1, min(rgb.shape[:2]) // (2 * SIZE))
    small = Image.fromarray(rgb[::step, ::step]) if step > 1 else Image.fromarray(rgb)
    small = small.resize((2 * SIZE, 2 * SIZE), Image.Resampling.BOX)
    tone = drawing_luminance(to_unit(np.asarray(small, np.float32)))[..., 0]
    tone = tone.reshape(SIZE, 2, SIZE, 2).min(axis=(1, 3))
    return tone < INK * paper_light(tone[None, ..., None])[0, ..., 0]


def _cut(ink: np.ndarray, box: Box, across: bool, whole: bool = False) -> Iterator[Box]:
    """The parts of `box` between gutters, cut across, then down, and so on; `whole`: the other way found none."""
    top, bottom, left, right = box
    inked = ink[top:bottom, left:right].mean(axis=1 if across else 0) > DIRT
    first = top if across else left
    runs = [(first + begin, first + end) for begin, end in _runs(inked)]
    parts = [(*run, left, right) if across else (top, bottom, *run) for run in runs]
    if whole and parts == [box]:
        yield box
        return
    for part in parts:
        yield from _cut(ink, part, not across, part == box)


def _runs(inked: np.ndarray) -> list[tuple[int, int]]:
    """(first, end) of the stretches with ink, those joined that lie less than a gutter apart."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inked, [False]]).astype(int)))
    runs: list[tuple[int, int]] = []
    for first, end in edges.reshape(-1, 2).tolist():
        if runs and first - runs[-1][1] < GUTTER:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((first, end))
    return runs


def _is_large(box: Box) -> bool:
    top, bottom, left, right = box
    return min(bottom - top, right - left) >= SMALLEST * SIZE


def _is_framed(ink: np.ndarray, box: Box) -> bool:
    top, bottom, left, right = box
    part = ink[top:bottom, left:right]
    sides = (part[:FRAME].any(0), part[-FRAME:].any(0), part[:, :FRAME].any(1), part[:, -FRAME:].any(1))
    return all(side.mean() >= FRAMED for side in sides)
