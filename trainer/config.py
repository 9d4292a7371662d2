"""One training configuration: this dataclass's defaults, a preset's differences, the command's overrides.

config = load_preset("photo")         # trainer/presets/photo.toml
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass

PRESETS = Path(__file__).with_name("presets")

Count = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0)]
Rate = Annotated[float, Field(gt=0)]
Momentum = Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Config:
    """Every setting of a run. A preset file holds only what differs from these."""

    task: Literal["photo"] = "photo"  # what the model does
    # data
    size: Count = 128  # side of the training crops, pixels
    batch: Count = 32  # pictures a step
    crop_scale: Share = 0.6  # the smallest crop, as a share of the picture's short side
    hinted: Share = 0.5  # share of the pictures that get hints
    validation: Count = 20  # one picture in so many is held out, by its name's hash
    seed: int = 0  # of weights, order, crops and hints
    # networks
    generator: str = "lite_unet"  # a module of trainer/generators
    imagenet: bool = True  # start the encoder from its ImageNet weights
    discriminator_filters: Count = 64  # of the PatchGAN's first layer
    spectral_norm: bool = True  # in the discriminator
    # losses
    reconstruction: Literal["l1", "l2", "huber"] = "huber"  # of the chroma
    reconstruction_weight: Weight = 1.0
    distribution_weight: Weight = 0.0  # of the cross-entropy over colour bins
    balance: Share = 0.0  # how much more rare colours weigh: 0 beige, 1 candy
    adversarial: Literal["vanilla", "lsgan", "hinge"] = "hinge"
    adversarial_weight: Weight = 0.0
    # schedule: shares of the whole run, 0..1
    warm_up: Momentum = 0.02  # learning rate rises from zero until here
    thaw_at: Share = 0.0  # the encoder is frozen until here
    adversarial_at: Share = 0.0  # generator alone until here
    # optimisers: Adam
    learning_rate: Rate = 1e-3  # the generator's, falling as a cosine
    encoder_rate: Rate = 0.2  # the encoder's learning rate, as a share of that
    discriminator_rate: Rate = 2e-4  # the discriminator's, constant
    beta1: Momentum = 0.9  # of the generator's Adam
    discriminator_beta1: Momentum = 0.5
    ema: Momentum = 0.999  # moving average of the generator's weights: what is scored and shipped
    # the run
    steps_per_epoch: Count = 500  # an epoch ends with a validation, a preview and a checkpoint
    checkpoint_minutes: Rate = 5.0  # and a checkpoint at least so often

    def to_dict(self) -> dict[str, Any]:
        """Plain values by setting."""
        return dataclasses.asdict(self)


def presets() -> list[str]:
    """The names of all presets: the files of trainer/presets."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def load_preset(name: str, overrides: dict[str, Any] | None = None) -> Config:
    """Preset `name` with `overrides` on top.

    Raises ValueError for a preset or a setting that does not exist, naming the nearest, and for values out of range.
    """
    path = PRESETS / f"{name}.toml"
    if name not in presets():
        raise ValueError(f"Unknown preset {name!r}.{_nearest(name, presets())} Expected one of {', '.join(presets())}.")
    return make_config({**tomllib.loads(path.read_text()), **(overrides or {})})


def make_config(settings: dict[str, Any]) -> Config:
    """Settings by name -> Config. Raises ValueError as `load_preset` does."""
    known = [field.name for field in dataclasses.fields(Config)]
    for key in settings:
        if key not in known:
            raise ValueError(
                f"Unknown setting {key!r}.{_nearest(key, known)} The settings are listed in trainer/config.py."
            )
    try:
        return Config(**settings)
    except ValidationError as error:
        problems = "; ".join(f"{e['loc'][0]} = {e['input']!r}: {e['msg']}" for e in error.errors())
        raise ValueError(f"Settings out of range: {problems}. See trainer/config.py.") from error


def read_config(path: Path) -> Config:
    """A run's config.json -> Config."""
    return make_config(json.loads(path.read_text()))


def _nearest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
