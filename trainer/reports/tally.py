"""What one way of colouring comes to over many pictures, gathered batch by batch: no picture is kept.

model, truth = Tally(network), Tally(network)
model.add(results, truths); truth.add(truths)
model.mean("psnr"); model.frechet(truth)
"""

from __future__ import annotations

import numpy as np

from trainer.colourfulness import colourfulness, colourfulness_absolute
from trainer.reports import metrics
from trainer.reports.judge import Judge

PSNR_MOST = 100.0  # dB that equal pictures count for: a mean over infinity says nothing


class Tally:
    """Measures a picture, and the judge's features of all; `len` is the number of pictures."""

    def __init__(self, network: Judge) -> None:
        self.network = network
        self._rows: list[dict[str, float]] = []
        self._features: list[np.ndarray] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, pictures: np.ndarray, truths: np.ndarray | None = None) -> None:
        """Pictures uint8 [N, S, S, 3]; with the truths, of the same shape, their errors count too."""
        for number, picture in enumerate(pictures):
            self._rows.append(_looks(picture) | ({} if truths is None else _errors(picture, truths[number])))
        self._features.append(self.network.features(pictures))

    def mean(self, measure: str) -> float:
        """Over the pictures: colourfulness, colourfulness_absolute, a, b (in Lab units); psnr, ssim, mae with truths.

        Raises KeyError for another.
        """
        return float(np.mean([row[measure] for row in self._rows]))

    def frechet(self, truth: Tally) -> float:
        """The Frechet distance of the features to those of `truth`. Raises ValueError for fewer than two pictures."""
        return metrics.frechet_distance(np.concatenate(self._features), np.concatenate(truth._features))


def psnr(result: np.ndarray, truth: np.ndarray) -> float:
    """`metrics.psnr`, at most 100 dB."""
    return min(metrics.psnr(result, truth), PSNR_MOST)


def _looks(picture: np.ndarray) -> dict[str, float]:
    """What can be said of a picture without its truth."""
    a, b = metrics.mean_ab(picture)
    return {
        "colourfulness": colourfulness(picture),
        "colourfulness_absolute": colourfulness_absolute(picture),
        "a": float(a),
        "b": float(b),
    }


def _errors(result: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    return {"psnr": psnr(result, truth), "ssim": metrics.ssim(result, truth), "mae": metrics.mae(result, truth)}
