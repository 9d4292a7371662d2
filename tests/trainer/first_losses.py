"""The first losses of a few small networks on the Keras backend in use, as JSON: test_steps.py runs it on both.

KERAS_BACKEND=jax python -m tests.trainer.first_losses
"""

from __future__ import annotations

import json
import sys

import numpy as np

STEPS = 3
_SMALL = {"size": 64, "batch": 4, "imagenet": False, "adversarial_weight": 0.1, "ema": 0.5, "dropout": 0.0}
_UNET = {**_SMALL, "generator": "unet", "filters": [8, 16, 32, 32]}
CONFIGS = {
    "photo": {
        **_SMALL,
        "distribution_weight": 0.3,
        "balance": 0.5,
        "cast_weight": 1.0,
        "feature_weight": 0.1,
        "recognition_weight": 0.001,
        "learning_rate": 1e-4,  # the frozen classifier magnifies rounding, and long steps would do so again
        "discriminator_filters": 8,
    },
    "batch norm": {**_UNET, "spectral_norm": False, "adversarial": "vanilla", "label_smoothing": 0.1},
    "spectral": {**_UNET, "generator_spectral_norm": True, "power_iterations": 3, "adversarial": "lsgan"},
    "autoencoder": {
        **_SMALL,
        "generator": "autoencoder",
        "colour_space": "rgb",
        "filters": [8, 16, 32],
        "latent": 16,
        "adversarial_weight": 0.0,
        "reconstruction": "cross_entropy",
        "optimiser": "rmsprop",
    },
}


def first_losses(settings: dict) -> list[dict[str, float]]:
    """From the same weights and pictures on every backend; the last entry says what has become of the weights."""
    from trainer.config import make_config
    from trainer.gan import ConditionalGAN
    from trainer.steps import compile_step

    config = make_config(settings)
    gan = ConditionalGAN(config)
    random = np.random.default_rng(1)
    networks = [gan.generator, *([gan.discriminator] if gan.discriminator else [])]
    for weight in [weight for network in networks for weight in network.weights]:
        if weight.path.endswith(("kernel", "vector")) and "mean_of_bins" not in weight.path:
            weight.assign(random.normal(0, 0.05, weight.shape).astype(np.float32))
    gan.average.set_weights(gan.generator.get_weights())
    gan.adversarial = config.adversarial_weight > 0
    step = compile_step(gan)
    rows = []
    for _ in range(STEPS):
        shape = (config.batch, config.size, config.size, 3)
        batch = {"target": random.integers(0, 255, shape, np.uint8), "boxes": np.zeros((4, 12, 4), np.float32)}
        batch["boxes"][0, 0] = [3, 4, 9, 9]
        rows.append({name: float(value) for name, value in step(batch).items()})
    gan.sync()
    ends = {"generator": gan.generator, "average": gan.average, "discriminator": gan.discriminator}
    sizes = {
        name: float(np.sqrt(sum(np.square(weight, dtype=np.float64).sum() for weight in network.get_weights())))
        for name, network in ends.items()
        if network
    }
    return [*rows, sizes]


if __name__ == "__main__":
    if "--without-tensorflow" in sys.argv:
        sys.modules["tensorflow"] = None  # type: ignore[assignment]
    print(json.dumps({name: first_losses(settings) for name, settings in CONFIGS.items()}))
