"""Ablations: variants of a preset trained on the same data and budget, scored, and put beside each other.

    series = Series(data, {"minutes": 3}, limit=300, runs=Path("runs/ablations"), out=Path("docs/ablations"))
    print(series.run(read_ablations()["colour-space"]))      # docs/ablations/colour-space.md, .png; the index

A run's folder is named after all that it is trained with, so a variant of several ablations is trained once, and a
series that was interrupted goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass as checked_dataclass

from trainer.config import Config, load_preset
from trainer.reports.ablation_pages import Scored, index_row, write_index, write_page
from trainer.run import Run

SHIPPED = Path(__file__).with_name("ablations.toml")
_CURVES = ("config.json", "losses.csv", "validation.csv")  # what a comparison is drawn from


@checked_dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Ablation:
    """One table of ablations.toml: what is compared, the settings that all variants share, and each one's own."""

    name: str
    about: str
    preset: str
    variants: Annotated[dict[str, dict[str, Any]], Field(min_length=2)]
    settings: dict[str, Any] = Field(default_factory=dict)

    def settings_of(self, label: str) -> dict[str, Any]:
        """All that variant `label` changes in the preset."""
        return self.settings | self.variants[label]

    def config(self, label: str) -> Config:
        """Variant `label`'s configuration. Raises ValueError as `load_preset` does."""
        return load_preset(self.preset, self.settings_of(label))


def read_ablations(path: Path = SHIPPED) -> dict[str, Ablation]:
    """All ablations by name, in the file's order. Raises ValueError if one lacks something or has too much."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, Ablation]).validate_python(
        {name: {**table, "name": name} for name, table in tables.items()}
    )


@dataclass(frozen=True)
class Series:
    """What all variants have in common: data, budget ({"minutes": 3.0} or {"steps": 500}), and the folders.

    `limit`: so many held-out pictures are scored, fewer if there are fewer.
    """

    data: Path
    budget: dict[str, float]
    limit: int
    runs: Path
    out: Path

    def run(self, ablation: Ablation) -> str:
        """Trains and scores what isn't yet; writes NAME.md, NAME.png and the index into `out`; returns the table.

        Raises ChildProcessError when a training or a scoring failed, and KeyboardInterrupt when it was stopped.
        """
        name = ablation.name
        folders = {label: self.folder(ablation, label) for label in ablation.variants}
        for label, folder in folders.items():
            self._train(ablation, label, folder)
        scored = [Scored(label, _words(ablation.variants[label]), self._score(folders[label])) for label in folders]

        self.out.mkdir(parents=True, exist_ok=True)
        _draw(folders, self.out / f"{name}.png")
        table = write_page(self.out / f"{name}.md", name, self._protocol(ablation, scored[0].scores), scored)
        write_index(self.out / "README.md", index_row(name, ablation.about, self._spent, scored))
        return table

    def folder(self, ablation: Ablation, label: str) -> Path:
        """Where variant `label` is trained: the same for the same configuration, data and budget."""
        config = ablation.config(label).to_dict()
        common = load_preset(ablation.preset, ablation.settings).to_dict()
        own = [f"{key}-{value}" for key, value in config.items() if value != common[key]]
        everything = json.dumps([config, str(self.data.resolve()), self.budget])
        digest = hashlib.sha256(everything.encode()).hexdigest()[:8]
        return self.runs / "-".join([ablation.preset, *own, digest])

    def _train(self, ablation: Ablation, label: str, folder: Path) -> None:
        if (folder / "generator.h5").exists():  # what a run writes last
            return
        settings = [f"--set={key}={json.dumps(value)}" for key, value in ablation.settings_of(label).items()]
        budget = [f"--{name}={amount}" for name, amount in self.budget.items()]
        run = [f"--preset={ablation.preset}", f"--data={self.data}", f"--run={folder}", "--continue"]
        _trainer("fit", *run, *budget, *settings)

    def _score(self, folder: Path) -> dict[str, Any]:
        """Its scores.json. At the generator's own size: what an upscaling blurs is no variant's doing."""
        run = Run.open(folder)
        wanted = {
            "size": run.config.shown_size or run.config.size,
            "one_in": run.config.validation,
            "limit": self.limit,
            "step": json.loads((run.checkpoints()[-1] / "state.json").read_text())["step"],
        }
        path = folder / "scores.json"
        scores = json.loads(path.read_text()) if path.exists() else {}
        if any(scores.get(key) != value for key, value in wanted.items()):
            _trainer("evaluate", folder, f"--data={self.data}", f"--size={wanted['size']}", f"--limit={self.limit}")
            scores = json.loads(path.read_text())
        return scores

    @property
    def _spent(self) -> str:
        """The budget in words."""
        return " ".join(f"{amount:,g} {name}" for name, amount in self.budget.items())

    def _protocol(self, ablation: Ablation, scores: dict[str, Any]) -> list[str]:
        """The page's paragraphs: what is compared, the command, and how. PATH stands for this machine's folder."""
        budget = " ".join(f"--{name} {amount:g}" for name, amount in self.budget.items())
        command = f"python -m trainer ablation {ablation.name} --data PATH {budget} --limit {self.limit}"
        return [
            f"{ablation.about[:1].upper()}{ablation.about[1:]}.",
            f"```sh\n{command}\n```",
            f"Each variant: preset `{ablation.preset}` with {_words(ablation.settings)}, {self._spent} of training on "
            f"`{scores['data']}`. Scores: {scores['pictures']} held-out pictures at {scores['size']} x "
            f"{scores['size']} pixels.",
        ]


def _draw(folders: dict[str, Path], path: Path) -> None:
    """The runs' curves, each under its variant's label: a picture's legend has the names of the folders."""
    from trainer.reports.plots import draw_comparison  # matplotlib would slow down every --help

    with tempfile.TemporaryDirectory() as place:
        named = {label: Path(place) / label for label in folders}
        for label, folder in folders.items():
            named[label].mkdir()
            for file in _CURVES:
                shutil.copy(folder / file, named[label])
        draw_comparison(list(named.values()), path)


def _words(settings: dict[str, Any]) -> str:
    return ", ".join(f"`{key} = {json.dumps(value)}`" for key, value in settings.items()) or "nothing"


def _trainer(*arguments: str | Path) -> None:
    """`python -m trainer ...` in a process of its own: fresh memory and seeds. It says itself what it does."""
    with subprocess.Popen([sys.executable, "-m", "trainer", *map(str, arguments)]) as process:  # noqa: S603
        try:
            code = process.wait()
        except KeyboardInterrupt:  # Ctrl-C reaches both; the training still saves its checkpoint
            process.wait()
            raise
    if code == 130:  # as a shell gives it after Ctrl-C
        raise KeyboardInterrupt
    if code:
        raise ChildProcessError(f"`trainer {arguments[0]}` ended with exit code {code}; its own message stands above.")
