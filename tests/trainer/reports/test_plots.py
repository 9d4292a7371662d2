"""The curves: what is in a run's files is in its picture, and what isn't leaves no empty panel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from trainer.reports import plots
from trainer.reports.columns import read_columns


def write_run(folder: Path, losses: dict[str, list], validation: dict[str, list] | None = None, **config: Any) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"batch": 4, "reconstruction": "huber", **config}))
    for name, columns in (("losses", losses), ("validation", validation)):
        if columns:
            rows = [list(columns), *zip(*columns.values(), strict=True)]
            (folder / f"{name}.csv").write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    return folder


def titles(figure: Figure) -> list[str]:
    return [axis.get_title(loc="left") for axis in figure.axes]


def test_an_empty_cell_or_a_cut_row_is_no_number(tmp_path: Path) -> None:
    file = tmp_path / "losses.csv"
    file.write_text("step,a,b\n1,0.5,\n2,inf,3\n3,0.2")  # killed while it wrote the last
    columns = read_columns(file)
    np.testing.assert_array_equal(columns["step"], [1, 2, 3])
    np.testing.assert_array_equal(columns["a"], [0.5, np.nan, 0.2])
    np.testing.assert_array_equal(columns["b"], [np.nan, 3, np.nan])
    assert read_columns(tmp_path / "none.csv") == {}


def test_a_run_is_drawn_with_what_it_has(tmp_path: Path, drawn: list[Figure]) -> None:
    steps = list(range(1, 9))
    losses = {"step": steps, "generator_loss": steps, "reconstruction": steps, "distribution": [""] * 8}
    run = write_run(tmp_path / "first", losses, {"step": [4, 8], "minutes": [1, 3], "psnr": [20.0, 21.5]})
    plots.draw_run(run)
    with Image.open(run / "losses.png") as picture:
        assert picture.size == (1200, 800)
    expected = ["Reconstruction loss", "Generator loss, all terms", "PSNR, dB, held-out: last 21.5"]
    assert titles(drawn[0]) == expected
    assert drawn[0].get_suptitle() == "first"


def test_the_adversarial_losses_share_a_panel(tmp_path: Path, drawn: list[Figure]) -> None:
    losses = {"step": [1, 2, 3, 4], "reconstruction": [1, 1, 1, 1]}
    losses |= {name: ["", "", 0.5, 0.6] for name in ("adversarial", "discriminator_real", "discriminator_fake")}
    plots.draw_run(write_run(tmp_path / "gan", losses))
    assert titles(drawn[0]) == ["Reconstruction loss", "Adversarial losses"]
    legend = [text.get_text() for text in drawn[0].axes[1].get_legend().get_texts()]
    assert legend == ["generator", "discriminator, real", "discriminator, fake"]


def test_minutes_stand_where_their_steps_were(tmp_path: Path, drawn: list[Figure]) -> None:
    losses = {"step": list(range(1, 101)), "reconstruction": [1.0] * 100}
    validation = {"step": [80, 100], "minutes": [2, 4], "psnr": [20, 21]}  # the last 20 steps as slow as the first 80
    plots.draw_run(write_run(tmp_path / "run", losses, validation))
    (minutes,) = drawn[0].axes[0].child_axes
    places = {
        label.get_text(): tick for label, tick in zip(minutes.get_xticklabels(), minutes.get_xticks(), strict=True)
    }
    assert (places["0"], places["2"], places["3"], places["4"]) == (0, 80, 90, 100)


@pytest.mark.parametrize(
    ("values", "scale"),
    [((1.0, 0.1), "linear"), ((1.0, 0.01), "log"), ((1.0, -0.01), "linear"), ((0.5, 0.5), "linear")],
)
def test_a_wide_range_gets_a_logarithmic_axis(
    values: tuple[float, float], scale: str, tmp_path: Path, drawn: list[Figure]
) -> None:
    plots.draw_run(write_run(tmp_path / "run", {"step": [1, 2], "reconstruction": list(values)}))
    axis = drawn[0].axes[0]
    assert axis.get_yscale() == scale
    low, high = axis.get_ylim()
    assert low < min(values) <= max(values) < high


def test_a_spike_does_not_flatten_the_curve(tmp_path: Path, drawn: list[Figure]) -> None:
    values = [1.0, 2.0] * 500
    values[700] = 1000.0
    plots.draw_run(write_run(tmp_path / "run", {"step": list(range(1, 1001)), "reconstruction": values}))
    axis = drawn[0].axes[0]
    # the mean over 20 steps, 18.5 of them without the spike, is what has to stay in view
    assert max(plots.smooth(np.array(values))) < axis.get_ylim()[1] < 100


def test_smoothing_keeps_a_line_and_does_not_lag() -> None:
    line = np.linspace(0.0, 1.0, 500)
    inside = slice(10, -10)  # the window of 10 is whole there
    # a window of even width has its middle half a step off
    np.testing.assert_allclose(plots.smooth(line)[inside], line[inside], atol=0.6 / 500)
    np.testing.assert_allclose(plots.smooth(np.full(500, 3.0)), 3.0, rtol=1e-12)  # also at the ends
    np.testing.assert_array_equal(plots.smooth(np.array([4.0])), [4.0])


def test_a_run_without_losses_is_refused(tmp_path: Path) -> None:
    (tmp_path / "losses.csv").write_text("step,reconstruction\n")
    with pytest.raises(ValueError, match=r"No losses to draw: .* is missing or has no row"):
        plots.draw_run(tmp_path)


def test_a_comparison_is_over_pictures_and_names_runs_and_losses(tmp_path: Path, drawn: list[Figure]) -> None:
    steps, values = [10, 20], [0.5, 0.25]
    validation = {"step": [20], "pictures": [160], "psnr": [22]}
    small = write_run(tmp_path / "small", {"step": steps, "reconstruction": values})
    large = write_run(
        tmp_path / "large", {"step": steps, "reconstruction": values}, validation, batch=8, reconstruction="l1"
    )
    plots.draw_comparison([small, large], tmp_path / "both.png")
    with Image.open(tmp_path / "both.png") as picture:
        assert picture.size == (1200, 800)
    assert [text.get_text() for text in drawn[0].legends[0].get_texts()] == ["small (huber)", "large (l1)"]
    first, second = drawn[0].axes[0].get_lines()
    np.testing.assert_array_equal(first.get_xdata(), [40, 80])
    np.testing.assert_array_equal(second.get_xdata(), [80, 160])
    assert first.get_color() != second.get_color()
    assert titles(drawn[0])[1:] == ["PSNR, dB"]


def test_runs_of_one_name_are_told_apart_by_their_paths() -> None:
    assert plots.run_names([Path("a/photo"), Path("b/photo"), Path("b/other")]) == ["a/photo", "b/photo", "other"]
