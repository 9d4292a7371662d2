"""ConditionalGAN: the whole algorithm. One step trains the discriminator, then the generator, on the same pictures.

gan = ConditionalGAN(config)
gan.train_step({"rgb": uint8 [N, S, S, 3], "seed": int64 [2]})
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from trainer import bins, discriminator, generators
from trainer.colour import rgb_to_ab, rgb_to_luminance, to_unit
from trainer.config import Config
from trainer.generators._efficientnet_lite import PREFIX, load_imagenet
from trainer.losses import ADVERSARIAL, RECONSTRUCTION, soft_cross_entropy
from trainer.random_hints import random_hints


class ConditionalGAN(keras.Model):
    """Generator, its moving average, discriminator, and an optimiser each for encoder, decoder and discriminator.

    `adversarial` (is the discriminator in play?) and `frozen` (does the encoder stand still?) are switched by the
    schedule; a switch compiles the step anew.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(name="conditional_gan")
        keras.utils.set_random_seed(config.seed)
        self.config = config
        self.generator = generators.build(config.generator, config.size)
        if config.imagenet:
            load_imagenet(self.generator)
        self.average = generators.build(config.generator, config.size)
        self.average.set_weights(self.generator.get_weights())
        self.discriminator = discriminator.build(config.size, config.discriminator_filters, config.spectral_norm)
        self.adversarial = False
        self.frozen = False

        self.generator_optimizer = keras.optimizers.Adam(config.learning_rate, config.beta1)
        self.encoder_optimizer = keras.optimizers.Adam(config.learning_rate * config.encoder_rate, config.beta1)
        self.discriminator_optimizer = keras.optimizers.Adam(config.discriminator_rate, config.discriminator_beta1)
        encoder, decoder = self.split_variables()
        self.encoder_optimizer.build(encoder)
        self.generator_optimizer.build(decoder)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)
        self.compile()  # fit wants it; losses and optimisers are this class's own
        self.built = True

    def split_variables(self) -> tuple[list, list]:
        """The generator's trainable variables: (encoder's, decoder's)."""
        encoder = [
            v for layer in self.generator.layers if layer.name.startswith(PREFIX) for v in layer.trainable_variables
        ]
        known = {id(v) for v in encoder}
        return encoder, [v for v in self.generator.trainable_variables if id(v) not in known]

    def switch(self, *, adversarial: bool, frozen: bool) -> None:
        """Brings the discriminator in or out of play, freezes or thaws the encoder; a change compiles the step anew."""
        if (adversarial, frozen) != (self.adversarial, self.frozen):
            self.adversarial, self.frozen = adversarial, frozen
            self.make_train_function(force=True)

    def train_step(self, data: dict[str, Any]) -> dict[str, Any]:
        """One batch -> the losses, by name."""
        batch = self.prepare(data)
        real = {"luminance": batch["luminance"], "ab": batch["ab"]}
        with tf.GradientTape(persistent=True) as tape:
            output = self.generator({"luminance": batch["luminance"], "hints": batch["hints"]}, training=True)
            losses = self.losses_of(output, batch)
            if self.adversarial:
                fake = {"luminance": batch["luminance"], "ab": output["ab"]}
                d_fake = self.discriminator({**fake, "ab": ops.stop_gradient(output["ab"])}, training=True)
                d_real = self.discriminator(real, training=True)
                adversarial = ADVERSARIAL[self.config.adversarial]
                losses["discriminator_loss"] = adversarial.discriminator(d_real, d_fake)
                losses["adversarial"] = adversarial.generator(self.discriminator(fake, training=False))
                losses["generator_loss"] += self.config.adversarial_weight * losses["adversarial"]

        encoder, decoder = self.split_variables()
        encoder = [] if self.frozen else encoder
        gradients = tape.gradient(losses["generator_loss"], decoder + encoder)
        self.generator_optimizer.apply(gradients[: len(decoder)], decoder)
        if encoder:
            self.encoder_optimizer.apply(gradients[len(decoder) :], encoder)
        if self.adversarial:
            variables = self.discriminator.trainable_variables
            self.discriminator_optimizer.apply(tape.gradient(losses["discriminator_loss"], variables), variables)
        for mean, value in zip(self.average.variables, self.generator.variables, strict=True):
            mean.assign(mean + (1 - self.config.ema) * (value - mean))
        return losses

    def test_step(self, data: dict[str, Any]) -> dict[str, Any]:
        """One batch -> the averaged generator's losses, without hints."""
        batch = self.prepare(data)
        output = self.average(
            {"luminance": batch["luminance"], "hints": ops.zeros_like(batch["hints"])}, training=False
        )
        return self.losses_of(output, batch)

    def losses_of(self, output: dict[str, Any], batch: dict[str, Any]) -> dict[str, Any]:
        """The generator's losses against the truth; where colours are rare, pixels weigh more."""
        error = RECONSTRUCTION[self.config.reconstruction](batch["ab"], output["ab"])
        if "distribution" not in output:
            reconstruction = ops.mean(error)
            return {
                "reconstruction": reconstruction,
                "generator_loss": self.config.reconstruction_weight * reconstruction,
            }
        colours = bins.load_bins()
        factor = batch["ab"].shape[1] // output["distribution"].shape[1]
        labels = bins.soft_labels(ops.average_pool(batch["ab"], factor), colours.centres, ops)
        rarity = ops.matmul(labels, bins.weights(colours.shares, self.config.balance)[:, None])
        distribution = ops.mean(rarity * soft_cross_entropy(labels, output["distribution"]))
        reconstruction = ops.mean(ops.repeat(ops.repeat(rarity, factor, 1), factor, 2) * error)
        total = self.config.reconstruction_weight * reconstruction + self.config.distribution_weight * distribution
        return {"reconstruction": reconstruction, "distribution": distribution, "generator_loss": total}

    def prepare(self, data: dict[str, Any]) -> dict[str, Any]:
        """Pixels -> luminance, chroma and random hints."""
        rgb = to_unit(ops.cast(data["rgb"], "float32"))
        ab = rgb_to_ab(rgb, ops)
        hints = random_hints(ab, self.config.hinted, data["seed"])
        return {"luminance": rgb_to_luminance(rgb, ops), "ab": ab, "hints": hints}

    def call(self, inputs: dict[str, Any]) -> Any:
        """The averaged generator's chroma: condition -> ab [N, S, S, 2]."""
        return self.average(inputs, training=False)["ab"]
