"""Examples -> batches in memory, made by threads ahead of the training step; numpy only, so every backend can eat it.

    loader = Loader(training, config)
    for batch in loader.batches(first_step=0, stop_step=500): ...

Every random choice comes from (seed, number of the example in the run), so any step can be made again: a resumed run
sees the very batches that an uninterrupted one would have seen, and two workers see those of one with twice the batch.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache

import numpy as np
from PIL import Image

from trainer.colour import grey
from trainer.config import Config
from trainer.data import pens
from trainer.data.ageing import age
from trainer.data.augment import View, add_noise, random_view
from trainer.data.random_hints import random_boxes
from trainer.data.scanning import scan
from trainer.data.sources import Example

log = logging.getLogger(__name__)

Batch = dict[str, np.ndarray]
SMALLEST = 4  # a picture's short side may be so much smaller than the crops; below that there is nothing to see


class Loader:
    """Batches of {"target": uint8 [B, S, S, 3], "condition": uint8 [B, S, S, 1 or 3], "boxes": float32 [B, K, 4]}.

    "condition" is absent where it is the target's own grey. `worker` of `workers` takes its share of each step. The
    pictures are shuffled anew each time they have all been seen.
    """

    def __init__(self, examples: list[Example], config: Config, worker: int = 0, workers: int = 1) -> None:
        self.examples = examples
        self.config = config
        self.worker, self.workers = worker, workers
        self.skipped: set[Example] = set()
        self._cache: dict[Example, tuple[Image.Image, Image.Image | None]] = {}

    def batches(self, first_step: int, stop_step: int) -> Generator[Batch, None, None]:
        """The batches of these steps of the run; `close` ends the threads. Raises ValueError if none can be used."""
        threads = os.cpu_count() or 1
        waiting: deque[Future[Batch]] = deque()
        with ThreadPoolExecutor(threads, "loader") as pool:
            try:
                for step in range(first_step, stop_step):
                    waiting.append(pool.submit(self.batch, step))
                    if len(waiting) > threads + 1:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                pool.shutdown(cancel_futures=True)

    def batch(self, step: int) -> Batch:
        """The batch of one step."""
        first = (step * self.workers + self.worker) * self.config.batch
        rows = [self._example(first + index) for index in range(self.config.batch)]
        return {name: np.stack([row[name] for row in rows]) for name in rows[0]}

    def _example(self, number: int) -> Batch:
        """The run's `number`-th example. One that can't be used is reported once; its neighbour takes its place."""
        count = len(self.examples)
        lap, place = divmod(number, count)
        chosen = int(_permutation(count, self.config.seed, lap)[place])
        for offset in range(count):
            example = self.examples[(chosen + offset) % count]
            random = np.random.default_rng((self.config.seed, 1, number))
            try:
                target, condition = self._open(example)
            except ValueError as error:
                if example not in self.skipped:
                    self.skipped.add(example)
                    log.warning("Skipped: %s", error)
                continue
            view = random_view(target.width, target.height, self.config, random)
            return self._finish(view, target, condition, random)
        raise ValueError(f"None of the {count} pictures can be used; the first reasons stand above.")

    def _open(self, example: Example) -> tuple[Image.Image, Image.Image | None]:
        if example in self._cache:
            return self._cache[example]
        size = self.config.size
        least = int(size / max(self.config.crop_scale, 0.1))  # what the smallest crop still fills
        target, condition = example.open(least)
        if min(target.size) < size / SMALLEST:
            raise ValueError(
                f"Picture {example.name} is {target.width}x{target.height}: too small to learn from at size {size}. "
                f"Expected a short side of at least {size // SMALLEST}; take it out or lower size."
            )
        if self.config.cache:
            target, condition = _shrink(target, least), condition and _shrink(condition, least)
            self._cache[example] = target, condition
        return target, condition

    def _finish(
        self, view: View, target: Image.Image, condition: Image.Image | None, random: np.random.Generator
    ) -> Batch:
        config = self.config
        made = {"target": view.apply(target, config.size)}
        if condition:
            made["condition"] = view.apply(condition, config.size)
        elif config.task == "sketch":
            made["condition"] = pens.draw(made["target"], random, config.pens)
        made["boxes"] = random_boxes(random, config.hinted, config.size)
        # drawn last, so that a run with any of these differs from one without in nothing else
        if config.redrawn and random.random() < config.redrawn:
            drawing = pens.draw(made["target"], random, config.pens)
            made["condition"] = np.broadcast_to(drawing, made["target"].shape)
        if config.scanned and random.random() < config.scanned:
            paper = scan(grey(made["condition"])[..., :1], random)
            made["condition"] = np.broadcast_to(paper, made["condition"].shape)
        if config.aged:  # the others are their own condition: networks see its luminance alone
            aged = random.random() < config.aged
            old = age(made["target"], random) if aged else made["target"]
            made["condition"] = np.broadcast_to(old, made["target"].shape)
        if config.noise:
            condition_pixels = made["condition"] if "condition" in made else grey(made["target"])
            made["condition"] = add_noise(condition_pixels, config.noise, random)
        return made


def _shrink(image: Image.Image, least: int) -> Image.Image:
    """No larger than needed, so that a cache of many megapixels fits in memory."""
    share = least / min(image.size)
    if share >= 1:
        return image
    return image.resize((round(image.width * share), round(image.height * share)), Image.Resampling.BILINEAR)


@lru_cache(maxsize=4)  # loader threads meet at the border of two laps
def _permutation(count: int, seed: int, lap: int) -> np.ndarray:
    return np.random.default_rng((seed, 0, lap)).permutation(count)
