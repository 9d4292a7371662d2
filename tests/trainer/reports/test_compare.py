"""The table of runs: what they differ in, what is known of them, and nothing made up where it isn't."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from trainer.commands.compare import command
from trainer.reports.compare import compare, differing

SCORES = {
    "data": "photos", "size": 256, "pictures": 500, "generator_parameters": 4500000, "psnr": 23.456, "frechet": 12.3
}  # fmt: skip


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Two runs: one scored, with a checkpoint; the other stopped after its first validation."""
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, batch in ((first, 8), (second, 16)):
        write(folder / "config.json", {"size": 128, "batch": batch, "reconstruction": "l1"})
        write(folder / "run.json", {"preset": "photo"})
        (folder / "losses.csv").write_text("step,reconstruction\n1,0.5\n2,0.4\n")
    write(first / "checkpoints" / "step-00000600" / "state.json", {"step": 600, "seconds": 120})
    write(first / "scores.json", SCORES)
    (second / "validation.csv").write_text("step,pictures,minutes,psnr,colourfulness\n100,1600,0.5,21.987,33.33\n")
    return [first, second]


def write(file: Path, values: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(values))


def cells(table: str) -> dict[str, list[str]]:
    """A Markdown table's cells by the name of their row."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    return {row[0]: row[1:] for row in rows}


def test_the_table_says_what_is_known(runs: list[Path], tmp_path: Path) -> None:
    table = cells(compare(runs, tmp_path / "out"))
    assert table[""] == ["first", "second"]
    assert table["preset"] == ["photo", "photo"]
    assert table["batch"] == ["8", "16"]
    assert table["generator parameters"] == ["4,500,000", ""]
    assert table["steps"] == ["600", "100"]
    assert table["pictures seen"] == ["4,800", "1,600"]
    assert table["minutes"] == ["2.0", "0.5"]
    assert table["pictures/s"] == ["40.0", "53.3"]
    assert table["last validation: PSNR, dB"] == ["", "21.99"]
    assert table["last validation: colourfulness"] == ["", "33.3"]
    assert table["score: PSNR, dB"] == ["23.46", ""]
    assert table["score: Fréchet distance"] == ["12.30", ""]
    assert table["scored on"] == ["500 of photos, 256 px", ""]


def test_only_what_differs_and_is_known_has_a_row(runs: list[Path], tmp_path: Path) -> None:
    table = cells(compare(runs, tmp_path / "out"))
    assert {"size", "reconstruction", "score: SSIM"}.isdisjoint(table)
    assert "batch" not in cells(compare(runs[:1], tmp_path / "alone"))


def test_a_setting_that_one_run_is_too_old_to_have_differs() -> None:
    assert differing([{"size": 1, "seed": 0}, {"size": 1, "seed": 0, "pens": ["xdog"]}]) == ["pens"]


def test_lines_are_aligned(runs: list[Path], tmp_path: Path) -> None:
    assert len({len(line) for line in compare(runs, tmp_path / "out").splitlines()}) == 1


def test_the_command_prints_and_writes(runs: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "new" / "comparison"
    result = CliRunner().invoke(command, [*map(str, runs), "--out", str(out)])
    assert result.exit_code == 0, result.output
    written = (out / "comparison.md").read_text()
    assert "| batch " in written
    assert "](comparison.png)" in written
    assert written.splitlines()[0] in result.output
    assert (out / "comparison.png").stat().st_size > 0


def test_a_run_that_was_just_begun_leaves_blanks(tmp_path: Path, runs: list[Path]) -> None:
    write(tmp_path / "begun" / "config.json", {"size": 128, "batch": 8, "reconstruction": "l1"})
    table = cells(compare([runs[0], tmp_path / "begun"], tmp_path / "out"))
    assert table["minutes"] == ["2.0", ""]
    assert table["pictures seen"] == ["4,800", ""]


def test_a_folder_that_is_no_run_is_named(runs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"No run at .*empty: expected a folder with a config.json"):
        compare([*runs, tmp_path / "empty"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_broken_file_is_named(runs: list[Path], tmp_path: Path) -> None:
    (runs[0] / "scores.json").write_text('{"psnr": 2')
    with pytest.raises(ValueError, match=r"first/scores\.json is no JSON"):
        compare(runs, tmp_path / "out")
