"""Line drawings as scanners and phones give them -> drawings as the network and the eye want them.

tone = drawing_luminance(rgb)              # at full size; `small` is its copy of S x S
drawing = clean(small)                     # what the network sees
ink = apply_ink(tone, raised)              # of `ink_maps(small)`, raised to full size
drawing = clean(small, ops=keras.ops)      # the same in a graph

Tone and ink are sRGB-encoded greys 0..1, since ink multiplies sRGB colours; ink 1 is bare paper, 0 is black. S is a
multiple of 128. Nothing here pools or has a higher rank than 4, so numpy and TensorFlow.js run it too.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np

from trainer.colour import Array

GRID = 64  # cells a side on which paper is looked for: a cell is wider than most lines
NEAR, FAR = 0.12, 0.35  # radii of the rolled balls, as shares of the side: a soft shadow's, a large black area's
DEEPEST = 0.6  # light of a shadow, as a share of the light far around: whatever is darker is ink
BLACKEST = 0.02  # light of paper, so that nothing is divided by zero
DIRT = 0.1  # most that paper's own texture may be taken for, so that pale washes stay
TYPICAL, MOST_GAIN = 0.6, 4.0  # darkness that faint lines are raised to; the limit keeps dirt from becoming lines
INKED = 0.03  # least darkness beyond dirt that counts as ink when a picture is judged
BLACK = 0.3  # most tone of paper that still counts as black ink
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601: makes a red line as dark as the eye finds it


def drawing_luminance(rgb: Array, ops: ModuleType = np) -> Array:
    """SRGB 0..1 [..., 3] -> tone 0..1 [..., 1]: luma, but light blue pencil becomes as light as its blue, so vanishes.

    Light blue is what has much green (from half on) and some red below more blue. Red, green and dark or pure blue ink
    stay; yellow paper needs nothing here, it is light all over. Raises ValueError for another last axis.
    """
    if len(rgb.shape) < 1 or rgb.shape[-1] != 3:
        raise ValueError(
            f"A drawing's colours must have shape [..., 3], sRGB 0..1, received {tuple(rgb.shape)}; convert it to RGB."
        )
    luma = ops.sum(rgb * LUMA, axis=-1, keepdims=True)
    red, green, blue = rgb[..., :1], rgb[..., 1:2], rgb[..., 2:]
    pencil = ops.clip((green - 0.5) / 0.2, 0.0, 1.0) * ops.clip(red / 0.3, 0.0, 1.0)
    return luma + pencil * ops.maximum(blue - luma, 0.0)


def tone_of(unit: Array, ops: ModuleType = np) -> Array:
    """A picture's channels 0..1 [..., 1 or 3] -> its tone 0..1 [..., 1]."""
    return unit if unit.shape[-1] == 1 else drawing_luminance(unit, ops)


def paper_light(tone: Array, ops: ModuleType = np) -> Array:
    """Tone of a drawing dark on light [N, S, S, 1] -> how light its paper is at each place, > 0..1 [N, S, S, 1].

    A ball rolled over the tones, as Sternberg's "Biomedical image processing" (1983) removes backgrounds: a small one
    follows shadows with soft borders and bridges lines, a large one bridges black areas of a third of the side.
    Raises ValueError as `clean` does.
    """
    return _raise(_light(_checked(tone), ops), tone.shape[1], ops)[..., None]


def inverted(tone: Array, ops: ModuleType = np) -> Array:
    """Tone [N, S, S, 1] -> bool [N]: is it light on dark?

    So it is when the tones lie nearer to the ball rolled below them than to the one rolled above, on the mean: paper is
    most of a drawing, wherever its blacks are. Raises ValueError as `clean` does.
    """
    tone = _checked(tone)
    above = _roll(_lightest(tone, ops), FAR, ops)
    below = 1.0 - _roll(_lightest(1.0 - tone, ops), FAR, ops)
    mean = _cells(tone, GRID, "mean", ops)
    from_above = ops.mean(above - mean, axis=(1, 2))
    from_below = ops.mean(mean - below, axis=(1, 2))
    return from_above > 1.2 * from_below + 0.02  # the benefit of doubt, and of a blank page, is for dark on light


def clean(tone: Array, ops: ModuleType = np) -> Array:
    """Tone of a scan, photograph or file [N, S, S, 1] -> the drawing, dark on white [N, S, S, 1].

    The tone as a share of its paper's, less the paper's own dirt, with faint lines up to four times darker. Clean ink
    stays as it is. Raises ValueError when the shape is another or S no multiple of 128.
    """
    _, tone = _upright(tone, ops)
    _, darkness, dirt = _page(tone, ops)
    darkness = ops.clip((darkness - dirt) / (1.0 - dirt), 0.0, 1.0)
    lines = _cells(darkness, GRID, "max", ops)
    # weighed by itself: how dark lines are, not how much of the page they cover
    typical = ops.sum(lines * lines, axis=(1, 2)) / (ops.sum(lines, axis=(1, 2)) + 1e-3)
    gain = ops.clip(TYPICAL / ops.maximum(typical, 1e-3), 1.0, MOST_GAIN)
    return ops.clip(1.0 - darkness * gain[:, None, None], 0.0, 1.0)[..., None]


def ink_maps(tone: Array, ops: ModuleType = np) -> Array:
    """Tone [N, S, S, 1] -> (gain, offset) [N, S, S, 2]; full-size ink = clip(gain * full-size tone + offset, 0, 1).

    Paper becomes 1 and light on dark is turned round (gain < 0). Black is what the small copy shows as black, up to
    BLACK: thin lines are darker at full size than there, so more would coarsen them. Raises ValueError as `clean` does.
    """
    turned, tone = _upright(tone, ops)
    light, darkness, dirt = _page(tone, ops)
    white = 1.0 - ops.minimum(2.5 * dirt, 1.5 * DIRT)  # noise is stronger at full size than in its small copy
    darkest = 1.0 - _quantile(_cells(darkness, GRID, "max", ops), 0.99, ops)
    black = ops.clip(0.8 * darkest, 0.0, BLACK)
    gain = 1.0 / (light * (white - black))
    offset = ops.zeros_like(gain) - black / (white - black)
    return ops.stack([ops.where(turned, -gain, gain), ops.where(turned, gain + offset, offset)], axis=-1)


def apply_ink(tone: Array, maps: Array, ops: ModuleType = np) -> Array:
    """Full-size tone [..., 1] and `ink_maps` raised to it [..., 2] -> ink 0..1 [..., 1], which multiplies colours."""
    return ops.clip(maps[..., :1] * tone + maps[..., 1:], 0.0, 1.0)


def is_drawing(tone: Array, chroma: Array | None = None, ops: ModuleType = np) -> Array:
    """Tone [N, S, S, 1] -> bool [N]: a drawing, rather than a photograph?

    A drawing is what has `share + 13 * wavering - 6.5 * crispness + chroma < 0.25` once its paper is taken away:

    - share: of pixels with ink on them (0.14 is usual for drawings, 0.55 for photographs);
    - wavering: mean difference of paper's log light between neighbouring cells: shadows on paper are few and soft;
    - crispness: mean difference of darkness between neighbouring pixels, at 256 x 256: ink that starts abruptly may
      cover more;
    - chroma [N], if known: the pixels' mean distance from the picture's median chroma, -1..1. Coloured paper has none,
      coloured lines have little, photographs and painted illustrations 0.1 and more.

    The weights are a logistic regression's, rounded. A page of text and a blank sheet are drawings. Raises ValueError
    as `clean` does, or if chroma is not [N].
    """
    if chroma is not None and len(chroma.shape) != 1:
        raise ValueError(
            f"chroma must have shape [N], one number a picture, received {tuple(chroma.shape)}; take the mean over "
            "the picture's pixels, or leave it out."
        )
    _, tone = _upright(tone, ops)
    _, darkness, dirt = _page(tone, ops)
    darkness = ops.maximum(darkness - dirt, 0.0)
    share = ops.mean(ops.where(darkness > INKED, 1.0, 0.0), axis=(1, 2))
    wavering = _change(ops.log(_light(tone, ops)), ops)
    crispness = _change(_cells(darkness, min(256, tone.shape[1]), "mean", ops), ops)
    score = share + 13.0 * wavering - 6.5 * crispness
    return (score if chroma is None else score + chroma) < 0.25


def _change(maps: Array, ops: ModuleType) -> Array:
    """[N, S, S] -> mean absolute difference of neighbours [N]."""
    across = ops.mean(ops.absolute(maps[:, :, 1:] - maps[:, :, :-1]), axis=(1, 2))
    return 0.5 * (across + ops.mean(ops.absolute(maps[:, 1:] - maps[:, :-1]), axis=(1, 2)))


def _upright(tone: Array, ops: ModuleType) -> tuple[Array, Array]:
    """Tone [N, S, S, 1] -> was it light on dark, bool [N, 1, 1]; its tone dark on light [N, S, S]."""
    turned = ops.reshape(inverted(tone, ops), (-1, 1, 1))
    return turned, ops.where(turned, 1.0 - tone[..., 0], tone[..., 0])


def _page(tone: Array, ops: ModuleType) -> tuple[Array, Array, Array]:
    """Upright tone [N, S, S] -> light of its paper, darkness as a share of it (both [N, S, S]), dirt [N, 1, 1]."""
    light = _raise(_light(tone, ops), tone.shape[1], ops)
    darkness = 1.0 - tone / light
    # a quarter of a drawing's cells is bare paper; the dirtiest of it is that much dirtier than those
    dirt = 1.6 * _quantile(_cells(darkness, GRID, "max", ops), 0.25, ops)
    return light, darkness, ops.clip(dirt, 0.0, DIRT)


def _checked(tone: Array) -> Array:
    shape = tuple(tone.shape)
    if len(shape) != 4 or shape[1] != shape[2] or shape[3] != 1 or not shape[1] or shape[1] % (2 * GRID):
        raise ValueError(
            f"A drawing's tone must have shape [N, S, S, 1] with S a multiple of {2 * GRID}, received {shape}; resize "
            "it to 256 x 256 and keep one channel, see drawing_luminance."
        )
    return tone[..., 0]


def _cells(tone: Array, side: int, kind: str, ops: ModuleType) -> Array:
    """[N, S, S] -> [N, side, side]: each cell's max or mean; one axis after the other, to stay at rank 4."""
    size = tone.shape[1]
    reduce = getattr(ops, kind)
    rows = reduce(ops.reshape(tone, (-1, side, size // side, size)), axis=2)
    return reduce(ops.reshape(rows, (-1, side, side, size // side)), axis=3)


def _lightest(tone: Array, ops: ModuleType) -> Array:
    """[N, S, S] -> each cell's lightest place [N, GRID, GRID]; shrunk first, or noise would make paper lighter."""
    return ops.maximum(_cells(_cells(tone, 2 * GRID, "mean", ops), GRID, "max", ops), BLACKEST)


def _light(tone: Array, ops: ModuleType) -> Array:
    lightest = _lightest(tone, ops)
    return ops.maximum(_roll(lightest, NEAR, ops), DEEPEST * _roll(lightest, FAR, ops))


def _roll(light: Array, radius: float, ops: ModuleType) -> Array:
    """[N, GRID, GRID] -> the same where a ball of this radius, in halvings of light, can touch it, else the ball.

    Morphological closing of log light with a paraboloid, which is separable (van den Boomgaard 1992).
    """
    places = np.arange(GRID, dtype=np.float32) / GRID
    # no smaller, for its inverse must fit into float16, as TF.js keeps constants
    ball = np.maximum(np.exp2(-(((places[:, None] - places) / radius) ** 2)), 1e-4)
    for _ in range(2):
        light = ops.swapaxes(ops.max(light[:, :, None, :] * ball, axis=-1), 1, 2)
    for _ in range(2):
        light = ops.swapaxes(ops.min(light[:, :, None, :] / ball, axis=-1), 1, 2)
    return light


def _raise(light: Array, size: int, ops: ModuleType) -> Array:
    """[N, GRID, GRID] -> [N, size, size], smoothly: two products with a matrix, which every backend has."""
    places = (np.arange(size, dtype=np.float32) + 0.5) * (GRID / size) - 0.5
    weights = np.maximum(1.5 - np.abs(places[:, None] - np.arange(GRID, dtype=np.float32)), 0.0)
    weights = weights / weights.sum(axis=1, keepdims=True)
    return ops.matmul(ops.matmul(weights, light), weights.T)


def _quantile(cells: Array, share: float, ops: ModuleType) -> Array:
    """[N, GRID, GRID] -> the value that this share of the cells is below [N, 1, 1]."""
    ordered = ops.sort(ops.reshape(cells, (-1, GRID * GRID)), axis=-1)
    return ordered[:, int(share * (GRID * GRID - 1)), None, None]
