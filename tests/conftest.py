"""Pictures and artifacts that several rooms' tests share. Nothing here needs a network or the training data."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "web" / "public" / "samples"

_directories: dict[tuple[pytest.Collector, Path], pytest.Collector] = {}


@pytest.hookimpl(wrapper=True)
def pytest_collect_directory(
    path: Path, parent: pytest.Collector
) -> Generator[None, pytest.Collector | None, pytest.Collector | None]:
    """Gives a folder the same node each time.

    pytest looks into a folder anew for each single file among its arguments, and since 9.1 a conftest's fixtures belong
    to the folder's node of the first time: beside `tests/test_doors.py`, files in `tests/serving` lost theirs.
    """
    made = yield
    return None if made is None else _directories.setdefault((parent, path), made)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Names what is a file or longer than a line by its argument.

    Its bytes say little, and a zip's hold the time: two processes that collect the tests then disagree on their names,
    and pytest refuses to begin.
    """
    file = isinstance(val, bytes) and len(val) > 20
    return argname if file or (isinstance(val, str) and len(val) > 200) else None


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


def draw_outlines(width: int, height: int, seed: int) -> Image.Image:
    """A line drawing, black on white: a house, a sun and a few rolling hills, in lines of 2 pixels."""
    random = np.random.default_rng(seed)
    picture = Image.new("L", (2 * width, 2 * height), "white")
    pen = ImageDraw.Draw(picture)
    xs = np.linspace(0, 2 * width, 40)
    for level in random.uniform(0.5, 0.9, 3):
        hill = 2 * height * (level + 0.05 * np.sin(xs / width * random.uniform(2, 6)))
        pen.line([*zip(xs, hill, strict=True)], fill=0, width=4)
    x, y, side = random.uniform(0.3, 1.0) * width, 0.9 * height, 0.5 * height
    pen.polygon([(x, y), (x + side / 2, y - side / 2), (x + side, y)], outline=0, width=4)
    pen.rectangle([x, y, x + side, y + side], outline=0, width=4)
    pen.ellipse([1.5 * width, 0.2 * height, 1.8 * width, 0.2 * height + 0.3 * width], outline=0, width=4)
    return picture.resize((width, height), Image.Resampling.BOX).convert("RGB")


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


@pytest.fixture(scope="session")
def sketch_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights of the sketch model that ships; until one does, of a freshly built one with colours by chance."""
    import keras

    from export.weights import Card, find_weights
    from trainer import generators

    with contextlib.suppress(FileNotFoundError):
        return find_weights("sketch")
    card = Card("sketch", "flat_unet", 256, 0)
    keras.utils.set_random_seed(3)
    generator = generators.build_folded(card.config(), card.size)
    random = np.random.default_rng(3)
    # as built it paints grey: its last layers start at zero, so that training begins with the plain mean
    for name, spread in {"lightness": 0.3, "distribution": 4.0, "correction": 0.3}.items():
        layer = generator.get_layer(name)
        layer.set_weights([random.normal(0, spread, value.shape) for value in layer.get_weights()])
    folder = tmp_path_factory.mktemp("weights") / "sketch"
    folder.mkdir()
    np.savez(folder / "weights.npz", **{value.path: np.asarray(value, np.float16) for value in generator.variables})
    card.write(folder / "card.json")
    return folder


@pytest.fixture(scope="session")
def sketch_model(saved_model: Path, sketch_weights: Path) -> Path:
    """Version 1 of the sketch model, in the photo model's repository."""
    from export.saved_model import write_version

    return write_version(sketch_weights, saved_model.parent.parent / "sketch")


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
