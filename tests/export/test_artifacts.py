"""Version folders, the TF.js folder, and the check that all backends give the same pixels."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from export import saved_model as writer
from export import signatures
from export.saved_model import MODEL_CARD, WARM_UP, versions, write_version
from export.weights import Card, find_weights, load_generator
from serving.client import Colouriser
from serving.errors import SignatureNotFound
from tests.conftest import ROOT
from trainer import generators
from trainer.config import make_config


def export(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "export", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300, check=False)


def convert(version: Path, out: Path) -> Path:
    done = export("tfjs", "--saved-model", version, "--out", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def tfjs(saved_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return convert(saved_model, tmp_path_factory.mktemp("web") / "photo")


@pytest.fixture(scope="module")
def tfjs_sketch(sketch_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return convert(sketch_model, tmp_path_factory.mktemp("web") / "sketch")


@pytest.mark.parametrize(
    ("task", "parameters", "size"), [("photo", 6_000_000, 12_000_000), ("sketch", 8_000_000, 16_000_000)]
)
def test_the_shipped_weights_fit_the_budget(task: str, parameters: int, size: int) -> None:
    generator, card = load_generator(task)
    assert card.task == task
    assert card.parameters == generator.count_params() <= parameters
    assert (find_weights(task) / "weights.npz").stat().st_size <= size
    assert card.scores["psnr"] > card.scores["psnr_grey"]
    assert card.scores["frechet"] < card.scores["frechet_grey"]


def test_a_version_is_complete(saved_model: Path) -> None:
    assert saved_model.name == "1"
    assert Card.read(saved_model / MODEL_CARD) == Card.read(find_weights("photo") / "card.json")
    records = [
        prediction_log_pb2.PredictionLog.FromString(record.numpy())
        for record in tf.data.TFRecordDataset(str(saved_model / WARM_UP))
    ]
    requests = [record.predict_log.request for record in records]
    names = [request.model_spec.signature_name for request in requests]
    assert names == ["serving_default", "guided", "chroma", "colours"]
    model = tf.saved_model.load(str(saved_model))
    for request in requests:
        inputs = {name: tf.constant(tf.make_ndarray(value)) for name, value in request.inputs.items()}
        assert model.signatures[request.model_spec.signature_name](**inputs)


def test_a_model_without_a_distribution_is_exported_without_colours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = generators.build(make_config({"generator": "unet", "filters": [4, 4]}), 256)
    monkeypatch.setattr(signatures, "load_generator", lambda _: (generator, Card("photo", "unet", 256, 0)))
    version = write_version("small", tmp_path / "photo")
    assert set(tf.saved_model.load(str(version)).signatures) == {"serving_default", "guided", "chroma"}
    assert len(list(tf.data.TFRecordDataset(str(version / WARM_UP)))) == 3
    with Colouriser(None, model_dir=tmp_path / "photo") as colouriser:
        data = tf.io.encode_png(np.full((20, 30, 3), 99, np.uint8)).numpy()
        assert colouriser.colourise(data).rgb.shape == (20, 30, 3)
        with pytest.raises(SignatureNotFound, match=f"{version} has no `colours` signature. Serve a model"):
            colouriser.confidence(data)


def test_versions_count_up_and_a_reader_never_sees_half_of_one(saved_model: Path) -> None:
    seen: list[str] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.001):
            for version in versions(saved_model.parent):
                folder = saved_model.parent / str(version)
                if not all((folder / part).exists() for part in ("saved_model.pb", WARM_UP, MODEL_CARD)):
                    seen.append(f"version {version} is incomplete")

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        second = write_version("photo", saved_model.parent)
    finally:
        done.set()
        watcher.join()
    assert second == saved_model.parent / "2"
    assert versions(saved_model.parent) == [1, 2]
    assert seen == []


def test_two_writers_get_two_numbers(tmp_path: Path) -> None:
    """The race for a number: whoever comes second takes the next one, and nothing is overwritten."""
    (tmp_path / "3").mkdir()
    partials = [tmp_path / f".partial-{n}" for n in range(8)]
    for partial in partials:
        partial.mkdir()
        (partial / "saved_model.pb").write_text(partial.name)
    threads = [threading.Thread(target=writer._rename_to_next, args=(p, tmp_path)) for p in partials]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert versions(tmp_path) == list(range(3, 12))
    written = {(tmp_path / str(n) / "saved_model.pb").read_text() for n in range(4, 12)}
    assert written == {partial.name for partial in partials}


def test_an_export_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(writer, "_write_warm_up", fail)
    monkeypatch.setattr(tf.saved_model, "save", lambda *_, **__: None)
    with pytest.raises(OSError, match="disk full"):
        write_version("photo", tmp_path / "photo")
    assert list((tmp_path / "photo").iterdir()) == []


CONTRACTS = {
    "photo": {
        "signature": "chroma",
        "inputs": {"luminance": [1, 256, 256, 1], "hints": [1, 256, 256, 3]},
        "outputs": {"coefficients": [1, 256, 256, 4], "probabilities": [1, 32, 32, 195]},
    },
    "sketch": {
        "signature": "flats",
        "inputs": {"tone": [1, 256, 256, 1], "hints": [1, 256, 256, 4]},
        "outputs": {"maps": [1, 256, 256, 5], "probabilities": [1, 32, 32, 195]},
    },
}


@pytest.mark.parametrize(("task", "folder"), [("photo", "tfjs"), ("sketch", "tfjs_sketch")])
def test_the_manifest_is_true(task: str, folder: str, request: pytest.FixtureRequest) -> None:
    tfjs: Path = request.getfixturevalue(folder)
    manifest = json.loads((tfjs / "manifest.json").read_text())
    assert np.shape(manifest["centres"]) == (195, 2)
    assert np.shape(manifest["probe"]) == (16, manifest["outputs"][signatures.MODULES[task].answer][-1])
    assert {key: value for key, value in manifest.items() if key not in ("files", "centres", "probe")} == {
        "format": "handtint-tfjs-2",
        "task": task,
        "version": 1,
        "size": 256,
        **CONTRACTS[task],
    }
    assert [file["path"] for file in manifest["files"]] == ["guide.json", "see.json", "guide.bin", "see.bin"]
    assert {file["path"] for file in manifest["files"]} | {"manifest.json"} == {path.name for path in tfjs.iterdir()}
    for file in manifest["files"]:
        data = (tfjs / file["path"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
    assert sum(file["bytes"] for file in manifest["files"]) < 12_000_000
    assert (tfjs / "guide.bin").stat().st_size < 200_000  # what knows the picture is in the other half


def test_all_backends_give_the_same_pixels(saved_model: Path, tfjs: Path) -> None:
    done = export("verify", "--saved-model", saved_model, "--tfjs", tfjs)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len([line for line in done.stdout.splitlines() if "tfjs" in line]) == 12


def test_all_backends_give_the_same_drawings(sketch_weights: Path, sketch_model: Path, tfjs_sketch: Path) -> None:
    done = export("verify", "--weights", sketch_weights, "--saved-model", sketch_model, "--tfjs", tfjs_sketch)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len([line for line in done.stdout.splitlines() if "tfjs" in line]) == 12


def test_verify_fails_when_the_weights_differ(tfjs: Path, saved_model: Path, tmp_path: Path) -> None:
    copy_card(tmp_path, sha256="")
    with np.load(find_weights("photo") / "weights.npz") as stored:
        arrays = dict(stored)
    arrays["correction/bias"] = arrays["correction/bias"] + np.float16(0.05)
    np.savez(tmp_path / "weights.npz", **arrays)
    done = export("verify", "--weights", tmp_path, "--saved-model", saved_model, "--tfjs", tfjs)
    assert done.returncode == 1
    assert "TOO FAR" in done.stdout


def copy_card(folder: Path, sha256: str) -> None:
    replace(Card.read(find_weights("photo") / "card.json"), sha256=sha256).write(folder / "card.json")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("saved-model", "--weights", "nothing", "--out", "{tmp}/m"), "No weights 'nothing'"),
        (("tfjs", "--saved-model", "{tmp}", "--out", "{tmp}/t"), "No SavedModel at"),
        (("verify", "--saved-model", "{saved_model}", "--tfjs", "{tmp}"), "No TF.js model at"),
        (("weights", "--run", "{tmp}", "--data", "{tmp}", "--out", "{tmp}/w"), "No run at"),
    ],
)
def test_mistakes_end_in_one_clear_line(
    arguments: tuple[str, ...], message: str, tmp_path: Path, saved_model: Path
) -> None:
    done = export(*(word.format(tmp=tmp_path, saved_model=saved_model) for word in arguments))
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_weights_that_are_not_the_cards_are_refused(tmp_path: Path) -> None:
    weights = (find_weights("photo") / "weights.npz").read_bytes()
    copy_card(tmp_path, sha256=hashlib.sha256(weights).hexdigest())
    (tmp_path / "weights.npz").write_bytes(weights)
    assert load_generator(tmp_path)[1].size == 256
    (tmp_path / "weights.npz").write_bytes(weights[:-1])
    with pytest.raises(ValueError, match=r"is not the file that its card.json describes: damaged"):
        load_generator(tmp_path)


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    copy_card(tmp_path, sha256="")
    np.savez(tmp_path / "weights.npz", stray=np.zeros(1))
    with pytest.raises(ValueError, match="does not fit lite_unet"):
        load_generator(tmp_path)
