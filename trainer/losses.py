"""Losses. Adversarial: vanilla, lsgan, hinge. Reconstruction: l1, l2, huber, cross_entropy. Distribution: soft
cross-entropy.

    hinge = ADVERSARIAL["hinge"]
    discriminator_loss = hinge.real(real_logits, 0.0) + hinge.fake(fake_logits)

Adversarial losses take logits [N, h, w, 1]; reconstruction losses take two arrays and give one value a pixel, so that
pixels can be weighted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from keras import ops

from trainer.colour import Array as Tensor
from trainer.colour import from_symmetric

_TINY = 1e-4  # keeps a logarithm finite in float32; a fortieth of an 8-bit step


class Adversarial(NamedTuple):
    """The discriminator's loss is `real(logits, smoothing) + fake(logits)`, the generator's `generator(logits)`."""

    real: Callable[[Tensor, float], Tensor]
    fake: Callable[[Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]


ADVERSARIAL = {
    # Goodfellow et al. 2014, non-saturating; a smoothed label is 1 - smoothing (Salimans et al. 2016, one-sided)
    "vanilla": Adversarial(
        lambda real, smoothing: ops.mean(ops.softplus(-real) + smoothing * real),
        lambda fake: ops.mean(ops.softplus(fake)),
        lambda fake: ops.mean(ops.softplus(-fake)),
    ),
    # Mao et al. 2017
    "lsgan": Adversarial(
        lambda real, smoothing: ops.mean(ops.square(real - (1 - smoothing))) / 2,
        lambda fake: ops.mean(ops.square(fake)) / 2,
        lambda fake: ops.mean(ops.square(fake - 1)),
    ),
    # Lim and Ye 2017
    "hinge": Adversarial(
        lambda real, _: ops.mean(ops.relu(1 - real)),
        lambda fake: ops.mean(ops.relu(1 + fake)),
        lambda fake: -ops.mean(fake),
    ),
}


def _huber(target: Tensor, prediction: Tensor, delta: float = 0.05) -> Tensor:
    """Huber 1964, divided by delta so that it ends in the slope of l1; delta in chroma units (5.5 in Lab)."""
    error = ops.absolute(target - prediction)
    return ops.where(error < delta, ops.square(error) / (2 * delta), error - delta / 2)


def _cross_entropy(target: Tensor, prediction: Tensor) -> Tensor:
    """Of each channel as a share 0..1, both given as -1..1, less what the target's own entropy costs at best."""
    target, prediction = (ops.clip(from_symmetric(value), _TINY, 1 - _TINY) for value in (target, prediction))
    ratio, rest = prediction / target, (1 - prediction) / (1 - target)
    return -target * ops.log(ratio) - (1 - target) * ops.log(rest)


RECONSTRUCTION: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "l1": lambda target, prediction: ops.mean(ops.absolute(target - prediction), axis=-1, keepdims=True),
    "l2": lambda target, prediction: ops.mean(ops.square(target - prediction), axis=-1, keepdims=True),
    "cross_entropy": lambda target, prediction: ops.mean(_cross_entropy(target, prediction), axis=-1, keepdims=True),
    "huber": lambda target, prediction: ops.mean(_huber(target, prediction), axis=-1, keepdims=True),
}


def soft_cross_entropy(labels: Tensor, logits: Tensor) -> Tensor:
    """Soft labels [..., Q] and logits [..., Q] -> cross-entropy in nats, [..., 1]."""
    return -ops.sum(labels * ops.log_softmax(logits, axis=-1), axis=-1, keepdims=True)
