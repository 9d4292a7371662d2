"""Pictures and artifacts that several rooms' tests share. Nothing here needs a network or the training data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "web" / "public" / "samples"


def draw_scene(width: int, height: int, seed: int) -> Image.Image:
    """A coloured drawing with the sky above, grass below and a disc between: something that a model can learn."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / [[[height]], [[width]]]
    horizon, cx = random.uniform(0.4, 0.6), random.uniform(0.2, 0.8)
    sky = np.stack([0.5 + 0.2 * y, 0.65 + 0.2 * y, 0.95 - 0 * y], axis=-1)
    grass = np.stack([0.2 + 0.1 * x, 0.5 - 0.2 * (y - horizon), 0.15 + 0 * x], axis=-1)
    picture = np.where((y < horizon)[..., None], sky, grass)
    disc = (x - cx) ** 2 + (y - horizon) ** 2 < 0.02
    picture = np.where(disc[..., None], [0.85, 0.3, 0.2], picture) + random.normal(0, 0.02, (height, width, 1))
    return Image.fromarray((picture.clip(0, 1) * 255).astype(np.uint8))


def draw_scenes(folder: Path, count: int, width: int = 48, height: int = 40) -> Path:
    """A folder of scenes to train on: scene_00.png and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        draw_scene(width, height, number).save(folder / f"scene_{number:02}.png")
    return folder


@pytest.fixture(scope="session")
def saved_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Version 1 of the shipped photo model, in a model repository of its own."""
    from export.saved_model import write_version

    return write_version("photo", tmp_path_factory.mktemp("repository") / "photo")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that were saved, to ask for their axes."""
    figures: list[Figure] = []
    save = Figure.savefig

    def savefig(figure: Figure, *arguments: Any, **options: Any) -> None:
        save(figure, *arguments, **options)
        figures.append(figure)

    monkeypatch.setattr(Figure, "savefig", savefig)
    return figures
