"""After each epoch, on some held-out pictures: the averaged generator's losses, PSNR, colourfulness, cast, and what it
makes of hints."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from trainer.colourfulness import colourfulness
from trainer.config import Config
from trainer.data.augment import centre_view
from trainer.data.fixed import open_fixed
from trainer.data.random_hints import random_boxes
from trainer.data.sources import Example, spread
from trainer.predict import inputs_of, predict
from trainer.reports.metrics import mean_ab, psnr

MOST = 128  # pictures: enough to see a trend, quick enough for every epoch
_BATCH = 16


class Validation(keras.callbacks.Callback):
    """Adds `validation_…` values to the epoch's logs; `targets` and `conditions` hold the pictures."""

    def __init__(self, examples: list[Example], config: Config) -> None:
        super().__init__()
        self.config = config
        self.targets, self.conditions = open_fixed(spread(examples, MOST), config, config.size, centre_view)
        random = np.random.default_rng((config.seed, 3))
        self.boxes = np.stack([random_boxes(random, 1.0, config.size) for _ in self.targets])

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Scores the model."""
        rows: list[dict[str, float]] = []
        takes_hints = "hints" in inputs_of(self.model.average)
        for start in range(0, len(self.targets), _BATCH):
            part = slice(start, start + _BATCH)
            targets, conditions = self.targets[part], self.conditions[part]
            data = {"target": targets, "condition": conditions, "boxes": self.boxes[part]}
            batch = self.model.prepare(data)
            losses = {name: float(value) for name, value in self.model.validation_losses(batch).items()}
            results = predict(self.model.average, self.config, targets, conditions)
            rows += [losses | _measure(*pair) for pair in zip(results, targets, strict=True)]
            if takes_hints:
                hinted = predict(self.model.average, self.config, targets, conditions, batch["hints"])
                for row, result, target in zip(rows[start:], hinted, targets, strict=True):
                    row["psnr_hinted"] = psnr(result, target)
        if logs is not None:
            logs.update({f"validation_{name}": float(np.mean([row[name] for row in rows])) for name in rows[0]})


def _measure(result: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    a, b = mean_ab(result) - mean_ab(truth)
    return {"psnr": psnr(result, truth), "colourfulness": colourfulness(result), "cast_a": a, "cast_b": b}
