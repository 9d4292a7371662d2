"""One training step on TensorFlow: the discriminator and the generator learn from the same forward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow as tf

if TYPE_CHECKING:
    from trainer.gan import ConditionalGAN
    from trainer.steps import Step


def compile_step(gan: ConditionalGAN) -> Step:
    """A step that is traced once for each phase of the schedule."""
    # It fuses convolutions for inference only, and complains of each that a gradient keeps it from
    tf.config.optimizer.set_experimental_options({"remapping": False})

    def train_step(data: dict[str, Any]) -> dict[str, Any]:
        parts = gan.parts(training_now=True)
        with tf.GradientTape(persistent=True) as tape:
            losses = gan.losses_of(gan.prepare(data))
        gradients = {}
        for name in {part.loss for part in parts}:  # one way back for all that share a loss
            gradients[name] = iter(
                tape.gradient(losses[name], [v for part in parts if part.loss == name for v in part.variables])
            )
        for part in parts:
            part.optimizer.apply([next(gradients[part.loss]) for _ in part.variables], part.variables)
        for mean, value in gan.averaged():
            mean.assign(mean + (1 - gan.config.ema) * (value - mean))
        return losses

    phases: dict[tuple[bool, bool], Step] = {}

    def step(data: dict[str, Any]) -> dict[str, Any]:
        phase = gan.adversarial, gan.frozen
        if phase not in phases:
            phases[phase] = tf.function(train_step)
        return phases[phase](data)

    return step
