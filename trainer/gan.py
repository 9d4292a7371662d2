"""ConditionalGAN: generator, discriminator, and what each of them is trained to make small.

    gan = ConditionalGAN(config)
    losses = gan.losses_of(gan.prepare(batch))      # {"generator_loss": ..., "discriminator_loss": ..., ...}

Everything here is written in `keras.ops`. How a step differentiates these losses and moves the weights is the backend's
own affair: `trainer/steps`, one file a backend, one screen each.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import keras
from keras import ops

from trainer import bins, discriminator, generators
from trainer.colour import ab_to_rgb, from_symmetric, rgb_to_ab, rgb_to_luminance, to_symmetric, to_unit
from trainer.config import Config
from trainer.data.random_hints import fill_boxes
from trainer.efficientnet_lite import PREFIX, load_imagenet
from trainer.features import Comparison, comparison
from trainer.line_art import clean, tone_of
from trainer.losses import ADVERSARIAL, RECONSTRUCTION, soft_cross_entropy
from trainer.predict import inputs_for

OPTIMISERS = {
    "adam": lambda rate, momentum: keras.optimizers.Adam(rate, momentum),
    "rmsprop": lambda rate, _: keras.optimizers.RMSprop(rate),
}


class Part(NamedTuple):
    """Variables that are trained together: by this optimiser, to make the loss of this name small."""

    optimizer: keras.optimizers.Optimizer
    loss: str
    variables: list[Any]


class ConditionalGAN(keras.Model):
    """Generator, its moving average, discriminator, and an optimiser each for encoder, decoder and discriminator.

    `adversarial` (is the discriminator in play?) and `frozen` (does the encoder stand still?) are set by the schedule.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(name="conditional_gan")
        random.seed(config.seed)  # Keras draws its layers' seeds from here; its own function would import TensorFlow
        self.config = config
        with _precision(config):
            self.generator = generators.build(config, config.size)
            self.average = generators.build(config, config.size) if config.ema else self.generator
            judged = config.size // 2 if config.target == "flat" else config.size  # flat colours have no more detail
            self.discriminator: Any = discriminator.build(config, judged) if config.adversarial_weight else None
        if config.imagenet:
            load_imagenet(self.generator)
        self.average.set_weights(self.generator.get_weights())
        compared = config.feature_weight or config.recognition_weight
        self.compare: Comparison | None = comparison(judged) if compared else None
        self.adversarial = False
        self.frozen = False
        # a backend that keeps the weights elsewhere while it trains puts a function here that brings them back
        self.sync: Callable[[], None] = lambda: None

        make = OPTIMISERS[config.optimiser]
        self.generator_optimizer = make(config.learning_rate, config.beta1)
        self.encoder_optimizer = make(config.learning_rate * config.encoder_rate, config.beta1)
        self.discriminator_optimizer = make(
            config.learning_rate * config.discriminator_rate, config.discriminator_beta1
        )
        for part in self.parts():
            part.optimizer.build(part.variables)
        self.built = True

    def parts(self, *, training_now: bool = False) -> list[Part]:
        """What is trained, and by which optimiser and loss; with `training_now` only what is in play."""
        encoder = [
            v for layer in self.generator.layers if layer.name.startswith(PREFIX) for v in layer.trainable_variables
        ]
        known = {id(v) for v in encoder}
        decoder = [v for v in self.generator.trainable_variables if id(v) not in known]
        parts = [Part(self.generator_optimizer, "generator_loss", decoder)]
        if encoder and not (training_now and self.frozen):
            parts.append(Part(self.encoder_optimizer, "generator_loss", encoder))
        if self.discriminator and (self.adversarial or not training_now):
            variables = self.discriminator.trainable_variables
            parts.append(Part(self.discriminator_optimizer, "discriminator_loss", variables))
        return parts

    def losses_of(self, batch: dict[str, Any]) -> dict[str, Any]:
        """A prepared batch -> the losses in training, by name. Batch norms and power iterations move on."""
        config, target = self.config, self.config.target
        output = self.generator(inputs_for(self.generator, batch), training=True)
        losses = self.generator_losses(output, batch)
        if self.compare:
            losses |= self.compare(self.shown(output, batch), self.shown(batch, batch))
            losses["generator_loss"] += config.feature_weight * losses["features"]
            losses["generator_loss"] += config.recognition_weight * losses["recognition"]
        if self.adversarial:
            seen = batch["luminance"]
            condition = {"luminance": ops.average_pool(seen, 2, 2) if target == "flat" else seen}
            adversarial = ADVERSARIAL[config.adversarial]
            real = self.discriminator({**condition, target: self.judged(batch, batch)}, training=True)
            fake = self.discriminator({**condition, target: self.judged(output, batch)}, training=True)
            losses["discriminator_real"] = adversarial.real(real, config.label_smoothing)
            losses["discriminator_fake"] = adversarial.fake(fake)
            losses["discriminator_loss"] = losses["discriminator_real"] + losses["discriminator_fake"]
            losses["adversarial"] = adversarial.generator(fake)
            losses["generator_loss"] += config.adversarial_weight * losses["adversarial"]
        return losses

    def generator_losses(self, output: dict[str, Any], batch: dict[str, Any]) -> dict[str, Any]:
        """The generator's losses against the truth; pixels of rare colours weigh more, those under lines less.

        `batch`: as `prepare` gives it.
        """
        config, truth, result = self.config, batch[self.config.target], output[self.config.target]
        if config.target == "flat":
            shows = from_symmetric(batch["luminance"])  # what of each pixel is paper, between the lines
            seen = ops.average_pool(shows, 2, 2)  # chroma at half the size is all that flat colours have, and cheaper
            true_ab, ab = (rgb_to_ab(from_symmetric(ops.average_pool(each, 2, 2)), ops) for each in (truth, result))
        else:
            shows = seen = ops.ones_like(truth[..., :1])
            true_ab, ab = truth, result
        error = RECONSTRUCTION[config.reconstruction](truth, result) * shows
        whole = self._loss_of_the_whole(true_ab * seen, ab * seen)
        if "distribution" not in output:
            reconstruction = ops.mean(error)
            total = config.reconstruction_weight * reconstruction + whole
            return {"reconstruction": reconstruction, "generator_loss": total}
        colours = bins.load_bins()
        factor = true_ab.shape[1] // output["distribution"].shape[1]
        share = ops.average_pool(seen, factor, factor)
        pooled = ops.average_pool(true_ab * seen, factor, factor) / ops.maximum(share, 1e-3)
        labels = bins.soft_labels(pooled, colours.centres, ops)
        rarity = ops.matmul(labels, bins.weights(colours.shares, config.balance)[:, None])
        logits = ops.cast(output["distribution"], "float32")
        distribution = ops.mean(rarity * share * soft_cross_entropy(labels, logits))
        factor = truth.shape[1] // rarity.shape[1]
        reconstruction = ops.mean(ops.repeat(ops.repeat(rarity, factor, 1), factor, 2) * error)
        total = config.reconstruction_weight * reconstruction + config.distribution_weight * distribution
        total += whole
        return {"reconstruction": reconstruction, "distribution": distribution, "generator_loss": total}

    def _loss_of_the_whole(self, truth: Any, result: Any) -> Any:
        """How wrong each picture's mean chroma is: as a colour (a cast), and as a strength (too pale, or too bold)."""
        cast = ops.mean(ops.square(ops.mean(truth - result, axis=(1, 2))))
        paleness = ops.mean(ops.square(_mean_strength(truth) - _mean_strength(result)))
        return self.config.cast_weight * cast + self.config.vividness_weight * paleness

    def shown(self, colours: dict[str, Any], batch: dict[str, Any]) -> Any:
        """The target, or a generator's output, as a picture: RGB 0..1 [N, S, S, 3].

        Flat colours have their lines on, at half the size.
        """
        target = self.config.target
        if target == "ab":
            return ab_to_rgb(batch["luminance"], colours["ab"], ops)
        picture = from_symmetric(colours[target])
        if target == "flat":
            return ops.average_pool(picture * from_symmetric(batch["luminance"]), 2, 2)
        return picture

    def judged(self, colours: dict[str, Any], batch: dict[str, Any]) -> Any:
        """The target, or a generator's output, as the discriminator sees it: with the same lines on both."""
        target = self.config.target
        return to_symmetric(self.shown(colours, batch)) if target == "flat" else colours[target]

    def validation_losses(self, batch: dict[str, Any]) -> dict[str, Any]:
        """A prepared batch -> the averaged generator's losses, without hints."""
        batch = {**batch, "hints": ops.zeros_like(batch["hints"])}
        return self.generator_losses(self.average(inputs_for(self.average, batch), training=False), batch)

    def prepare(self, data: dict[str, Any]) -> dict[str, Any]:
        """Pixels as the loader gives them -> luminance, hints and the target, as networks see them."""
        rgb = to_unit(ops.cast(data["target"], "float32"))
        condition = to_unit(ops.cast(data["condition"], "float32")) if "condition" in data else rgb
        if self.config.target == "flat":
            return {
                "luminance": to_symmetric(clean(tone_of(condition, ops), ops)),
                "hints": fill_boxes(rgb, data["boxes"], ops, _lab),
                "flat": to_symmetric(rgb),
            }
        ab = rgb_to_ab(rgb, ops)
        hints = fill_boxes(ab, data["boxes"], ops)
        batch = {"luminance": rgb_to_luminance(condition, ops), "hints": hints}
        return {**batch, self.config.target: ab if self.config.target == "ab" else to_symmetric(rgb)}

    def seeds(self) -> list[Any]:
        """The states of dropout's random numbers, uint32 [2] each, which Keras does not save with the weights."""
        known = {id(weight) for weight in self.generator.weights}
        return [variable for variable in self.generator.variables if id(variable) not in known]

    def decay(self, steps: Any) -> Any:
        """Of the moving average after so many steps: short at first, or it would hold on to the initial weights."""
        return ops.minimum(self.config.ema, (1.0 + steps) / (10.0 + steps))

    def averaged(self) -> list[tuple[Any, Any]]:
        """(moving average, present value) of the generator's weights; a step moves one towards the other."""
        if self.average is self.generator:
            return []
        return list(zip(self.average.weights, self.generator.weights, strict=True))


def _lab(rgb: Any) -> Any:
    """Colours 0..1 [..., 3] -> a*, b* and luminance -1..1 [..., 3], as hints for drawings hold them."""
    return ops.concatenate([rgb_to_ab(rgb, ops), rgb_to_luminance(rgb, ops)], axis=-1)


def _mean_strength(ab: Any) -> Any:
    """Of each picture, [N]; the constant keeps the root's slope finite at grey."""
    return ops.mean(ops.sqrt(ops.sum(ops.square(ab), axis=-1) + 1e-6), axis=(1, 2))


@contextmanager
def _precision(config: Config) -> Iterator[None]:
    """Layers made inside compute in bfloat16 if asked to; their weights, and what they give, stay float32."""
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if config.precision == "bfloat16" else usual)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(usual)
