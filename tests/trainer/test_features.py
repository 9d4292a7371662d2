"""The feature loss tells colourings apart."""

from __future__ import annotations

import numpy as np
import pytest

from tests.conftest import SAMPLES
from trainer.colour import to_unit
from trainer.config import make_config
from trainer.data.augment import centre_view
from trainer.data.pictures import find_pictures
from trainer.features import comparison
from trainer.gan import ConditionalGAN


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """An orange as oranges are: the sample's grey, tinted. RGB 0..1 [1, 64, 64, 3]."""
    (sample,) = find_pictures(SAMPLES / "citrus-fruits.jpg")
    image = sample.open()
    grey = to_unit(centre_view(*image.size).apply(image, 64).astype(np.float32))
    return (grey * np.array([1.0, 0.7, 0.2], np.float32))[None]


def test_equal_pictures_are_at_no_distance(picture: np.ndarray) -> None:
    losses = comparison(64)(picture, picture)
    assert float(losses["features"]) == 0
    assert float(losses["recognition"]) == pytest.approx(0, abs=1e-5)  # a difference of two entropies of about 5


def test_a_wrong_colour_is_further_than_a_slightly_wrong_one(picture: np.ndarray) -> None:
    compare = comparison(64)
    slightly, wrong = (compare(other, picture) for other in (picture * 0.95, picture[..., ::-1]))
    for name in ("features", "recognition"):
        assert 0 < float(slightly[name]) < float(wrong[name]), name


def test_a_gan_with_it_trains_and_saves_what_one_without_does() -> None:
    settings = {"size": 32, "imagenet": False, "ema": 0.0}
    with_it, without = (ConditionalGAN(make_config({**settings, "feature_weight": w})) for w in (1.0, 0.0))
    assert [v.path for v in with_it.variables] == [v.path for v in without.variables]
