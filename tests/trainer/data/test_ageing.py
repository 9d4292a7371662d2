"""An aged grey is random but repeatable, alike at every size, often mild, and always shows what the picture shows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from tests.conftest import draw_scene
from trainer.colour import grey, to_linear, to_unit
from trainer.data import ageing
from trainer.data.ageing import EFFECTS, Effect, age, expose

SEEDS = range(200)
NAMES = [effect.__name__ for _, effect in EFFECTS]


def scene(side: int = 96, seed: int = 3) -> np.ndarray:
    return np.asarray(draw_scene(side, side, seed))


def flat(*colour: int, side: int = 32) -> np.ndarray:
    return np.full((side, side, 3), colour, np.uint8)


def ramp(side: int = 96) -> np.ndarray:
    """From black at the left to white at the right, with no colour."""
    return np.tile(np.linspace(0, 1, side, dtype=np.float32), (side, 1))


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of two pictures' pixels, -1..1."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def effect_named(name: str) -> Effect:
    return next(effect for _, effect in EFFECTS if effect.__name__ == name)


@pytest.mark.parametrize("side", [32, 96, 128, 192])
def test_one_plane_of_pixels(side: int) -> None:
    for seed in range(20):
        made = age(scene(side), np.random.default_rng(seed))
        assert (made.shape, made.dtype) == ((side, side, 1), np.uint8)


def test_same_seed_same_age() -> None:
    made = [age(scene(), np.random.default_rng(seed)) for seed in range(20)]
    for seed, first in enumerate(made):
        np.testing.assert_array_equal(first, age(scene(), np.random.default_rng(seed)))
    assert len({picture.tobytes() for picture in made}) == 20


def test_target_is_left_alone() -> None:
    target = scene()
    for seed in range(50):
        age(target, np.random.default_rng(seed))
    np.testing.assert_array_equal(target, scene())


def test_many_are_mild_few_are_heavy_and_all_show_the_picture() -> None:
    """On neutral pictures, where no film can turn one colour's tone against another's."""
    plain = grey(scene(128))
    alike = np.array([likeness(plain[..., 0], age(plain, np.random.default_rng(seed))) for seed in SEEDS])
    assert alike.min() > 0.6
    assert alike.min() < 0.9
    assert np.mean(alike > 0.95) > 0.6
    middle = [age(flat(128, 128, 128, side=128), np.random.default_rng(seed))[..., 0].astype(float) for seed in SEEDS]
    rough = np.array([np.abs(made - ndimage.median_filter(made, 5)).mean() for made in middle])
    assert 0.3 < np.mean(rough < 0.5) < 0.7  # half a level of 255: neither grain nor dirt to see
    assert rough.max() < 20


@pytest.mark.parametrize(
    ("colour", "side"), [((0, 0, 0), 96), ((255, 255, 255), 96), ((200, 30, 20), 96), ((9, 9, 9), 1)]
)
def test_any_picture_can_be_aged(colour: tuple[int, int, int], side: int) -> None:
    """No warning (they are errors here) of a division by a black picture's light, or of a blur without width."""
    for seed in range(100):
        assert age(flat(*colour, side=side), np.random.default_rng(seed)).shape == (side, side, 1)


def test_neutral_picture_keeps_its_tones_on_any_film_but_for_the_exposure() -> None:
    greys = np.repeat((ramp() * 255).round().astype(np.uint8)[..., None], 3, axis=-1)
    stops = []
    for seed in SEEDS:
        exposed = to_linear(expose(greys, np.random.default_rng(seed)).astype(np.float64))
        shown = (exposed > 0.01) & (exposed < 0.99)  # float32 says little of the darkest; the lightest are cut off
        ratio = np.log2(exposed[shown] / to_linear(to_unit(greys[..., 0].astype(float)))[shown])
        assert np.ptp(ratio) < 1e-4  # float32 through the formula and back
        stops.append(ratio.mean())
    assert np.std(stops) == pytest.approx(1 / 3, abs=0.07)  # four standard deviations of an estimate of 200
    assert np.mean(stops) == pytest.approx(0, abs=0.1)


def test_films_see_colours_otherwise_than_the_eye() -> None:
    """Red beside blue of one luminance: about even on some films, dark beside light on those of the first decades."""
    red, blue = (200, 60, 60), (60, 104, 180)
    target = np.concatenate([flat(*red), flat(*blue)], axis=1)
    plain = grey(target)[0, :, 0].astype(int)
    assert abs(plain[0] - plain[-1]) < 8
    exposed = [expose(target, np.random.default_rng(seed)) for seed in SEEDS]
    lead = np.array([picture[0, -1] - picture[0, 0] for picture in exposed])  # of blue
    assert lead.max() > 0.4
    assert lead.min() < 0.05
    # orthochromatic and blue-sensitive ones together: four in ten, give or take four deviations of 200 throws
    assert np.mean(lead > 0.2) == pytest.approx(0.4, abs=0.14)


def test_exposure_is_as_bright_as_the_eye_sees_it_whatever_the_film() -> None:
    plain = to_linear(to_unit(grey(scene()).astype(float)[..., 0])).mean()
    light = [to_linear(expose(scene(), np.random.default_rng(seed))).mean() for seed in SEEDS]
    assert np.median(light) == pytest.approx(plain, rel=0.15)  # what is cut off at white is lost


@pytest.mark.parametrize("name", NAMES)
def test_effect_is_small_pure_and_gives_float32(name: str) -> None:
    picture, effect = ramp(), effect_named(name)
    for seed in range(50):
        made = effect(picture, np.random.default_rng(seed))
        assert (made.shape, made.dtype) == (picture.shape, np.float32)
        assert likeness(picture, made) > 0.9
        assert (made != picture).any()
    np.testing.assert_array_equal(picture, ramp())


@pytest.mark.parametrize("name", [name for name in NAMES if name != "jpeg"])  # its blocks are 8 pixels at any size
def test_effect_is_as_strong_at_any_size(name: str) -> None:
    strength = []
    for side in (192, 384):
        y, x = (np.mgrid[:side, :side] + 0.5) / side - 0.5
        disc = np.where(x**2 + y**2 < 0.09, 0.7, 0.3).astype(np.float32)
        made = [effect_named(name)(disc, np.random.default_rng(seed)) - disc for seed in range(60)]
        strength.append(np.mean([np.abs(difference).mean() for difference in made]))
    assert strength[0] == pytest.approx(strength[1], rel=0.2)  # of a blur below a pixel, less is seen


def test_develop_keeps_black_white_and_the_order_of_tones() -> None:
    for seed in SEEDS:
        made = ageing.develop(ramp(), np.random.default_rng(seed))
        assert made[0, 0] == 0
        assert made[0, -1] == pytest.approx(1, abs=1e-6)
        assert (np.diff(made, axis=1) >= 0).all()


def test_fade_lifts_blacks_and_lowers_whites() -> None:
    for seed in SEEDS:
        made = ageing.fade(ramp(), np.random.default_rng(seed))
        assert 0 < made.min() <= 0.33 + 1e-6
        assert 0.75 - 1e-6 <= made.max() < 1


def test_defocus_makes_edges_soft() -> None:
    edge = np.repeat(np.float32([0, 1]), 64)[None].repeat(128, axis=0)
    for seed in range(50):
        made = ageing.defocus(edge, np.random.default_rng(seed))
        assert made.mean() == pytest.approx(0.5, abs=1e-3)
        assert np.abs(np.diff(made, axis=1)).max() < np.abs(np.diff(edge, axis=1)).max()
        assert made[:, :60].max() < 0.01  # four pixels from the edge nothing shows


def test_vignette_darkens_corners_and_no_middle() -> None:
    white = np.ones((96, 96), np.float32)
    for seed in range(50):
        made = ageing.vignette(white, np.random.default_rng(seed))
        assert made.max() > 0.99
        assert np.unravel_index(made.argmin(), made.shape) in [(0, 0), (0, 95), (95, 0), (95, 95)]
        assert made.min() > 0.1


def test_grain_is_strongest_in_the_middle_tones_and_even_on_the_whole() -> None:
    tones = np.float32([0, 0.5, 1])
    picture = np.repeat(tones, 64)[None].repeat(192, axis=0)
    noise = np.stack([ageing.grain(picture, np.random.default_rng(seed)) - picture for seed in range(50)])
    black, middle, white = (noise[:, :, start : start + 64].std() for start in (0, 64, 128))
    assert middle > 2 * max(black, white)
    assert abs(noise.mean()) < 1e-3


def test_dust_and_scratches_cover_little() -> None:
    """A middle grey, so that white and black ones both show."""
    middle = np.full((128, 128), 0.5, np.float32)
    for effect, most in ((ageing.dust, 0.15), (ageing.scratches, 0.06)):
        share, tones = [], []
        for seed in SEEDS:
            change = effect(middle, np.random.default_rng(seed)) - middle
            share.append((np.abs(change) > 0.1).mean())
            tones.append(np.sign(change[np.abs(change) > 0.01]).mean())
        assert max(share) < most
        assert np.median(share) < most / 4
        assert set(tones) == {-1.0, 1.0}  # of one tone each


def test_paper_and_stains_change_slowly() -> None:
    middle = np.full((128, 128), 0.5, np.float32)
    for effect, most in ((ageing.paper, 0.03), (ageing.stain, 0.09)):  # a pixel
        for seed in range(50):
            made = effect(middle, np.random.default_rng(seed))
            assert np.ptp(made) < 0.5
            assert np.abs(np.diff(made, axis=0)).max() < most
            assert np.abs(np.diff(made, axis=1)).max() < most


def test_chance_of_an_effect_grows_with_wear(monkeypatch: pytest.MonkeyPatch) -> None:
    """With chances of 1 an effect befalls half of the pictures; the count of ten such is spread evenly, not a bell."""
    count = 0

    def counted(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
        nonlocal count
        count += 1
        return picture

    monkeypatch.setattr(ageing, "EFFECTS", ((1.0, counted),) * 10)
    counts = []
    for seed in range(1000):
        count = 0
        age(flat(90, 90, 90, side=4), np.random.default_rng(seed))
        counts.append(count)
    assert np.mean(counts) == pytest.approx(5, abs=0.4)  # four standard deviations of the mean of 1000
    assert np.bincount(counts, minlength=11).min() > 40  # of 0 to 10 evenly 91; a bell has one with none
