"""What the bench times, counts and says."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import ROOT
from trainer.config import load_preset, make_config
from trainer.reports.bench import PICTURES, Rates, draw_pictures, measure, median_seconds, report

CONFIG = make_config({"size": 32, "batch": 4})
SETTINGS = ("generator=unet", "filters=[8, 8, 8]", "discriminator_filters=8", "batch=4")


def things(*pauses: float) -> Iterator[None]:
    """One after each pause, then again."""
    while True:
        for pause in pauses:
            time.sleep(pause)
            yield None


def bench(*arguments: str, backend: str = "tensorflow") -> subprocess.CompletedProcess:
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    return subprocess.run(
        [sys.executable, "-m", "trainer", "bench", "--seconds", "0", "--size", "32", *settings, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": backend},
        timeout=300,
    )


def rate(line: str) -> float:
    return float(line.split()[-1])


def test_the_beginning_does_not_count() -> None:
    def slow_at_first() -> Iterator[None]:
        for _ in range(3):
            time.sleep(0.3)
            yield None
        yield from things(0.001)

    assert median_seconds(slow_at_first(), seconds=0.1) < 0.1  # a third of a slow one


def test_what_comes_in_pairs_is_timed_in_pairs() -> None:
    taken = median_seconds(things(0.1, 0), seconds=0.5, group=2)
    assert 0.1 <= taken < 0.2  # singly half of them take no time at all


def test_it_goes_on_until_the_time_is_over() -> None:
    started = time.monotonic()
    median_seconds(things(0.01), seconds=0.4)
    assert time.monotonic() - started >= 0.4


def test_a_fast_pipeline_is_not_the_bottleneck() -> None:
    rates = Rates(400.0, {"generator only": 50.0, "adversarial": 20.0}, {"generator only": 40.0, "adversarial": 18.0})
    lines = report(rates, CONFIG).splitlines()
    assert f"{os.cpu_count()} threads" in lines[0]
    assert "lite_unet at 32 x 32, batch 4, float32" in lines[0]
    assert [rate(line) for line in lines[2:7]] == [400.0, 50.0, 20.0, 40.0, 18.0]
    assert lines[-1] == "pipeline : step = 8.0 : 1; the pipeline is not the bottleneck (>= 2x wanted)"


def test_a_pipeline_below_twice_the_fastest_phase_is_the_bottleneck() -> None:
    rates = Rates(80.0, {"generator only": 50.0, "adversarial": 20.0}, {})
    assert report(rates, CONFIG).endswith("= 1.6 : 1; the pipeline is the bottleneck (>= 2x wanted)")


def test_pictures_are_drawn_alike_and_cost_something_to_decode(tmp_path: Path) -> None:
    draw_pictures(tmp_path, count=2)
    first, second = sorted(tmp_path.iterdir())
    with Image.open(first) as picture:
        assert (picture.format, picture.size) == ("JPEG", (256, 192))
    assert first.read_bytes() != second.read_bytes()
    assert first.stat().st_size > 10_000  # noise keeps JPEG from making nothing of it: a plain gradient has 2 kB
    assert PICTURES == 256


def test_no_picture_to_train_on_is_told() -> None:
    with pytest.raises(ValueError, match="every picture is held out"):
        measure([], CONFIG, seconds=0)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_the_command_times_every_phase(backend: str) -> None:
    result = bench("--set", "adversarial_weight=1", backend=backend)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert f"unet at 32 x 32, batch 4, float32; {backend}" in lines[0]
    named = [
        "input pipeline alone",
        "training step alone, generator only",
        "training step alone, adversarial",
        "both together, generator only",
        "both together, adversarial",
    ]
    assert [line[:40].strip() for line in lines[2:7]] == named
    assert min(rate(line) for line in lines[2:7]) > 0
    assert "bottleneck" in lines[7]


@pytest.mark.slow
def test_a_preset_for_pairs_is_timed_on_drawn_pictures_and_one_without_a_discriminator_in_one_phase() -> None:
    assert load_preset("pix2pix").layout == "pairs"
    result = bench("--preset", "pix2pix", "--set", "adversarial_weight=0")
    assert result.returncode == 0, result.stderr
    assert "generator only" in result.stdout
    assert "adversarial" not in result.stdout


def test_mistakes_end_in_one_clear_line() -> None:
    result = bench("--data", "nowhere")
    assert result.returncode == 1
    assert "No data at nowhere" in result.stderr
    assert "Traceback" not in result.stderr
