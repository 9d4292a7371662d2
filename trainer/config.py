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
CountOrNone = Annotated[int, Field(ge=0)]  # 0: the setting is off, or something else decides
Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0)]
Rate = Annotated[float, Field(gt=0)]
Momentum = Annotated[float, Field(ge=0, lt=1)]
Counts = Annotated[tuple[Count, ...], Field(min_length=1)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Config:
    """Every setting of a run. A preset file holds only what differs from these."""

    task: Literal["photo", "sketch"] = "photo"  # the condition: a grey photograph, or a line drawing
    # data
    layout: Literal["colour", "pairs", "twins"] = "colour"  # pictures, two in one side by side, or two folders
    target_side: Literal["left", "right"] = "left"  # of a pair: which half is the coloured one
    twin_folders: tuple[str, str] = ("colour", "grey")  # the coloured one, and the one of conditions
    size: Count = 128  # side of the training crops, pixels
    shown_size: CountOrNone = 0  # side at which the generator is scored and serves; 0: size
    batch: Count = 32  # pictures a step
    crop_scale: Share = 0.6  # the smallest crop, as a share of the picture's short side
    crop_largest: Share = 1.0  # and the largest
    rotation: Annotated[float, Field(ge=0, le=180)] = 0.0  # degrees, at most so far to either side
    shear: Annotated[float, Field(ge=0, le=45)] = 0.0  # degrees
    zoom: Momentum = 0.0  # share of the side
    shift: Momentum = 0.0  # share of the side
    noise: Weight = 0.0  # sigma of Gaussian noise on the condition, in shares of white
    aged: Share = 0.0  # share of the photographs whose grey is aged: tone, grain, blur, scratches, paper
    pens: tuple[str, ...] = ("xdog", "outline")  # that draw the sketch where the data has none
    redrawn: Share = 0.0  # share of the pairs or twins whose sketch the pens draw instead of the data's own
    scanned: Share = 0.0  # share of the sketches made to look scanned or photographed: paper, light, faint lines
    hinted: Share = 0.5  # share of the pictures that get hints, in generators that take them
    validation: Count = 20  # one picture in so many is held out, by its name's hash
    left_out: tuple[str, ...] = ()  # pictures whose names begin so are never trained on: whole sources
    limit: CountOrNone = 0  # use only so many of the pictures, drawn by the seed; 0: all
    cache: bool = False  # keep decoded pictures in memory
    seed: int = 0  # of weights, order, crops and hints
    # generator
    generator: str = "lite_unet"  # a module of trainer/generators
    # it gives chroma for the condition's luminance, all of the colour, or flat colours that a drawing's lines lie on
    colour_space: Literal["lab", "rgb", "flat"] = "lab"
    imagenet: bool = True  # start the encoder from its ImageNet weights, in generators that have one
    filters: Counts = (64, 128, 256, 512, 512, 512, 512, 512)  # of a plain encoder, a halving each
    latent: Count = 256  # of the autoencoder
    dropout: Momentum = 0.5  # in the plain generators
    normalisation: Literal["batch", "instance"] = "batch"  # in plain networks without spectral normalisation
    generator_spectral_norm: bool = False
    power_iterations: Count = 1  # a step, of spectral normalisation
    initial_sigma: Weight = 0.0  # of normal initial weights; 0: Glorot's
    # discriminator
    discriminator_filters: Count = 64  # of the PatchGAN's first layer
    discriminator_strides: Counts = (2, 2, 2, 1)
    spectral_norm: bool = True
    # losses
    reconstruction: Literal["l1", "l2", "huber", "cross_entropy"] = "huber"  # of the target
    reconstruction_weight: Weight = 1.0
    distribution_weight: Weight = 0.0  # of the cross-entropy over colour bins
    balance: Share = 0.0  # how much more rare colours weigh: 0 beige, 1 candy
    cast_weight: Weight = 0.0  # of the error of each picture's mean colour, which `balance` would shift
    vividness_weight: Weight = 0.0  # of the error of its mean chroma: the mean of many guesses is paler than each
    feature_weight: Weight = 0.0  # of what a network that recognises things sees otherwise than in the truth
    recognition_weight: Weight = 0.0  # of what it takes the picture for otherwise
    adversarial: Literal["vanilla", "lsgan", "hinge"] = "hinge"
    adversarial_weight: Weight = 0.0  # 0: there is no discriminator
    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.0  # real is 1 less that, for vanilla and lsgan
    # schedule: shares of the whole run, 0..1
    warm_up: Momentum = 0.02  # learning rate rises from zero until here
    thaw_at: Share = 0.0  # the encoder is frozen until here
    adversarial_at: Share = 0.0  # generator alone until here
    schedule: Literal["cosine", "constant", "plateau"] = "cosine"  # how the learning rate falls
    plateau_epochs: Count = 5  # without a better validation loss before the rate falls
    plateau_factor: Annotated[float, Field(gt=0, lt=1)] = 0.5  # by which it falls
    learning_rate_floor: Share = 0.01  # the lowest, as a share of the learning rate
    # optimisers
    optimiser: Literal["adam", "rmsprop"] = "adam"
    learning_rate: Rate = 1e-3  # the generator's
    encoder_rate: Rate = 0.2  # a pretrained encoder's, as a share of that
    discriminator_rate: Rate = 0.2  # the discriminator's, as a share of that; constant
    beta1: Momentum = 0.9  # of the generator's Adam
    discriminator_beta1: Momentum = 0.5
    ema: Momentum = 0.999  # moving average of the generator's weights: what is scored and shipped; 0: none
    precision: Literal["float32", "bfloat16"] = "float32"  # of the arithmetic; bfloat16 gains on Ampere GPUs and newer
    # the run
    epochs: CountOrNone = 0  # the budget where the command gives none
    steps_per_epoch: CountOrNone = 0  # an epoch ends with a validation and a preview; 0: when all pictures were seen
    checkpoint_epochs: Count = 1  # a checkpoint after so many epochs
    checkpoint_minutes: Rate = 5.0  # and at least so often

    def __post_init__(self) -> None:
        if self.task == "sketch" and self.colour_space == "lab":
            raise ValueError(
                "colour_space = 'lab': a drawing's luminance is not the picture's; a sketch needs 'flat' or 'rgb'"
            )
        if self.task == "photo" and self.colour_space == "flat":
            raise ValueError("colour_space = 'flat': a photograph has no lines to lay on flat colours; use 'lab'")
        if self.label_smoothing and self.adversarial == "hinge":
            raise ValueError("label_smoothing: the hinge loss has no labels; use 'vanilla' or 'lsgan', or set it to 0")
        if self.aged and (self.task == "sketch" or self.layout != "colour"):
            raise ValueError(
                f"aged = {self.aged}: only a photograph's own grey can be aged, so task must be 'photo' and layout "
                f"'colour'; received {self.task!r} and {self.layout!r}. Set aged to 0 for these"
            )
        if self.vividness_weight and self.colour_space == "rgb":
            raise ValueError("vividness_weight: taken from chroma, which colour_space 'rgb' has none of; set it to 0")
        if self.redrawn and (self.task != "sketch" or self.layout == "colour"):
            raise ValueError(
                f"redrawn = {self.redrawn}: only a sketch that the data brings can be drawn anew, so task must be "
                f"'sketch' and layout 'pairs' or 'twins'; received {self.task!r} and {self.layout!r}. Set redrawn to 0 "
                "for these"
            )
        if self.scanned and self.task != "sketch":
            raise ValueError(
                f"scanned = {self.scanned}: only a drawing can look scanned, so task must be 'sketch'; received "
                f"{self.task!r}. Set scanned to 0, or use aged, which is for photographs"
            )
        if self.crop_largest < self.crop_scale:
            raise ValueError(f"crop_largest = {self.crop_largest}: smaller than crop_scale = {self.crop_scale}")

    @property
    def target(self) -> str:
        """What the generator gives, by its name in batches and outputs: ab, rgb or flat."""
        return {"lab": "ab"}.get(self.colour_space, self.colour_space)

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
        problems = "; ".join(
            f"{e['loc'][0]} = {e['input']!r}: {e['msg']}" if e["loc"] else e["msg"].removeprefix("Value error, ")
            for e in error.errors()
        )
        raise ValueError(f"Settings out of range: {problems}. See trainer/config.py.") from error


def read_config(path: Path) -> Config:
    """A run's config.json -> Config."""
    return make_config(json.loads(path.read_text()))


def _nearest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
