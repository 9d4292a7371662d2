"""Shipped weights: a folder with `weights.npz` (float16), `card.json` (what they are) and the model card to read.

generator, card = load_generator("photo")            # export/pretrained/photo
ship(run, data, Path("export/pretrained/photo"), 256, "2 CPU cores")
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from export.read_out import read_out
from trainer import generators
from trainer.bins import shares_of
from trainer.colour import rgb_to_ab, to_unit
from trainer.config import Config, make_config
from trainer.shipped import WEIGHTS, read_weights

if TYPE_CHECKING:
    import keras

    from trainer.run import Run

PRETRAINED = Path(__file__).with_name("pretrained")
_COUNTED = 1000  # pictures for the shares of colours; with twice as many no share changes by 0.005
_COUNTED_SIZE = 32


@dataclass(frozen=True)
class Card:
    """What a set of weights is; travels with every artifact made from it as `model_card.json`."""

    task: str  # photo
    generator: str  # a module of trainer/generators
    size: int  # S: side of the generator's pictures, pixels
    parameters: int
    training: dict[str, Any] = field(default_factory=dict)  # command, minutes, steps, hardware
    scores: dict[str, float] = field(default_factory=dict)  # on the held-out pictures
    sha256: str = ""  # of weights.npz

    @classmethod
    def read(cls, path: Path) -> Card:
        """Reads a card.json. Raises ValueError if keys are missing or unknown."""
        try:
            return cls(**json.loads(path.read_text()))
        except TypeError as error:
            raise ValueError(
                f"{path} is not a model card: {error}. Expected the keys of export.weights.Card."
            ) from error

    def config(self) -> Config:
        """As much of the training configuration as building the generator takes."""
        colour_space = {"photo": "lab", "sketch": "flat"}.get(self.task)
        return make_config({"task": self.task, "generator": self.generator, "colour_space": colour_space})

    def write(self, path: Path) -> None:
        """Writes itself as JSON."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")


def find_weights(weights: str | Path) -> Path:
    """A name of export/pretrained, or a folder -> the folder. Raises FileNotFoundError, naming what there is."""
    for folder in (PRETRAINED / weights, Path(weights)):
        if (folder / "weights.npz").is_file():
            return folder
    known = ", ".join(sorted(path.parent.name for path in PRETRAINED.glob("*/weights.npz"))) or "none yet"
    raise FileNotFoundError(f"No weights {str(weights)!r}. Expected a folder with weights.npz, or one of: {known}.")


def load_generator(weights: str | Path) -> tuple[keras.Model, Card]:
    """The generator with its weights, at the card's size. Raises ValueError if they don't fit each other."""
    folder = find_weights(weights)
    card = Card.read(folder / "card.json")
    if card.sha256 and card.sha256 != _sha256(folder / "weights.npz"):
        raise ValueError(
            f"{folder.name}/weights.npz is not the file that its card.json describes: damaged, or of another version. "
            "Get both again, from the same place."
        )
    generator = generators.build_folded(card.config(), card.size)
    read_weights(folder / WEIGHTS, generator)
    return generator, card


def ship(run: Run, data: Path, folder: Path, size: int, hardware: str, **reading: Any) -> Card:
    """Puts a run's averaged generator into `folder`: float16 weights and their card, scored on held-out data.

    Without scores where only one picture is held out, as of somebody's own few. `reading`: what `export.read_out`
    takes besides; raises as it does, and as `held_out`.
    """
    from trainer.reports.evaluate import held_out, restored, score

    trained, state = restored(run, size)
    if reading:
        shares = _shares(run.config, data) if "rarity" in reading else None
        read_out(trained, run.config.balance, shares=shares, **reading)
    generator = generators.fold(run.config, trained)
    for variable in generator.variables:  # what is scored is what ships
        variable.assign(np.asarray(variable, np.float16).astype(np.float32))
    training = {
        "command": _command(run),
        "minutes": round(state.seconds / 60, 1),
        "steps": state.step,
        "pictures_seen": state.step * run.config.batch,
        "hardware": hardware,
        **reading,
        "versions": run.about["versions"],
        "commit": run.about["commit"],
    }
    examples = held_out(run, data)
    scores = score(generator, run.config, examples, size) if len(examples) > 1 else {}
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {variable.path: np.asarray(variable, np.float16) for variable in generator.variables}
    np.savez_compressed(folder / "weights.npz", **arrays)
    sha256 = _sha256(folder / "weights.npz")
    card = Card(run.config.task, run.config.generator, size, generator.count_params(), training, scores, sha256)
    card.write(folder / "card.json")
    return card


def _shares(config: Config, data: Path) -> np.ndarray:
    """Of each colour bin, [Q], in the pictures that were trained on, each as small as the distribution."""
    from trainer.data.augment import whole_view
    from trainer.data.fixed import fixed_batches
    from trainer.data.sources import find_examples, split, spread

    drawn_once = replace(config, redrawn=0.0, scanned=0.0)  # the drawings are not looked at
    training, _ = split(find_examples(data, drawn_once), config.validation)
    batches = fixed_batches(spread(training, _COUNTED), drawn_once, _COUNTED_SIZE, whole_view)
    return shares_of(rgb_to_ab(to_unit(targets.astype(np.float32))) for targets, _ in batches)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _command(run: Run) -> str:
    about = run.about
    budget = next(f"--{name} {about[name]:g}" for name in ("steps", "epochs", "minutes") if about.get(name))
    settings = "".join(f" --set {setting}" for setting in about.get("settings", ()))
    return f"python -m trainer fit --preset {about['preset']} --data PATH {budget}{settings}"
