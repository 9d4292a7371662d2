"""Losses. Adversarial: vanilla, lsgan, hinge. Reconstruction: l1, l2, huber. Distribution: soft cross-entropy.

    discriminator_loss, generator_loss = ADVERSARIAL["hinge"]

Adversarial losses take logits [N, h, w, 1]; reconstruction losses take two arrays and give one value a pixel, so that
pixels can be weighted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from keras import ops

from trainer.colour import Array as Tensor


class Adversarial(NamedTuple):
    """`discriminator(real, fake)` and `generator(fake)`, each logits -> a number."""

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]


ADVERSARIAL = {
    # Goodfellow et al. 2014, non-saturating
    "vanilla": Adversarial(
        lambda real, fake: ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake)),
        lambda fake: ops.mean(ops.softplus(-fake)),
    ),
    # Mao et al. 2017
    "lsgan": Adversarial(
        lambda real, fake: (ops.mean(ops.square(real - 1)) + ops.mean(ops.square(fake))) / 2,
        lambda fake: ops.mean(ops.square(fake - 1)),
    ),
    # Lim and Ye 2017
    "hinge": Adversarial(
        lambda real, fake: ops.mean(ops.relu(1 - real)) + ops.mean(ops.relu(1 + fake)),
        lambda fake: -ops.mean(fake),
    ),
}


def _huber(target: Tensor, prediction: Tensor, delta: float = 0.05) -> Tensor:
    """Huber 1964, divided by delta so that it ends in the slope of l1; delta in chroma units (5.5 in Lab)."""
    error = ops.absolute(target - prediction)
    return ops.where(error < delta, ops.square(error) / (2 * delta), error - delta / 2)


RECONSTRUCTION: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "l1": lambda target, prediction: ops.mean(ops.absolute(target - prediction), axis=-1, keepdims=True),
    "l2": lambda target, prediction: ops.mean(ops.square(target - prediction), axis=-1, keepdims=True),
    "huber": lambda target, prediction: ops.mean(_huber(target, prediction), axis=-1, keepdims=True),
}


def soft_cross_entropy(labels: Tensor, logits: Tensor) -> Tensor:
    """Soft labels [..., Q] and logits [..., Q] -> cross-entropy in nats, [..., 1]."""
    return -ops.sum(labels * ops.log_softmax(logits, axis=-1), axis=-1, keepdims=True)
