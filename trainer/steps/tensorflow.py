"""One training step on TensorFlow: the discriminator and the generator learn from the same forward pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from trainer import distribution

if TYPE_CHECKING:
    from trainer.gan import ConditionalGAN
    from trainer.steps import Step


def compile_step(gan: ConditionalGAN) -> Step:
    """A step that is traced once for each phase of the schedule, and that all workers take together."""
    # It fuses convolutions for inference only, and complains of each that a gradient keeps it from
    tf.config.optimizer.set_experimental_options({"remapping": False})
    workers = distribution.workers()

    def train_step(data: dict[str, Any]) -> dict[str, Any]:
        parts = gan.parts(training_now=True)
        with _batch_norms_over_all_workers(gan), tf.GradientTape(persistent=True) as tape:
            losses = gan.losses_of(gan.prepare(data))
        gradients = {}
        # one way back for all that share a loss; in an order that is the same on every worker, as it must be for what
        # they exchange
        for name in dict.fromkeys(part.loss for part in parts):
            gradients[name] = iter(
                tape.gradient(losses[name], [v for part in parts if part.loss == name for v in part.variables])
            )
        for part in parts:
            # `apply` sums over the workers; a worker's loss is a mean over its own share of the batch
            mine = [next(gradients[part.loss]) / workers for _ in part.variables]
            part.optimizer.apply(mine, part.variables)
        share = 1 - gan.decay(tf.cast(gan.generator_optimizer.iterations, tf.float32))
        for mean, value in gan.averaged():
            mean.assign(mean + share * (value - mean))
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, losses)

    def on_all_workers(data: dict[str, Any]) -> dict[str, Any]:
        return distribution.strategy().run(train_step, (data,))

    phases: dict[tuple[bool, bool], Step] = {}

    def step(data: dict[str, Any]) -> dict[str, Any]:
        phase = gan.adversarial, gan.frozen
        if phase not in phases:
            phases[phase] = tf.function(on_all_workers)
        return phases[phase](data)

    return step


@contextmanager
def _batch_norms_over_all_workers(gan: ConditionalGAN) -> Iterator[None]:
    """Only while a step is traced: Keras on another backend refuses to load a layer that was saved so."""
    networks = [gan.generator, *([gan.discriminator] if gan.discriminator else [])]
    layers = [layer for network in networks for layer in network.layers]
    norms = [layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]
    for norm in norms:
        norm.synchronized = distribution.workers() > 1
    yield
    for norm in norms:
        norm.synchronized = False
