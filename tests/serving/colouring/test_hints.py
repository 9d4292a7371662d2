"""Hints: what the JSON must look like, and where they land on the map."""

from __future__ import annotations

import json

import numpy as np
import pytest

from serving.colouring.hints import MAX_HINTS, Hint, hint_map, parse_hints
from serving.errors import OptionError
from trainer.colour import rgb_to_ab

GOOD = {"x": 0.41, "y": 0.63, "colour": "#b03a2e"}


def test_the_documented_example() -> None:
    assert parse_hints('{"hints": [{"x": 0.41, "y": 0.63, "colour": "#b03a2e"}]}') == [Hint(0.41, 0.63, "#b03a2e")]


def test_no_hints_draw_nothing() -> None:
    assert parse_hints(b'{"hints": []}') == []
    drawn = hint_map([])
    assert drawn.shape == (1, 256, 256, 3)
    assert drawn.dtype == np.float32
    assert not drawn.any()


def test_a_hint_lands_at_its_place_in_its_colour() -> None:
    drawn = hint_map([Hint(0.25, 0.75, "#b03a2e")])
    ab = rgb_to_ab(np.array([0xB0, 0x3A, 0x2E], np.float32) / 255)
    np.testing.assert_allclose(drawn[0, 192, 64], [*ab, 1], atol=1e-6)
    assert drawn[0, :, :, 2].sum() == 25
    assert hint_map([Hint(1, 1, "#FFFFFF")])[0, 255, 255, 2] == 1


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", 'one list, "hints"; received a list of 0'),
        ('{"points": []}', "received an object with 'points'"),
        ('{"hints": {}}', 'one list, "hints"'),
        ('{"hints": [], "more": 1}', 'one list, "hints"'),
        ('{"hints": [3]}', "Hint 1 must have x, y and colour; received 3"),
        (json.dumps({"hints": [GOOD, {"x": 0, "y": 1}]}), "Hint 2 must have x, y and colour; received an object"),
        (json.dumps({"hints": [{**GOOD, "color": "red"}]}), "Hint 1 must have x, y and colour"),
        (json.dumps({"hints": [{**GOOD, "x": 1.5}]}), "Hint 1: A hint's x must be a number from 0 to 1; received 1.5"),
        (json.dumps({"hints": [{**GOOD, "y": "0"}]}), "y must be a number from 0 to 1; received '0'"),
        (json.dumps({"hints": [{**GOOD, "y": True}]}), "y must be a number from 0 to 1; received True"),
        ('{"hints": [{"x": NaN, "y": 0, "colour": "#000000"}]}', "received nan"),
        ('{"hints": [{"x": 1e999, "y": 0, "colour": "#000000"}]}', "received inf"),
        (json.dumps({"hints": [{**GOOD, "colour": "red"}]}), "colour must look like #b03a2e; received 'red'"),
        (json.dumps({"hints": [{**GOOD, "colour": "#b03a2e\n"}]}), "colour must look like #b03a2e"),
        (json.dumps({"hints": [{**GOOD, "colour": "#" + "f" * 999}]}), "…"),
        (json.dumps({"hints": [GOOD] * (MAX_HINTS + 1)}), "at most 1000 hints; received 1001"),
    ],
)
def test_mistakes_are_named(document: str | bytes, message: str) -> None:
    with pytest.raises(OptionError) as caught:
        parse_hints(document)
    assert message in caught.value.detail
    assert len(str(caught.value)) < 300
