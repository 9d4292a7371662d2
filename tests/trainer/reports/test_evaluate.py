"""What evaluate scores, beside values worked out from the pictures themselves, and what it says and leaves."""

from __future__ import annotations

import json
import logging
import zlib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from skimage.color import rgb2lab

from tests.conftest import draw_scene, draw_scenes
from trainer import generators
from trainer.colour import PIXEL_MAX, grey
from trainer.colourfulness import colourfulness, colourfulness_absolute
from trainer.commands.evaluate import command
from trainer.config import make_config
from trainer.data import fixed, pens
from trainer.data.augment import whole_view
from trainer.data.fixed import fixed_batches
from trainer.predict import predict
from trainer.reports import evaluate
from trainer.reports.judge import Judge
from trainer.reports.metrics import frechet_distance, mae, psnr, ssim
from trainer.run import Run, State

# TensorFlow 2.19's variables don't know NumPy 2's copy argument yet; Keras meets that when it saves weights
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

SIDE, SCORED, COUNT = 32, 48, 60
SMALL = {"generator": "unet", "filters": [8, 8, 8], "size": SIDE, "validation": 2, "imagenet": False}
MINUTES = 1.5
MEASURES = ("psnr", "ssim", "mae", "colourfulness", "frechet", "cast_a", "cast_b", "colourfulness_absolute")
ENDINGS = ("", "_grey", "_truth", "_difference", "_absolute_truth", "_absolute_difference")
SCORES = {"pictures": 3, **{measure + ending: 1.0 for measure in MEASURES for ending in ENDINGS}}


def make_run(folder: Path, **settings: object) -> Run:
    """A run with a checkpoint of a generator that never learned anything."""
    config = make_config({**SMALL, **settings})
    checkpoint = folder / "checkpoints" / "step-00000007"
    checkpoint.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config.to_dict()))
    (folder / "run.json").write_text("{}")
    (checkpoint / "state.json").write_text(json.dumps({"step": 7, "seconds": 60 * MINUTES}))
    generators.build(config, config.shown_size or config.size).save_weights(checkpoint / "average.weights.h5")
    return Run.open(folder)


def held_out(one_in: int) -> list[str]:
    names = [f"scene_{number:02}.png" for number in range(COUNT)]
    return [name for name in names if zlib.crc32(name.encode()) % one_in == 0]


def call(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in arguments])


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_scenes(tmp_path_factory.mktemp("data") / "scenes", COUNT, 56, 40)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_run(tmp_path_factory.mktemp("runs") / "photo")


@pytest.fixture(scope="module")
def output(run: Run, scenes: Path) -> str:
    result = call(run.path, "--data", scenes, "--size", SCORED, "--sheet", run.path / "sheet.png")
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def scores(run: Run, output: str) -> dict:
    return json.loads((run.path / "scores.json").read_text())


def test_the_protocol_stands_beside_the_scores(scores: dict, scenes: Path) -> None:
    assert scores["pictures"] == len(held_out(2)) > evaluate.BATCH  # so that more than one batch is scored
    expected = {"data": "scenes", "size": SCORED, "one_in": 2, "limit": 0, "unreadable": 0, "step": 7}
    assert {name: scores[name] for name in expected} == expected
    assert scores["minutes"] == MINUTES
    assert "EfficientNet-Lite1" in scores["judge"]
    assert scores["generator_parameters"] > 0
    assert str(scenes.parent) not in json.dumps(scores)


def test_scores_are_those_of_the_whole_resized_pictures(scores: dict, run: Run, scenes: Path) -> None:
    """Everything at once and by hand, instead of in batches."""
    images = [Image.open(scenes / name) for name in held_out(2)]
    truths = np.stack([np.asarray(image.resize((SCORED, SCORED), Image.Resampling.BILINEAR)) for image in images])
    generator, state = evaluate.restored(run)
    assert (state.step, generator.inputs[0].shape[1]) == (7, SIDE)
    results, greys = predict(generator, run.config, truths), grey(truths)
    pairs, grey_pairs = list(zip(results, truths, strict=True)), list(zip(greys, truths, strict=True))
    judge = Judge()
    features = judge.features(truths)
    means = {
        "psnr": np.mean([psnr(*pair) for pair in pairs]),
        "psnr_grey": np.mean([psnr(*pair) for pair in grey_pairs]),
        "ssim": np.mean([ssim(*pair) for pair in pairs]),
        "ssim_grey": np.mean([ssim(*pair) for pair in grey_pairs]),
        "mae": np.mean([mae(*pair) for pair in pairs]),
        "mae_grey": np.mean([mae(*pair) for pair in grey_pairs]),
        "colourfulness": np.mean([colourfulness(result) for result in results]),
        "colourfulness_truth": np.mean([colourfulness(truth) for truth in truths]),
        "colourfulness_absolute": np.mean([colourfulness_absolute(result) for result in results]),
        "colourfulness_absolute_truth": np.mean([colourfulness_absolute(truth) for truth in truths]),
        "frechet": frechet_distance(judge.features(results), features),
        "frechet_grey": frechet_distance(judge.features(greys), features),
    }
    for name, mean in means.items():
        # a unit of the last decimal that is kept, for a pixel that rounds the other way in another batch
        assert scores[name] == pytest.approx(mean, abs=10 ** -evaluate._DECIMALS[name.split("_")[0]]), name
    difference = abs(means["colourfulness"] - means["colourfulness_truth"])
    assert scores["colourfulness_difference"] == pytest.approx(difference, abs=0.1)


def test_the_table_has_model_baseline_and_truth(output: str, scores: dict) -> None:
    assert "step 7, 1.5 minutes" in output
    assert f"{scores['pictures']} held-out pictures" in output
    rows = {line.split("|")[1].strip(): line.split("|")[2:-1] for line in output.splitlines() if line.startswith("| ")}
    assert set(rows) >= {"model", "all grey", "truth"}
    assert {len(cells) for cells in rows.values()} == {9}
    assert float(rows["model"][0]) == scores["psnr"]
    assert float(rows["all grey"][3]) == scores["frechet_grey"]


def test_the_sheet_shows_ten(run: Run, output: str) -> None:
    with Image.open(run.path / "sheet.png") as sheet:
        assert sheet.size == (10 * SCORED, 3 * SCORED)
        pixels = np.asarray(sheet.convert("RGB"), int)
    assert np.ptp(pixels[:SCORED], axis=-1).max() == 0  # the condition is grey
    assert np.ptp(pixels[2 * SCORED :], axis=-1).max() > 50  # the truth is not


def test_a_perfect_model_scores_as_the_truth(run: Run, scenes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "predict", lambda generator, config, targets, conditions: targets)
    scores = evaluate.score(None, run.config, evaluate.held_out(run, scenes)[:4], SCORED)
    assert scores["psnr"] == 100  # equal pictures count for so many dB
    assert (scores["ssim"], scores["mae"]) == (1, 0)
    assert scores["colourfulness_difference"] == scores["colourfulness_absolute_difference"] == 0
    assert (scores["cast_a"], scores["cast_b"]) == (0, 0)
    assert scores["frechet"] == 0 < scores["frechet_grey"]


def test_cast_is_the_mean_shift_of_colour(run: Run, scenes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Grey pictures that come out of one dull red; its a* and b* by another library."""
    red = np.full((1, SCORED, SCORED, 3), (153, 102, 102), np.uint8)
    _, a, b = rgb2lab(red[0, 0, 0] / PIXEL_MAX)
    monkeypatch.setattr(
        evaluate, "predict", lambda generator, config, targets, conditions: np.repeat(red, len(targets), 0)
    )
    monkeypatch.setattr(fixed, "_load", lambda *_: (np.full((SCORED, SCORED, 3), 128, np.uint8),) * 2)
    scores = evaluate.score(None, run.config, evaluate.held_out(run, scenes)[:2], SCORED)
    # two decimals are kept, and the libraries' white points differ in the fourth
    assert (scores["cast_a"], scores["cast_b"]) == pytest.approx((a, b), abs=0.02)


def test_one_in_more_scores_fewer_of_the_same(run: Run, scenes: Path) -> None:
    names = [example.name for example in evaluate.held_out(run, scenes, 4)]
    assert names == held_out(4)
    assert set(names) < {example.name for example in evaluate.held_out(run, scenes)}


@pytest.mark.parametrize(("one_in", "instead"), [(3, 4), (1, 2)])
def test_pictures_that_were_trained_on_are_not_scored(run: Run, scenes: Path, one_in: int, instead: int) -> None:
    with pytest.raises(ValueError, match=f"held out one in 2 and trained on the others.* such as --one-in {instead}"):
        evaluate.held_out(run, scenes, one_in)


def test_the_runs_own_limit_does_not_shrink_the_score(tmp_path: Path, scenes: Path) -> None:
    limited = make_run(tmp_path, limit=10)
    assert [example.name for example in evaluate.held_out(limited, scenes)] == held_out(2)


def test_nothing_held_out_is_said(run: Run, tmp_path: Path) -> None:
    name = next(f"{number}.png" for number in range(99) if zlib.crc32(f"{number}.png".encode()) % 2)
    draw_scene(40, 40, 0).save(tmp_path / name)
    with pytest.raises(ValueError, match=r"None of the examples under .* is held out \(about one in 2 is\); add more"):
        evaluate.held_out(run, tmp_path)


def test_unreadable_pictures_are_left_out_and_counted(
    tmp_path: Path, scenes: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run, data = make_run(tmp_path / "run"), tmp_path / "data"
    data.mkdir()
    for name in held_out(2)[:3]:
        (data / name).write_bytes((scenes / name).read_bytes())
    broken = held_out(2)[1]
    (data / broken).write_bytes(b"no picture")
    with caplog.at_level(logging.WARNING):
        evaluate.evaluate_run(run, data, SCORED)
    scores = json.loads((run.path / "scores.json").read_text())
    assert (scores["pictures"], scores["unreadable"]) == (2, 1)
    assert f"Left out: Picture {broken}" in caplog.text
    (data / held_out(2)[0]).write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"1 of 3 examples could be read. Expected at least two"):
        evaluate.evaluate_run(run, data, SCORED)


def test_a_sketch_is_scored_beside_its_own_drawing(tmp_path: Path, scenes: Path) -> None:
    run = make_run(tmp_path, task="sketch", colour_space="rgb", pens=["outline"])
    name = held_out(2)[0]
    targets, conditions = next(fixed_batches(evaluate.held_out(run, scenes), run.config, SCORED, whole_view))
    drawn = pens.draw(targets[0], np.random.default_rng(zlib.crc32(name.encode())), ("outline",))
    np.testing.assert_array_equal(conditions[0], drawn)
    # white paper stays white, and a drawing's tones survive luminance and back
    assert np.abs(grey(conditions).astype(int) - conditions).max() <= 1  # 8-bit rounding
    assert "| the drawing itself |" in evaluate.evaluate_run(run, scenes, SCORED, limit=2)


def test_pairs_are_scored_on_their_own_conditions(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in held_out(2)[:2]:
        pair = np.zeros((20, 40, 3), np.uint8)
        pair[:, :20], pair[:, 20:] = (200, 30, 40), PIXEL_MAX
        Image.fromarray(pair).save(data / name)
    run = make_run(tmp_path / "run", task="sketch", colour_space="rgb", layout="pairs")
    targets, conditions = next(fixed_batches(evaluate.held_out(run, data), run.config, SCORED, whole_view))
    assert (targets == (200, 30, 40)).all()
    assert (conditions == PIXEL_MAX).all()


def test_a_run_is_scored_on_data_of_another_layout(tmp_path: Path) -> None:
    """A sketch model that learned from pens' drawings, on real pairs."""
    run = make_run(tmp_path / "run", task="sketch", colour_space="rgb")
    for number in range(12):
        pair = Image.new("RGB", (96, 48), "white")
        pair.paste(draw_scene(48, 48, number), (48, 0))
        pair.save(tmp_path / f"pair_{number:02}.png")
    result = call(run.path, "--data", tmp_path, "--set", "layout=pairs", "--set", "target_side=right", "--size", "48")
    assert result.exit_code == 0, result.output
    scores = json.loads((run.path / "scores.json").read_text())
    blank = [psnr(np.full((48, 48, 3), PIXEL_MAX), np.asarray(draw_scene(48, 48, n))) for n in range(12)]
    assert min(blank) < scores["psnr_grey"] < max(blank)  # the drawings are white paper
    with pytest.raises(ValueError, match=r"size belongs to the training. Expected some of layout"):
        run.reading({"size": 64})


@pytest.mark.parametrize(
    ("layout", "settings"),
    [
        ("colour", {"task": "sketch", "colour_space": "rgb", "layout": "pairs", "redrawn": 0.5, "scanned": 0.5}),
        ("twins", {"aged": 0.5}),
    ],
)
def test_what_training_did_to_its_conditions_is_not_done_to_other_data(
    tmp_path: Path, layout: str, settings: dict
) -> None:
    run = make_run(tmp_path, **settings)
    config = run.reading({"layout": layout}).config
    assert config.layout == layout
    assert (config.redrawn, config.scanned, config.aged) == (0, 0, 0)
    assert Run.open(run.path).config == run.config


def test_a_limit_spreads_over_all(tmp_path: Path, scenes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(evaluate, "score", lambda g, c, examples, s: seen.extend(e.name for e in examples) or SCORES)
    evaluate.evaluate_run(make_run(tmp_path), scenes, SCORED, limit=3)
    names = held_out(2)
    assert seen == [names[0], names[round((len(names) - 1) / 2)], names[-1]]


def test_a_model_is_scored_at_the_size_at_which_it_serves(tmp_path: Path) -> None:
    generator, state = evaluate.restored(make_run(tmp_path, shown_size=64))
    assert generator.inputs[0].shape[1:3] == (64, 64)
    assert state == State(step=7, seconds=60 * MINUTES)


def test_help_and_mistakes(run: Run, scenes: Path) -> None:
    text = call("--help").output
    for promised in ("--data", "--size", "--one-in", "--limit", "--sheet", "scores.json", "docs/evaluation.md"):
        assert promised in text
    result = call(run.path, "--data", scenes, "--sheet", "sheet.txt")
    assert result.exit_code == 2
    assert "is not a file ending in .png" in result.output
