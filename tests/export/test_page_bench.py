"""The benchmark of the page: the other networks are as large as theirs, and the ratios are told right."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from export.page_bench import ddcolor, deoldify
from export.page_bench.plot import draw
from export.page_bench.report import Results, page


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "millions", "output"),
    [
        (deoldify, 63.6, (1, 256, 256, 3)),  # ColorizeArtistic_gen.pth: 243 MiB of float32
        (ddcolor, 55.0, (1, 512, 512, 2)),  # as its authors say
    ],
    ids=["deoldify", "ddcolor"],
)
def test_the_others_have_the_size_of_what_they_stand_for(network: object, millions: float, output: tuple) -> None:
    model = network.build()  # type: ignore[attr-defined]
    assert model.count_params() / 1e6 == pytest.approx(millions, rel=0.01)
    assert model.output.shape == output


def results(isolated: bool) -> Results:
    speed = 2 if isolated else 1
    network = {"backend": "wasm", "threads": speed, "bytes": 9e6, "parameters": 4e6, "multiplyAdds": 2e9, "guide": [50]}
    sizes = [0.5, 2, 24]
    rounds = [{"first": first / speed, "full": 3000, "look": [60, 80], "hint": [120, 150, 180]} for first in (500, 400)]
    theirs = [{"first": 8000 / speed, "full": 9000} for _ in sizes]
    return {
        "isolated": isolated,
        "start": {"cold": [900, 700], "kept": [300]},
        "pictures": [{"megapixels": size, "width": 9, "height": 6, "rounds": rounds} for size in sizes],
        "networks": {
            "photo": network | {"milliseconds": [150 / speed], "pictures": []},
            "ddcolor_tiny": network | {"milliseconds": [6000 / speed], "pictures": theirs},
        },
    }


def test_ratios_are_those_of_the_same_number_of_threads() -> None:
    text = page([results(False), results(True)], "A machine.", "2026-01-02", 2)
    assert "on 2026-01-02. A machine." in text
    assert "| 1 thread | 0.5 | 0.45 | 3.00 | 8.00 | 17.8 | 9.00 | 3.0 |" in text
    assert "| 2 threads | 24 | 0.23 | 3.00 | 4.00 | 17.8 | 9.00 | 3.0 |" in text
    assert "| 1 thread | DDColor-tiny's shape | 512 x 512 | 4.0 million | 9.0 MB | 2.0 billion | 6,000 | 40.0 |" in text
    assert "## At 2 megapixels, after the first view" in text
    assert "| 1 thread | 150 | 70 |" in text
    assert "| 1 thread | 800 | 300 |" in text


def test_the_picture_has_a_panel_for_each_number_of_threads(tmp_path: Path) -> None:
    draw([results(False), results(True)], tmp_path / "web.png")
    with Image.open(tmp_path / "web.png") as picture:
        assert picture.size == (1200, 500)
