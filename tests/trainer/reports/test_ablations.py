"""What an ablation trains, trains only once, and writes; one of them really trains."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from tests.conftest import ROOT, draw_scene
from trainer.commands.ablation import command
from trainer.config import make_config
from trainer.reports import ablations
from trainer.reports.ablation_pages import BEGIN, END, write_index
from trainer.reports.ablations import Ablation, Series, read_ablations

COLOUR = Ablation("colour", "chroma or RGB", "lab128", {"lab": {}, "rgb": {"colour_space": "rgb"}}, {"size": 64})
SMOOTHING = Ablation("smoothing", "labels", "lab128", {"0.1": {}, "0": {"label_smoothing": 0.0}}, {"size": 64})
TINY = """
[loss]
about = "l1 or l2"
preset = "autoencoder"
settings = { batch = 4, filters = [8], latent = 8, validation = 3 }
[loss.variants]
l1 = { reconstruction = "l1" }
l2 = {}

[optimiser]
about = "the optimiser"
preset = "autoencoder"
settings = { batch = 4, filters = [8], latent = 8, validation = 3 }
[optimiser.variants]
adam = {}
rmsprop = { optimiser = "rmsprop" }
"""


class Trainer:
    """Stands in for `python -m trainer`: notes what it is asked for, and leaves what that would leave."""

    def __init__(self) -> None:
        self.fitted: list[list[str]] = []
        self.evaluated: list[list[str]] = []

    def __call__(self, name: str, *arguments: str | Path) -> None:
        words = [str(word) for word in arguments]
        if name == "evaluate":
            self.evaluated.append(words)
            options = dict(word.lstrip("-").split("=") for word in words[1:])
            self.score(Path(words[0]), int(options["size"]), int(options["limit"]))
            return
        self.fitted.append(words)
        folder = Path(next(word for word in words if word.startswith("--run=")).removeprefix("--run="))
        (folder / "checkpoints" / "step-00001200").mkdir(parents=True, exist_ok=True)
        (folder / "checkpoints" / "step-00001200" / "state.json").write_text('{"step": 1200, "seconds": 180}')
        (folder / "config.json").write_text(json.dumps(make_config({"size": 64, "batch": 16}).to_dict()))
        (folder / "run.json").write_text("{}")
        (folder / "losses.csv").write_text("step,reconstruction\n1,0.5\n2,0.4\n")
        (folder / "validation.csv").write_text("step,pictures,minutes,psnr,colourfulness\n2,32,0.1,21,30\n")
        (folder / "generator.h5").touch()

    def score(self, folder: Path, size: int, limit: int) -> None:
        protocol = {"data": "photos", "size": size, "one_in": 20, "limit": limit, "step": 1200, "pictures": limit}
        result = {"psnr": 23.456, "ssim": 0.91234, "mae": 12.3, "colourfulness": 30.1, "frechet": 45.6}
        grey = {"psnr_grey": 22.0, "ssim_grey": 0.9, "mae_grey": 13.0, "frechet_grey": 60.0}
        truth = {"colourfulness_truth": 43.2, "colourfulness_difference": 13.1}
        (folder / "scores.json").write_text(json.dumps({**protocol, **result, **grey, **truth}))


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Trainer:
    fake = Trainer()
    monkeypatch.setattr(ablations, "_trainer", fake)
    return fake


@pytest.fixture
def series(tmp_path: Path) -> Series:
    return Series(tmp_path / "photos", {"minutes": 3.0}, 300, tmp_path / "runs", tmp_path / "out")


def run_trainer(*arguments: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "trainer", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        timeout=300,
    )


def test_every_shipped_variant_is_a_configuration() -> None:
    shipped = read_ablations()
    assert list(shipped) == ["colour-space", "spectral-norm", "label-smoothing", "autoencoder-loss", "optimiser"]
    configs = {name: [each.config(label) for label in each.variants] for name, each in shipped.items()}
    assert [config.colour_space for config in configs["colour-space"]] == ["lab", "rgb"]
    assert [(each.generator_spectral_norm, each.spectral_norm) for each in configs["spectral-norm"]] == [
        (True, True),
        (False, False),
    ]
    assert [config.label_smoothing for config in configs["label-smoothing"]] == [0.1, 0.0]
    assert [config.reconstruction for config in configs["autoencoder-loss"]] == ["l1", "l2", "cross_entropy"]
    assert [(config.generator, config.optimiser) for config in configs["optimiser"]] == [
        ("autoencoder", "adam"),
        ("autoencoder", "rmsprop"),
    ]


def test_variants_differ_in_nothing_but_what_they_name() -> None:
    for ablation in read_ablations().values():
        plain = replace(ablation, variants={**ablation.variants, "plain": {}}).config("plain").to_dict()
        for label, changes in ablation.variants.items():
            made = ablation.config(label).to_dict()
            assert {key: value for key, value in made.items() if value != plain[key]} == changes, ablation.name


def test_the_shipped_ones_share_two_runs(series: Series) -> None:
    folders = [series.folder(each, label) for each in read_ablations().values() for label in each.variants]
    assert (len(folders), len(set(folders))) == (11, 8)  # lab128 as it is serves three, the autoencoder two


def test_the_trainer_is_told_settings_data_and_budget(series: Series, trainer: Trainer) -> None:
    series.run(COLOUR)
    lab, rgb = trainer.fitted
    folder = series.folder(COLOUR, "lab")
    start = ["--preset=lab128", f"--data={series.data}", f"--run={folder}", "--continue", "--minutes=3.0"]
    assert lab == [*start, "--set=size=64"]
    assert rgb[-2:] == ["--set=size=64", '--set=colour_space="rgb"']
    assert trainer.evaluated[0] == [str(folder), f"--data={series.data}", "--size=64", "--limit=300"]


def test_a_shared_variant_is_trained_and_scored_once(series: Series, trainer: Trainer) -> None:
    series.run(COLOUR)
    series.run(SMOOTHING)
    assert (len(trainer.fitted), len(trainer.evaluated)) == (3, 3)
    series.run(COLOUR)
    assert (len(trainer.fitted), len(trainer.evaluated)) == (3, 3)


def test_another_budget_setting_or_folder_of_data_is_another_run(series: Series) -> None:
    others = [
        replace(series, budget={"minutes": 5.0}).folder(COLOUR, "lab"),
        replace(series, budget={"steps": 3}).folder(COLOUR, "lab"),
        replace(series, data=series.data.with_name("other")).folder(COLOUR, "lab"),
        series.folder(COLOUR, "rgb"),
        series.folder(replace(COLOUR, settings={"size": 128}), "lab"),
    ]
    assert len({series.folder(COLOUR, "lab"), *others}) == 6
    assert others[3].name.startswith("lab128-colour_space-rgb-")


def test_what_was_interrupted_is_gone_on_with(series: Series, trainer: Trainer) -> None:
    series.run(COLOUR)
    (series.folder(COLOUR, "rgb") / "generator.h5").unlink()
    series.run(COLOUR)
    assert len(trainer.fitted) == 3
    assert f"--run={series.folder(COLOUR, 'rgb')}" in trainer.fitted[2]


def test_more_pictures_are_scored_without_training_again(series: Series, trainer: Trainer) -> None:
    series.run(COLOUR)
    replace(series, limit=500).run(COLOUR)
    assert (len(trainer.fitted), len(trainer.evaluated)) == (2, 4)
    assert "--limit=500" in trainer.evaluated[3]


def test_the_page_says_what_was_done_and_found(series: Series, trainer: Trainer, tmp_path: Path) -> None:
    table = series.run(COLOUR)
    page = (series.out / "colour.md").read_text()
    assert page.startswith("# colour\n\nChroma or RGB.\n")
    assert "python -m trainer ablation colour --data PATH --minutes 3 --limit 300" in page
    assert "`lab128` with `size = 64`, 3 minutes of training on `photos`" in page
    assert "300 held-out pictures at 64 x 64 pixels" in page
    assert '| rgb | `colour_space = "rgb"` | 23.46 | 0.9123 | 12.30 | 30.1 | 13.1 | 45.60 | 1,200 |' in table
    assert "| the condition itself |  | 22.00 | 0.9000 | 13.00 | 0.0 | 43.2 | 60.00 |  |" in table
    assert table in page
    assert "](colour.png)" in page
    assert str(tmp_path) not in page
    with Image.open(series.out / "colour.png") as curves:
        assert curves.size == (1200, 800)


def test_the_legend_has_the_variants_names(series: Series, trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[list[str]] = []
    monkeypatch.setattr(
        "trainer.reports.plots.draw_comparison", lambda folders, _: drawn.append([f.name for f in folders])
    )
    series.run(SMOOTHING)
    assert drawn == [["0.1", "0"]]


def test_the_index_keeps_other_rows_and_the_text_around(series: Series, trainer: Trainer) -> None:
    series.out.mkdir()
    index = series.out / "README.md"
    index.write_text(f"# Mine\n\n{BEGIN}\n{END}\n\nBelow.\n")
    for ablation in (COLOUR, SMOOTHING, COLOUR):
        series.run(ablation)
    lines = index.read_text().splitlines()
    assert lines[:3] == ["# Mine", "", BEGIN]
    assert (
        lines[5] == "| [colour](colour.md) | chroma or RGB | 3 minutes | lab 23.46, rgb 23.46 | lab 45.60, rgb 45.60 |"
    )
    assert lines[6].startswith("| [smoothing](smoothing.md) |")
    assert lines[7:] == [END, "", "Below."]


def test_an_index_is_made_where_there_is_none(tmp_path: Path) -> None:
    write_index(tmp_path / "README.md", ["[a](a.md)", "b", "c", "d", "e"])
    assert (tmp_path / "README.md").read_text().splitlines()[-2:] == ["| [a](a.md) | b | c | d | e |", END]


def test_half_a_pair_of_markers_is_told(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(f"{BEGIN}\nno end")
    with pytest.raises(ValueError, match="only one of the lines"):
        write_index(tmp_path / "README.md", ["[a](a.md)", "b", "c", "d", "e"])
    assert (tmp_path / "README.md").read_text() == f"{BEGIN}\nno end"


def test_the_shipped_index_has_its_markers() -> None:
    text = (ROOT / "docs" / "ablations" / "README.md").read_text()
    assert 0 < text.index(BEGIN) < text.index(END)


@pytest.mark.parametrize(
    ("code", "error"), [("raise SystemExit(130)", KeyboardInterrupt), ("raise SystemExit(1)", ChildProcessError)]
)
def test_a_stopped_training_is_no_failed_one(
    code: str, error: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "python"
    fake.write_text(f"#!{sys.executable}\n{code}\n")
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))
    with pytest.raises(error):
        ablations._trainer("fit")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[a]\nabout = "b"\npreset = "photo"\n', "variants"),
        ('[a]\nabout = "b"\npreset = "photo"\nvariants = { c = {}, d = {} }\nsetings = {}\n', "setings"),
        ('[a]\nabout = "b"\npreset = "photo"\nvariants = { c = {} }\n', "at least 2"),
    ],
)
def test_a_wrong_table_is_told(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "ablations.toml").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_ablations(tmp_path / "ablations.toml")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--data", "x", "--steps", "1"), "Give either a name, one of colour-space, spectral-norm"),
        (("optimiser", "--all", "--data", "x", "--steps", "1"), "Give either a name"),
        (("optimiser", "--data", "x"), "Each variant needs a budget"),
        (("optimiser", "--data", "x", "--steps", "1", "--minutes", "1"), "Each variant needs a budget"),
        (("colours", "--data", "x", "--steps", "1"), "'colours' is not one of 'colour-space'"),
        (("optimiser", "--steps", "1"), "Missing option '--data'"),
    ],
)
def test_mistakes_are_told(arguments: tuple[str, ...], message: str) -> None:
    result = CliRunner().invoke(command, list(arguments))
    assert result.exit_code == 2
    assert message in result.output


def test_a_failed_training_ends_in_its_own_message(tmp_path: Path) -> None:
    folders = ("--out", tmp_path / "out", "--runs", tmp_path / "runs")
    result = run_trainer("ablation", "optimiser", "--data", "nowhere", "--steps", "1", *folders)
    assert result.returncode == 1
    assert re.search(r"trainer: No data at \S*nowhere", result.stderr)
    assert "`trainer fit` ended with exit code 1" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_it_really_trains_and_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    monkeypatch.chdir(ROOT)
    (tmp_path / "scenes").mkdir()
    for number in range(24):
        draw_scene(40, 40, number).save(tmp_path / "scenes" / f"scene_{number:02}.png")
    (tmp_path / "tiny.toml").write_text(TINY)
    monkeypatch.setattr("trainer.commands.ablation.read_ablations", lambda: read_ablations(tmp_path / "tiny.toml"))
    folders = ["--out", str(tmp_path / "out"), "--runs", str(tmp_path / "runs")]
    arguments = ["--all", "--data", str(tmp_path / "scenes"), "--steps", "2", "--limit", "4", *folders]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output + repr(result.exception)
    assert len(list((tmp_path / "runs").iterdir())) == 3  # l2 with Adam serves both
    for name, labels in {"loss": ("l1", "l2"), "optimiser": ("adam", "rmsprop")}.items():
        page = (tmp_path / "out" / f"{name}.md").read_text()
        rows = [line for line in page.splitlines() if line.startswith(tuple(f"| {label} |" for label in labels))]
        assert len(rows) == 2
        assert all(row.endswith("| 2 |") for row in rows)  # steps
        assert "2 steps of training on `scenes`" in page
        assert "4 held-out pictures at 32 x 32 pixels" in page
        assert str(tmp_path) not in page
    index = (tmp_path / "out" / "README.md").read_text()
    assert "[loss](loss.md)" in index
    assert "[optimiser](optimiser.md)" in index
