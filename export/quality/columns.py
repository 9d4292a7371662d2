"""What a table of scores shows: each column's heading, its measure's name in the scores, and the number's form.

Column("named right", "named_right", ".1%")
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """`form`: as Python's `format` takes it."""

    heading: str
    measure: str
    form: str


SHARED = (
    Column("PSNR, dB", "psnr", ".2f"),
    Column("SSIM", "ssim", ".4f"),
    Column("Fréchet distance", "frechet", ".2f"),
    Column("colourfulness", "colourfulness", ".1f"),
    Column("difference to truth", "colourfulness_difference", ".1f"),
    Column("cast a*", "cast_a", "+.2f"),
    Column("cast b*", "cast_b", "+.2f"),
)
