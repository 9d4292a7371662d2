"""After each epoch: the averaged generator's losses, PSNR and colourfulness on some held-out pictures."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from trainer.config import Config
from trainer.data.augment import centre_view
from trainer.data.fixed import open_fixed
from trainer.data.random_hints import MOST as HINTS
from trainer.data.sources import Example, spread
from trainer.predict import predict
from trainer.reports.metrics import colourfulness, psnr

MOST = 128  # pictures: enough to see a trend, quick enough for every epoch
_BATCH = 16


class Validation(keras.callbacks.Callback):
    """Adds `validation_…` values to the epoch's logs; `targets` and `conditions` hold the pictures."""

    def __init__(self, examples: list[Example], config: Config) -> None:
        super().__init__()
        self.config = config
        self.targets, self.conditions = open_fixed(spread(examples, MOST), config, config.size, centre_view)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Scores the model."""
        losses: list[dict[str, float]] = []
        scores = []
        for start in range(0, len(self.targets), _BATCH):
            part = slice(start, start + _BATCH)
            targets, conditions = self.targets[part], self.conditions[part]
            data = {"target": targets, "condition": conditions}
            data["boxes"] = np.zeros((len(targets), HINTS, 4), np.float32)
            values = self.model.validation_losses(self.model.prepare(data))
            losses += [{name: float(value) for name, value in values.items()}] * len(targets)
            results = predict(self.model.average, self.config, targets, conditions)
            scores += [(psnr(a, b), colourfulness(a)) for a, b in zip(results, targets, strict=True)]
        means = {name: float(np.mean([loss[name] for loss in losses])) for name in losses[0]}
        means["psnr"], means["colourfulness"] = map(float, np.mean(scores, axis=0))
        if logs is not None:
            logs.update({f"validation_{name}": value for name, value in means.items()})
