"""Which spots get a colour and which colours they get, on distributions made by hand."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from serving.client import Colouriser
from serving.colouring.alternatives import Spot, draw_alternatives, find_spots
from serving.colouring.hints import Hint
from serving.colouring.suggestions import Modes, to_hex

CENTRES = np.array([[0, 0], [40, 0], [0, 50]], np.float32)
GREY, TORN = [1.0, 0.0, 0.0], [0.0, 0.5, 0.5]
LIGHT = np.full((256, 256), 60.0, np.float32)
PINK, YELLOW = to_hex(60.0, CENTRES[1]), to_hex(60.0, CENTRES[2])


def grey_but(*unsure: tuple[slice, slice], distribution: list[float] = TORN) -> np.ndarray:
    probabilities = np.tile(np.array(GREY, np.float32), (32, 32, 1))
    for cells in unsure:
        probabilities[cells] = distribution
    return probabilities


def spot(*shares: float) -> Spot:
    """Pink and yellow, in such shares."""
    return Spot(0.5, 0.5, 60.0, np.array(shares) @ CENTRES[1:], Modes(CENTRES[1:], np.array(shares)))


def test_spots_are_the_unsure_places_far_apart() -> None:
    corners = [np.s_[:3, :3], np.s_[:3, 29:], np.s_[29:, :3], np.s_[29:, 29:]]
    spots = find_spots(grey_but(*corners), CENTRES, LIGHT)
    assert [(each.x, each.y) for each in spots[:2]] == [(0.5 / 32, 0.5 / 32), (31.5 / 32, 31.5 / 32)]
    assert {(each.x > 0.5, each.y > 0.5) for each in spots} == {
        (False, False),
        (True, True),
        (True, False),
        (False, True),
    }
    assert len(spots) == 4  # one a corner: within a corner cells are nearer than 4
    assert spots[0].modes.shares.tolist() == [0.5, 0.5]
    assert spots[0].mean.tolist() == [20, 25]


def test_there_are_few_spots_and_none_where_the_model_is_sure() -> None:
    assert len(find_spots(grey_but(np.s_[:, :]), CENTRES, LIGHT)) == 6
    assert find_spots(grey_but(), CENTRES, LIGHT) == []
    assert list(draw_alternatives([], 4, 0)) == []


def test_the_least_sure_quarter_counts() -> None:
    """All cells waver, a few of them more: spots lie among the 256 least sure cells only."""
    probabilities = grey_but(np.s_[:, :], distribution=[0.7, 0.3, 0.0])
    probabilities[:, 20:28] = TORN
    places = [each.x * 32 for each in find_spots(probabilities, CENTRES, LIGHT)]
    assert len(places) == 6
    assert min(places) > 20
    assert max(places) < 28


def test_colours_that_nobody_can_see_are_no_choice() -> None:
    assert find_spots(grey_but(np.s_[:, :]), CENTRES, LIGHT * 0) == []


def test_each_alternative_is_the_furthest_from_those_before() -> None:
    """Two spots, likely pink. From the model's own (pinkish) colour yellow is furthest, then what is half of both."""
    drawn = [[hint.colour for hint in hints] for hints in draw_alternatives([spot(0.6, 0.4)] * 2, 9, 0)]
    assert drawn[0] == [YELLOW, YELLOW]
    assert sorted(drawn[1:3]) == sorted([[PINK, YELLOW], [YELLOW, PINK]])
    assert drawn[3] == [PINK, PINK]
    assert len(drawn) == 4  # nine were asked for, but there are no more


def test_hints_say_where_and_how_light() -> None:
    there = Spot(0.25, 0.75, 40.0, np.zeros(2), Modes(CENTRES[1:2], np.ones(1)))
    assert list(draw_alternatives([there], 4, 0)) == [[Hint(0.25, 0.75, to_hex(40.0, CENTRES[1]))]]


def test_seeds_decide_and_counts_do_not() -> None:
    random = np.random.default_rng(1)
    spots = [
        Spot(0.5, 0.5, 60.0, np.zeros(2), Modes(random.uniform(-40, 40, (5, 2)).astype(np.float32), np.full(5, 0.2)))
        for _ in range(6)
    ]
    four = list(draw_alternatives(spots, 4, 7))
    assert four == list(draw_alternatives(spots, 4, 7))
    assert four[:2] == list(draw_alternatives(spots, 2, 7))
    assert four != list(draw_alternatives(spots, 4, 8))


@pytest.mark.parametrize("likely", [0.06, 0.04])
def test_only_believable_colours_are_drawn(likely: float) -> None:
    """5% is the border: below it a place has one colour, so it is no spot."""
    spots = find_spots(grey_but(np.s_[5:8, 5:8], distribution=[0.0, 1 - likely, likely]), CENTRES, LIGHT)
    assert bool(spots) == (likely > 0.05)


def test_a_sketch_model_of_random_weights_has_alternatives(drawing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The graph that ships, with noise for weights: not beautiful, but all that the client asks of it."""
    from export.sketch_module import SketchModule
    from trainer import generators
    from trainer.config import make_config

    config = make_config({"task": "sketch", "generator": "flat_unet", "colour_space": "flat"})
    generator = generators.build_folded(config, 256)
    random = np.random.default_rng(0)
    for variable in generator.get_layer("distribution").variables:
        variable.assign(random.normal(0, 0.1, variable.shape))
    monkeypatch.setattr("export.signatures.load_module", lambda name: (SketchModule(generator, 256), None))
    colouriser = Colouriser(task="sketch")
    plain = colouriser.layers(drawing)
    ways = list(colouriser.alternatives(drawing, 2, seed=1))
    ways += colouriser.alternatives(drawing, 2, seed=1, palette=["#264653", "#2a9d8f", "#e9c46a"])
    assert len(ways) == 4
    for one, other in itertools.combinations([plain.merged, *ways], 2):
        assert (one.rgb != other.rgb).any()
    for picture in ways:
        assert not picture.rgb[plain.lines[..., 3] == 255].any()
