"""A palette, laid out over one picture as hints for the model to follow.

    palette = check_palette(["#264653", "#2a9d8f", "#e9c46a"])
    places = find_places(probabilities[0], centres, lightness)
    hints = lay_out(places, palette)
    for hints in draw_layouts(places, palette, count=4, seed=0):
        ...

Places that stand for the picture's parts get the colour of the palette that the model finds likeliest there and
that comes nearest in lightness. The network spreads them, so that what belongs together gets one colour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from serving.colouring.alternatives import APART
from serving.colouring.hints import Hint
from serving.colouring.suggestions import to_hex, visible
from serving.errors import OptionError
from trainer.colour import CHROMA_UNIT, rgb_to_ab, rgb_to_lightness, to_unit

MAX_COLOURS = 12
PLACES = 24  # that get a colour, at most
REACH, ALIKE = 8.0, 20.0  # cells of 32, and Lab units, that part one place from the next
ROUNDS = 10  # of moving places into the middle of their parts
NEAR = 20.0  # Lab units: a colour this far from a likely one is still in its spirit
LIGHT = 30.0  # L* by which a colour may miss a place's
PAPER = 8.0  # Lab units from white up to which a place of a drawing is bare paper
PARTS, AFAR = 6, 0.8  # that change colours in another layout, and how much a picture's width counts for them
DRAWS = 16  # to choose each other layout from: few, so that seeds differ even where there are few colours
VARIETY = 2.0  # how boldly layouts are drawn: 1 draws colours as often as the model finds them likely
WHITE = "#ffffff"
_RARE = 1e-6  # probability of what the model never draws, so that it has a logarithm
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class Place(NamedTuple):
    """Where it is (shares of width and height), its L*, and how likely [Q] the colours `centres` [Q, 2] are there."""

    x: float
    y: float
    lightness: float
    probabilities: np.ndarray
    centres: np.ndarray


def check_palette(palette: Sequence[str]) -> tuple[str, ...]:
    """The colours once each, in an order that does not depend on theirs.

    Raises:
        OptionError: a colour that is not like #b03a2e, or more than 12 of them.
    """
    example = 'Write them as "#264653,#2a9d8f,#e9c46a".'
    if isinstance(palette, str):
        raise OptionError(f"A palette must be a list of colours; received the text {palette[:60]!r}.", example)
    for colour in palette:
        if not isinstance(colour, str) or not _COLOUR.fullmatch(colour):
            raise OptionError(f"A palette's colours must look like #b03a2e; received {str(colour)[:60]!r}.", example)
    colours = tuple(sorted({colour.lower() for colour in palette}))
    if len(colours) > MAX_COLOURS:
        raise OptionError(
            f"A palette has 1 to {MAX_COLOURS} colours; received {len(colours)}.", "Leave out those that are alike."
        )
    return colours


def find_places(
    probabilities: np.ndarray, centres: np.ndarray, lightness: np.ndarray, hints: Sequence[Hint] = ()
) -> list[Place]:
    """At most 24 cells, each in the middle of a part of the picture that is much alike.

    The parts are clusters of position and colour, as superpixels are (SLIC, Achanta et al. 2012), here started from
    cells far from each other.

    Args:
        probabilities: how likely each colour is in each cell, float32 [R, C, Q].
        centres: those colours, a* and b* in Lab units [Q, 2].
        lightness: the result's L*, 0..100, [S, S], S a multiple of R and C.
        hints: the user's; what is next to them is left to them.
    """
    rows, columns = probabilities.shape[:2]
    light = lightness.reshape(rows, lightness.shape[0] // rows, columns, -1).mean(axis=(1, 3))
    y, x = (np.mgrid[:rows, :columns] + 0.5) / [[[rows]], [[columns]]]
    free = np.full((rows, columns), True)
    for hint in hints:
        free &= np.hypot((hint.x - x) * columns, (hint.y - y) * rows) >= APART
    colour = np.dstack([light, probabilities @ centres]) / ALIKE
    features = np.dstack([x * columns / REACH, y * rows / REACH, colour]).reshape(rows * columns, -1)
    cells = (divmod(int(cell), columns) for cell in np.unique(_middles(features, PLACES)))
    return [
        Place(float(x[cell]), float(y[cell]), float(light[cell]), probabilities[cell], centres)
        for cell in cells
        if free[cell]
    ]


def lay_out(places: Sequence[Place], palette: Sequence[str], drawing: bool = False) -> list[Hint]:
    """The likeliest layout: each place's best colour, and each colour somewhere if there are places enough.

    Args:
        places: from `find_places`.
        palette: from `check_palette`.
        drawing: hints then say how light a place becomes; bare paper stays so, unless the palette has a near-white.
    """
    colours, costs = _costs(places, palette, drawing)
    return _hints(places, colours, _assign(costs), drawing)


def draw_layouts(
    places: Sequence[Place], palette: Sequence[str], count: int, seed: int, drawing: bool = False
) -> Iterator[list[Hint]]:
    """Up to `count` other layouts; the same for the same seed, and fewer only if there are no more.

    Each is the one of 16 draws that differs most, on the mean over the places, from the likeliest layout and from all
    before it. Places that look alike share a colour, drawn by the Gumbel-max trick (Gumbel 1954): neighbours of
    unlike hues would only blend into grey.
    """
    random = np.random.default_rng(seed)
    colours, costs = _costs(places, palette, drawing)
    lab, chosen = _lab(colours), [_lab(colours)[_assign(costs)]]
    parts = _parts(places, costs)
    means = np.array([costs[parts == part].mean(axis=0) for part in np.unique(parts)])
    while places and len(chosen) <= count:
        noise = random.gumbel(scale=VARIETY, size=(DRAWS, *means.shape))
        drawn = [_assign(means - each)[parts] for each in noise]
        distances = np.linalg.norm(lab[drawn][:, None] - np.array(chosen), axis=-1).mean(axis=-1).min(axis=-1)
        best = int(distances.argmax())
        if not distances[best]:
            return
        chosen.append(lab[drawn[best]])
        yield _hints(places, colours, drawn[best], drawing)


def _parts(places: Sequence[Place], costs: np.ndarray) -> np.ndarray:
    """Which of a few parts each place belongs to [P], by its colour more than by where it is; paper is apart."""
    if not places:
        return np.zeros(0, int)
    features = np.array([
        [*(AFAR * np.array([each.x, each.y])), each.lightness / ALIKE, *(each.probabilities @ each.centres / ALIKE)]
        for each in places
    ])  # fmt: skip
    middles = features[_middles(features, max(PARTS, costs.shape[1]))]
    nearest = np.linalg.norm(features[:, None] - middles, axis=-1).argmin(axis=-1)
    return np.unique(np.column_stack([nearest, np.isinf(costs)]), axis=0, return_inverse=True)[1].ravel()


def _middles(features: np.ndarray, count: int) -> np.ndarray:
    """Rows of `features` [N, F] in the middle of at most so many clusters: their indices, some perhaps twice."""
    chosen = [int(np.linalg.norm(features - features.mean(axis=0), axis=-1).argmin())]
    distances = np.linalg.norm(features - features[chosen[0]], axis=-1)
    while len(chosen) < min(count, len(features)) and distances.max() > 0:
        chosen.append(int(distances.argmax()))
        distances = np.minimum(distances, np.linalg.norm(features - features[chosen[-1]], axis=-1))
    means = features[chosen]
    for _ in range(ROUNDS):
        nearest = np.linalg.norm(features[:, None] - means, axis=-1).argmin(axis=1)
        means = np.array([features[nearest == part].mean(axis=0) for part in np.unique(nearest)])
    return np.linalg.norm(features[:, None] - means, axis=-1).argmin(axis=0)


def _costs(places: Sequence[Place], palette: Sequence[str], drawing: bool) -> tuple[list[str], np.ndarray]:
    """The colours C to choose from, and how unlikely each is at each place, [P, C] in nats; inf where it may not be."""
    paper = np.array([drawing and _is_white(place) for place in places], bool)
    paper &= not paper.all()  # of a drawing that the model leaves white altogether, nothing would be coloured
    white = np.linalg.norm(_lab(palette) - _lab([WHITE]), axis=-1) < PAPER
    colours = list(palette)
    if paper.any() and not white.any():
        colours, white = [*palette, WHITE], np.append(white, True)
    lab = _lab(colours)
    costs = np.empty((len(places), len(colours)))
    for row, place in zip(costs, places, strict=True):
        squared = ((place.centres[:, None] - lab[:, 1:]) ** 2).sum(axis=-1)
        row[:] = -np.log((place.probabilities + _RARE) @ np.exp(-squared / (2 * NEAR**2)))
        row += (lab[:, 0] - place.lightness) ** 2 / (2 * LIGHT**2)
    costs[np.ix_(paper, ~white)] = np.inf
    if not white.all():
        costs[np.ix_(~paper, white & paper.any())] = np.inf
    return colours, costs


def _assign(costs: np.ndarray) -> np.ndarray:
    """Costs [P, C] -> each place's colour [P]: its cheapest; then unused ones go where that costs least more."""
    choice = costs.argmin(axis=1)
    while choice.size:
        counts = np.bincount(choice, minlength=costs.shape[1])
        extra = costs - np.take_along_axis(costs, choice[:, None], axis=1)
        extra[counts[choice] < 2] = np.inf  # else another would be without a place
        extra[:, counts > 0] = np.inf
        place, colour = np.unravel_index(extra.argmin(), extra.shape)
        if not np.isfinite(extra[place, colour]):
            break
        choice[place] = colour
    return choice


def _hints(places: Sequence[Place], colours: Sequence[str], choice: np.ndarray, drawing: bool) -> list[Hint]:
    """A photograph's lightness is given, so there a colour is the palette's as far as it can be seen at that."""
    lab = _lab(colours)
    return [
        Hint(place.x, place.y, colours[index] if drawing else to_hex(place.lightness, lab[index, 1:]))
        for place, index in zip(places, choice, strict=True)
    ]


def _lab(colours: Sequence[str]) -> np.ndarray:
    """Colours like #b03a2e -> L*, a*, b* [C, 3]."""
    rgb = to_unit(np.array([list(bytes.fromhex(colour[1:])) for colour in colours], np.float32).reshape(-1, 3))
    return np.concatenate([rgb_to_lightness(rgb), rgb_to_ab(rgb) * np.float32(CHROMA_UNIT)], axis=-1)


def _is_white(place: Place) -> bool:
    ab = visible((place.probabilities @ place.centres)[None], place.lightness)[0]
    return float(np.linalg.norm([*_lab([WHITE])[0] - [place.lightness, *ab]])) < PAPER
