"""The demo itself: both models served, every picture through every door."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tests.conftest import ROOT, draw_outlines, draw_scene


def run_demo(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "serving.demo", *map(str, arguments)]
    environment = {**os.environ, "DEMO_ONCE": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)


def test_both_models_are_served_and_all_doors_agree(saved_model: Path, sketch_model: Path, tmp_path: Path) -> None:
    photograph, drawing = tmp_path / "photograph.jpg", tmp_path / "drawing.png"
    draw_scene(120, 90, 0).convert("L").save(photograph)
    draw_outlines(150, 110, 0).save(drawing)
    repository = saved_model.parent.parent
    out = tmp_path / "out"
    flags = ["--repository", repository, "--web", ROOT / "web/public", "--out", out]
    done = run_demo(*flags, photograph, drawing)
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^(gRPC|REST|gateway) +(\S+) +(\d+x\d+) ", done.stdout, re.MULTILINE)
    doors = ("gRPC", "REST", "gateway")
    assert rows == [
        *((door, "photograph.jpg", "120x90") for door in doors),
        *((door, "drawing.png", "150x110") for door in doors),
    ]
    assert re.search(r"The doors differ by at most [01]/255\.", done.stdout)
    config = (out / "models.config").read_text()
    assert [config.count(f'name: "{name}" base_path: "{repository / name}"') for name in ("photo", "sketch")] == [1, 1]
    # the photo model would have left white paper white, to keep the luminance
    paper = np.asarray(Image.open(drawing).convert("L")) == 255
    assert np.asarray(Image.open(out / "drawing-gateway.png"))[paper].min() < 250


def test_a_repository_without_the_photo_model_is_told(tmp_path: Path) -> None:
    done = run_demo("--repository", tmp_path, "--web", ROOT / "web/public", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert done.stderr.startswith(f"demo: {tmp_path} holds no photo model; expected {tmp_path}/photo/1.")
    assert done.stderr.count("\n") == 1
