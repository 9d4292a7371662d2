"""Weights as they ship, a folder with `weights.npz` and `card.json`, and training that goes on from them.

read_weights(folder / "weights.npz", generator)         # a folded generator of the same network
start_from(Path("export/pretrained/sketch"), gan, batches)
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer import generators

if TYPE_CHECKING:
    import keras

    from trainer.gan import ConditionalGAN

WEIGHTS, CARD = "weights.npz", "card.json"


def is_shipped(folder: Path) -> bool:
    """Does the folder hold shipped weights?"""
    return (folder / WEIGHTS).is_file() and (folder / CARD).is_file()


def read_weights(file: Path, generator: keras.Model) -> None:
    """Puts the file's weights into a generator of any size. Raises ValueError, naming one, if they are others."""
    with np.load(file, allow_pickle=False) as stored:
        other = {variable.path for variable in generator.variables} ^ set(stored.files)
        if other:
            raise ValueError(
                f"{file.parent.name} does not fit {generator.name}: {sorted(other)[0]} is only on one side."
            )
        for variable in generator.variables:
            variable.assign(stored[variable.path].astype(np.float32))


def start_from(folder: Path, gan: ConditionalGAN, batches: Iterable[dict[str, Any]]) -> None:
    """Gives a GAN's generator the function of shipped weights. `batches`: prepared ones of what it is to learn from.

    Raises ValueError if the weights are another generator's, or another task's.
    """
    from trainer.predict import inputs_for  # brings Keras, which a command line that is only checked does not need

    config, card = gan.config, json.loads((folder / CARD).read_text())
    given, wanted = (card.get("task"), card.get("generator")), (config.task, config.generator)
    if given != wanted:
        raise ValueError(
            f"The weights of {folder} don't fit: they are of task {given[0]} and generator {given[1]}, this run's are "
            f"{wanted[0]} and {wanted[1]}. Start from weights of the same task, or choose another preset."
        )
    folded = generators.build_folded(config, config.size)
    read_weights(folder / WEIGHTS, folded)
    generators.unfold(config, folded, gan.generator, [inputs_for(gan.generator, batch) for batch in batches])
