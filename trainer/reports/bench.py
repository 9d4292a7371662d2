"""How fast the input pipeline and the training step are, each alone and both together.

    print(report(measure(examples, config, seconds=15), config))

A pipeline that makes less than twice what the step takes is what the training waits for as soon as the machine has
something else to do.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from trainer.colour import to_pixels
from trainer.config import Config
from trainer.data.loader import Batch, Loader
from trainer.data.sources import Example
from trainer.gan import ConditionalGAN
from trainer.steps import Step, compile_step

WANTED = 2.0  # times the step's speed that the pipeline should have
THREADS = os.cpu_count() or 1  # that the loader uses
PICTURES, WIDTH, HEIGHT = 256, 256, 192  # of what is drawn where no data is given
_WARM_UP = 2  # things beyond the first group: with it, the loader's queue is full and the step compiled
_LEAST = 3  # groups that are timed, however slow they are
_ENDLESS = 10**9  # steps


@dataclass(frozen=True)
class Rates:
    """Pictures a second: of the pipeline alone, and of the step alone and of both by phase of the training."""

    pipeline: float
    step: dict[str, float]
    both: dict[str, float]

    @property
    def ratio(self) -> float:
        """Pipeline : step, in the step's fastest phase."""
        return self.pipeline / max(self.step.values())


def measure(examples: list[Example], config: Config, seconds: float) -> Rates:
    """Times everything, each for about `seconds`. Raises ValueError without examples, or if none can be used."""
    if not examples:
        raise ValueError("There is nothing to train on: every picture is held out. Add pictures, or leave out --data.")
    loader = Loader(examples, config)
    pictures = THREADS * config.batch
    with closing(_batches(loader)) as batches:
        pipeline = pictures / median_seconds(batches, seconds, THREADS)

    gan = ConditionalGAN(config)
    step = compile_step(gan)
    alone, both = {}, {}
    for phase in ("generator only", *(["adversarial"] if gan.discriminator else [])):
        gan.adversarial = phase == "adversarial"
        alone[phase] = config.batch / median_seconds(_steps(step, repeat(loader.batch(0))), seconds)
        with closing(_batches(loader)) as batches:
            both[phase] = pictures / median_seconds(_steps(step, batches), seconds, THREADS)
    return Rates(pipeline, alone, both)


def median_seconds(endless: Iterable[Any], seconds: float, group: int = 1) -> float:
    """How long `group` things take to come, the median over `seconds` or three groups, whichever takes longer.

    In groups because threads that began together end together: then several batches come at once, and none for a while.
    The first ones don't count.
    """
    things = iter(endless)
    for _ in range(group + _WARM_UP):
        next(things)
    taken: list[float] = []
    started = last = time.perf_counter()
    while len(taken) < _LEAST or last - started < seconds:
        for _ in range(group):
            next(things)
        now = time.perf_counter()
        taken.append(now - last)
        last = now
    return float(np.median(taken))


def report(rates: Rates, config: Config) -> str:
    """The rates as lines for the terminal, the verdict last."""
    lines = [("input pipeline alone", rates.pipeline)]
    lines += [(f"training step alone, {phase}", rate) for phase, rate in rates.step.items()]
    lines += [(f"both together, {phase}", rate) for phase, rate in rates.both.items()]
    verdict = "is not" if rates.ratio >= WANTED else "is"
    return "\n".join(
        [
            f"{config.generator} at {config.size} x {config.size}, batch {config.batch}, {config.precision}; "
            f"{keras.backend.backend()}, {THREADS} threads in the pipeline",
            f"{'':40}pictures/s",
            *(f"{name:40}{rate:10.1f}" for name, rate in lines),
            f"pipeline : step = {rates.ratio:.1f} : 1; the pipeline {verdict} the bottleneck (>= {WANTED:g}x wanted)",
        ]
    )


def draw_pictures(folder: Path, count: int = PICTURES) -> None:
    """Fills `folder` with JPEGs of a coloured gradient under noise, which cost as much to decode as photographs do."""
    y, x = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j]
    for number in range(count):
        random = np.random.default_rng(number)
        gradient = np.stack([x, y, 1 - x], axis=-1) * random.uniform(0.4, 1, 3)
        noisy = gradient + random.normal(0, 0.06, (HEIGHT, WIDTH, 1))
        Image.fromarray(to_pixels(noisy)).save(folder / f"{number:04}.jpg", quality=90)


def _batches(loader: Loader) -> Generator[Batch, None, None]:
    yield from loader.batches(0, _ENDLESS)


def _steps(step: Step, batches: Iterable[Batch]) -> Iterator[dict[str, float]]:
    """The losses of one step after the other. To read them is to wait for the device, as training does."""
    for batch in batches:
        yield {name: float(value) for name, value in step(batch).items()}
