"""Hints in files and requests -> the map that the model sees.

    {"hints": [{"x": 0.41, "y": 0.63, "colour": "#b03a2e"}]}

    handtint colourise old.jpg -o new.png --hints hints.json

x and y are shares of the width and height from the top left of the upright picture. The page saves and loads
the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from serving.colouring.bands import SIZE
from serving.errors import OptionError
from trainer.colour import to_unit
from trainer.hints import draw_hints

MAX_HINTS = 1000  # drawing them takes a millisecond each, and there are only 65536 places
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_EXAMPLE = 'Write hints as {"hints": [{"x": 0.41, "y": 0.63, "colour": "#b03a2e"}]}.'


@dataclass(frozen=True)
class Hint:
    """A point and the colour wanted there.

    Raises:
        OptionError: `x` or `y` is not a number from 0 to 1, or `colour` is not like #b03a2e.
    """

    x: float
    y: float
    colour: str

    def __post_init__(self) -> None:
        for name in ("x", "y"):
            value = getattr(self, name)
            # bool is an int to Python; the range check also refuses NaN
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
                raise OptionError(f"A hint's {name} must be a number from 0 to 1; received {_short(value)}.", _EXAMPLE)
        if not isinstance(self.colour, str) or not _COLOUR.fullmatch(self.colour):
            raise OptionError(f"A hint's colour must look like #b03a2e; received {_short(self.colour)}.", _EXAMPLE)

    def row(self) -> list[float]:
        """(x, y, red, green, blue), all 0..1, as the `guided` signature takes it."""
        return [self.x, self.y, *(to_unit(channel) for channel in bytes.fromhex(self.colour[1:]))]


def parse_hints(document: str | bytes) -> list[Hint]:
    """A JSON document -> hints.

    Raises:
        OptionError: not JSON, not of the form above, a value out of range, or more than 1000 hints.
    """
    try:
        content = json.loads(document)
    except (ValueError, RecursionError):  # deep nesting ends as RecursionError
        raise OptionError("The hints are not JSON.", _EXAMPLE) from None
    if not isinstance(content, dict) or list(content) != ["hints"] or not isinstance(content["hints"], list):
        raise OptionError(f'The hints must be an object with one list, "hints"; received {_short(content)}.', _EXAMPLE)
    if len(content["hints"]) > MAX_HINTS:
        raise OptionError(
            f"There may be at most {MAX_HINTS} hints; received {len(content['hints'])}.", "Leave some out."
        )
    return [_hint(number, entry) for number, entry in enumerate(content["hints"], start=1)]


def hint_map(hints: Sequence[Hint], channels: int = 3, size: int = SIZE) -> np.ndarray:
    """Hints -> (a, b, mask), or (a, b, l, mask), float32 [1, size, size, channels]; all zero where there is no hint."""
    rows = np.array([hint.row() for hint in hints], np.float32).reshape(1, len(hints), 5)
    return draw_hints(rows, size, channels=channels)


def _hint(number: int, entry: Any) -> Hint:
    if not isinstance(entry, dict) or set(entry) != {"x", "y", "colour"}:
        raise OptionError(f"Hint {number} must have x, y and colour; received {_short(entry)}.", _EXAMPLE)
    try:
        return Hint(**entry)
    except OptionError as error:
        raise OptionError(f"Hint {number}: {error.detail}", error.fix) from None


def _short(value: Any) -> str:
    """What was received, in a few words; never the whole of something long or deep."""
    if isinstance(value, dict):
        return f"an object with {', '.join(map(repr, list(value)[:5])) or 'nothing in it'}"[:100]
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:60]}…"
