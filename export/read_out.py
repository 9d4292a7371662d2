"""How a trained distribution over colours is read: a choice made once, when weights ship, and baked into them.

    read_out(generator, balance=config.balance, calibration=0.7, boldness=1.5, cast=(0.6, 1.8))

Training weighs rare colours up (`balance`), so that they are learnt at all; what is unsure then leans to red and brown.
And the mean of many guesses is paler than each. Both can be undone afterwards, without a step of training.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trainer.bins import load_bins, weights
from trainer.colour import CHROMA_UNIT

if TYPE_CHECKING:
    import keras

RAREST = 1e-4  # share of pixels below which a colour is not rarer


def read_out(
    generator: keras.Model,
    balance: float,
    calibration: float = 0.0,
    boldness: float = 1.0,
    cast: tuple[float, float] = (0.0, 0.0),
    rarity: float = 0.0,
    shares: np.ndarray | None = None,
    temperature: float = 1.0,
) -> None:
    """Changes a lite_unet or flat_unet generator in place.

    `calibration` 0..1: how much of the classes' weights is divided out of the distribution (Zhang et al. 2016 trained
    with them; by Bayes' rule 1 gives the shares of photographs back). `boldness`: what the distribution's mean is
    multiplied by. `cast`: a* and b* in Lab units that are taken off it.
    `rarity` 0..1: how far each colour is preferred for being rare among the pictures trained on, as a share of the log
    of its `shares` [Q] there (None: photographs'); and `temperature` 0..1: the annealed mean of Zhang et al. (2016,
    equation 5), between the distribution's mean (1) and its mode (0). Both commit a model that is unsure of everything
    to what is special about each place. Hints come after all of these, and stay exact.
    Raises ValueError for a generator without a distribution.
    """
    names = {layer.name for layer in generator.layers}
    if not {"distribution", "mean_of_bins"} <= names:
        raise ValueError(
            f"The {generator.name} generator has no distribution over colours to read out. Expected a lite_unet or "
            "flat_unet; leave out the options that say how it is read."
        )
    logits, mean = generator.get_layer("distribution"), generator.get_layer("mean_of_bins")
    kernel, bias = logits.get_weights()
    photographs = load_bins().shares
    bias = bias - calibration * np.log(weights(photographs, balance))
    bias = bias - rarity * np.log((photographs if shares is None else shares) + RAREST)
    logits.set_weights([kernel / temperature, bias / temperature])
    # the distribution sums to 1, so what is taken off each centre is taken off their mean
    mean.set_weights([boldness * centres - np.array(cast, np.float32) / CHROMA_UNIT for centres in mean.get_weights()])
