"""A run's folder: resolved configuration, checkpoints, losses, previews.

run = Run.create(Path("runs/first"), config, about)     # or Run.open(Path("runs/first"))
run.save(gan, state); state = run.restore(gan)

runs/first/
  config.json       every setting, resolved
  run.json          data, budget, seed, versions of the packages, commit
  checkpoints/      step-00000500/: all weights with the optimisers' state, the generator's average alone, state.json
  losses.csv        every step
  validation.csv    every epoch
  losses.png        both as curves
  previews/         condition, result, truth at each epoch
  tensorboard/
  scores.json       what `evaluate` measured last
  generator.keras, generator.h5     the averaged generator, when the run is done
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer import distribution
from trainer.config import Config, make_config, read_config

if TYPE_CHECKING:
    import keras

    from trainer.gan import ConditionalGAN

READING = ("layout", "target_side", "twin_folders", "pens")  # settings that a run may be scored with others of
_AS_IT_IS = {"redrawn": 0.0, "scanned": 0.0, "aged": 0.0}
_KEPT = 2


@dataclass
class State:
    """How far a run is: optimiser steps done, and the seconds of training they took."""

    step: int = 0
    seconds: float = 0.0
    rate: float = 1.0  # of the learning rate, as plateaus have lowered it
    best: float | None = None  # the lowest validation loss
    waited: int = 0  # epochs since that


@dataclass(frozen=True)
class Run:
    """One training run on disk."""

    path: Path
    config: Config
    about: dict[str, Any]

    @classmethod
    def create(cls, path: Path, config: Config, about: dict[str, Any]) -> Run:
        """Makes the folder. Raises FileExistsError if it already holds a run that got as far as a checkpoint."""
        if any(path.glob("checkpoints/step-*")):
            raise FileExistsError(
                f"{path} already holds a run. Continue it with --resume {path}, or name another --run."
            )
        if distribution.is_chief():
            path.mkdir(parents=True, exist_ok=True)
            (path / "config.json").write_text(json.dumps(config.to_dict(), indent=2) + "\n")
        return cls(path, config, {}).with_about(about)

    def with_about(self, about: dict[str, Any]) -> Run:
        """The same run with something else in its run.json."""
        if distribution.is_chief():
            (self.path / "run.json").write_text(json.dumps(about, indent=2) + "\n")
        return replace(self, about=about)

    @classmethod
    def open(cls, path: Path) -> Run:
        """An existing run. Raises FileNotFoundError if there is none."""
        if not (path / "config.json").exists():
            raise FileNotFoundError(f"No run at {path}: expected a folder with a config.json, made by `fit`.")
        return cls(path, read_config(path / "config.json"), json.loads((path / "run.json").read_text()))

    def reading(self, settings: dict[str, Any]) -> Run:
        """The same run for data of another form, as it is: not redrawn, scanned or aged, which some forms refuse.

        Raises ValueError for settings that are not about reading data.
        """
        foreign = [key for key in settings if key not in READING]
        if foreign:
            raise ValueError(f"{', '.join(foreign)} belongs to the training. Expected some of {', '.join(READING)}.")
        return replace(self, config=make_config({**self.config.to_dict(), **_AS_IT_IS, **settings}))

    def checkpoints(self) -> list[Path]:
        """Whole checkpoints, oldest first."""
        return sorted(self.path.glob("checkpoints/step-*"))

    def save(self, gan: ConditionalGAN, state: State) -> None:
        """Writes a checkpoint; it appears whole or not at all. Keeps the last two.

        Raises FloatingPointError if a weight is not a finite number, and OSError if the disk is full; older checkpoints
        stay as they are.
        """
        gan.sync()
        for weight in gan.generator.weights:
            if not np.isfinite(np.asarray(weight)).all():
                raise FloatingPointError(
                    f"The weights {weight.path} are no numbers any more at step {state.step}: nothing was saved. "
                    f"{self.last_good()}"
                )
        final = self.path / "checkpoints" / f"step-{state.step:08d}"
        partial = final.with_name("partial")
        shutil.rmtree(partial, ignore_errors=True)
        try:
            partial.mkdir(parents=True)
            gan.save_weights(partial / "gan.weights.h5")
            gan.average.save_weights(partial / "average.weights.h5")
            (partial / "seeds.json").write_text(json.dumps([np.asarray(seed).tolist() for seed in gan.seeds()]) + "\n")
            (partial / "state.json").write_text(json.dumps(asdict(state)) + "\n")
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise OSError(
                error.errno,
                f"The checkpoint of step {state.step} can't be written ({error}). Make room on the disk. "
                f"{self.last_good()}",
            ) from error
        shutil.rmtree(final, ignore_errors=True)
        os.replace(partial, final)
        for old in self.checkpoints()[:-_KEPT]:
            shutil.rmtree(old)

    def last_good(self) -> str:
        """A sentence that says where to go on from."""
        if not self.checkpoints():
            return "There is no checkpoint yet; start again."
        return f"{self.checkpoints()[-1].name} is kept: python -m trainer fit --resume {self.path}"

    def restore(self, gan: ConditionalGAN) -> State:
        """Puts the newest checkpoint, the optimisers' state included, into `gan`.

        Raises FileNotFoundError if the run has none yet.
        """
        newest = self._newest()
        gan.load_weights(newest / "gan.weights.h5")
        for seed, value in zip(gan.seeds(), json.loads((newest / "seeds.json").read_text()), strict=True):
            seed.assign(np.array(value, np.uint32))
        return State(**json.loads((newest / "state.json").read_text()))

    def load_average(self, generator: keras.Model) -> State:
        """Puts the newest averaged weights, which are what is scored and shipped, into `generator`, of any size.

        Raises FileNotFoundError if the run has none yet.
        """
        newest = self._newest()
        generator.load_weights(newest / "average.weights.h5")
        return State(**json.loads((newest / "state.json").read_text()))

    def save_generator(self, generator: keras.Model) -> None:
        """Writes the whole generator in Keras's own formats, for those who would load it elsewhere."""
        generator.save(self.path / "generator.keras")
        absl = logging.getLogger("absl")  # through which Keras says that HDF5 is the older format
        level = absl.level
        absl.setLevel(logging.ERROR)
        generator.save(self.path / "generator.h5")
        absl.setLevel(level)

    def _newest(self) -> Path:
        if not self.checkpoints():
            raise FileNotFoundError(f"The run {self.path} has no checkpoint yet; start it again with fit.")
        return self.checkpoints()[-1]
