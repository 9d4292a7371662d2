"""Sketch models beside each other: what the truth's own colours, the lines and tiny models of all kinds score."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from keras import ops
from PIL import Image
from skimage.color import rgb2lab

from export.main import cli
from export.quality.candidates import TRUTH
from export.quality.drawn_lines import CHANCE
from export.quality.hinting import COUNTS, psnr_by_hints, random_hints
from export.quality.opening import open_candidate, open_candidates
from export.quality.pictures import HELD_OUT, ONE_IN, UNSEEN, Group, find_groups
from export.quality.scores import score_all
from export.quality.sketch import BARE, SKETCH, FlatCandidate
from export.saved_model import write_version
from export.weights import Card, load_generator
from tests.trainer.reports.test_evaluate import make_run
from trainer import generators
from trainer.colour import PIXEL_MAX, ab_to_rgb, rgb_to_luminance, to_unit
from trainer.config import make_config
from trainer.hints import PATCH, draw_hints
from trainer.line_art import ink_maps
from trainer.predict import predict
from trainer.reports.evaluate import restored
from trainer.run import Run

# TensorFlow 2.19's variables don't know NumPy 2's copy argument yet; Keras meets that when it saves weights
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

SIDE = 128  # the least that a drawing is cleaned at
COUNT = 18
WHITE, BLACK = (PIXEL_MAX,) * 3, (0, 0, 0)


def draw_pair(seed: int) -> Image.Image:
    """Drawing left, illustration right: outlined boxes of bright colours on white paper."""
    random = np.random.default_rng(seed)
    pair = np.full((SIDE, 2 * SIDE, 3), PIXEL_MAX, np.uint8)
    for row in range(2):
        for column in range(2):
            top, left = np.array([row, column]) * 60 + random.integers(8, 16, 2)
            height, width = random.integers(24, 40, 2)
            for half, fill in ((0, WHITE), (SIDE, random.integers(60, 220, 3))):
                pair[top : top + height, half + left : half + left + width] = BLACK
                pair[top + 2 : top + height - 2, half + left + 2 : half + left + width - 2] = fill
    return Image.fromarray(pair)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "pairs"
    folder.mkdir()
    names = [name for name in (f"pair_{n}.png" for n in range(999)) if zlib.crc32(name.encode()) % ONE_IN == 0][:COUNT]
    for number, name in enumerate([*names, "in_training.png"]):
        draw_pair(number).save(folder / name)
    return folder


@pytest.fixture(scope="module")
def group(data: Path) -> Group:
    return replace(find_groups(data, SKETCH.config)[HELD_OUT], size=SIDE)


@pytest.fixture(scope="module")
def oracle(group: Group) -> FlatCandidate:
    """Paints each drawing with its truth."""
    batches = list(group.batches())
    tones = np.concatenate([SKETCH.baseline.see(to_unit(b.conditions.astype(np.float32))) for b in batches])
    truths = to_unit(np.concatenate([batch.targets for batch in batches]).astype(np.float32))

    def colour(tone: np.ndarray, hints: np.ndarray) -> np.ndarray:
        flat = np.stack([truths[np.abs(tones - one).mean(axis=(1, 2, 3)).argmin()] for one in tone])
        return np.concatenate([flat, ink_maps(tone)], axis=-1)

    return FlatCandidate("oracle", SIDE, colour)


def one_colour(tone: np.ndarray, hints: np.ndarray) -> np.ndarray:
    flat = np.broadcast_to(np.float32([0.8, 0.5, 0.3]), (*tone.shape[:3], 3))
    return np.concatenate([flat, ink_maps(tone)], axis=-1)


def copy_hints(tone: np.ndarray, hints: np.ndarray) -> np.ndarray:
    colours = np.where(hints[..., 3:] > 0, ab_to_rgb(hints[..., 2:3], hints[..., :2]), 1)
    return np.concatenate([colours, ink_maps(tone)], axis=-1).astype(np.float32)


@pytest.fixture(scope="module")
def scores(oracle: FlatCandidate, group: Group) -> dict[str, dict]:
    pictures, found = score_all(SKETCH, [oracle, FlatCandidate("tint", SIDE, one_colour)], group)
    assert pictures == COUNT  # more than one batch
    return found


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sketch model's shipped weights that never learned anything."""
    folder = tmp_path_factory.mktemp("weights")
    config = make_config({"task": "sketch", "generator": "flat_unet", "colour_space": "flat"})
    generator = generators.build_folded(config, SIDE)
    np.savez(folder / "weights.npz", **{variable.path: np.asarray(variable) for variable in generator.variables})
    Card("sketch", config.generator, SIDE, generator.count_params()).write(folder / "card.json")
    return folder


@pytest.fixture(scope="module")
def pix2pix(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_run(tmp_path_factory.mktemp("runs") / "pix2pix", task="sketch", colour_space="rgb", layout="pairs")


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["quality", *map(str, arguments)])


def test_the_truths_own_colours_score_best(scores: dict[str, dict]) -> None:
    assert list(scores) == [SKETCH.baseline.name, "oracle", "tint", TRUTH, CHANCE]
    # black lines at both: a rounding in the clean drawing's ink is all that differs
    assert scores["oracle"]["psnr"] > 40
    assert scores["oracle"]["ssim"] > 0.99
    assert scores["oracle"]["frechet"] < scores[SKETCH.baseline.name]["frechet"]
    assert scores["oracle"]["colourfulness"] == pytest.approx(scores[TRUTH]["colourfulness"], abs=1)  # of 50
    assert scores[SKETCH.baseline.name]["psnr"] < scores["oracle"]["psnr"]
    assert scores[SKETCH.baseline.name]["colourfulness"] == 0


def test_colours_of_the_truth_end_at_lines_and_those_of_another_do_not(scores: dict[str, dict]) -> None:
    assert scores["oracle"]["borders_on_lines"] == scores[TRUTH]["borders_on_lines"] == 1
    assert scores[CHANCE] == {"borders_on_lines": scores[CHANCE]["borders_on_lines"]}
    assert 0.1 < scores[CHANCE]["borders_on_lines"] < 0.8
    assert scores[TRUTH]["borders"] > 0.01


def test_one_colour_under_all_lines_has_no_borders_and_stained_paper(scores: dict[str, dict]) -> None:
    """Else every line across a stain would count as two borders, well placed."""
    for name in ("tint", SKETCH.baseline.name):
        assert (scores[name]["borders"], scores[name]["borders_on_lines"]) == (0, None)
    expected = np.linalg.norm(rgb2lab([0.8, 0.5, 0.3]) - rgb2lab([1.0, 1.0, 1.0]))
    assert scores["tint"]["paper"] == pytest.approx(expected, abs=0.5)  # 8 bits
    assert scores[SKETCH.baseline.name]["paper"] == scores[TRUTH]["paper"] == 0


def test_the_baseline_is_the_cleaned_drawing() -> None:
    page = np.full((1, SIDE, SIDE, 3), 200, np.uint8)
    page[:, 40:44] = 20
    lines = SKETCH.baseline.paint(page)[0]
    assert (lines[:30] == PIXEL_MAX).all()
    assert lines[41:43].max() < 30
    assert np.ptp(lines, axis=-1).max() == 0


def test_hints_lie_on_bare_paper_and_have_its_colours(group: Group) -> None:
    batch = next(group.batches())
    free = SKETCH.free(batch.conditions)
    assert (free == (batch.conditions.min(axis=-1) > BARE * PIXEL_MAX)).mean() > 0.99  # lines are black, paper is white
    for name, picture, paper in zip(batch.names, batch.targets, free, strict=True):
        hints = random_hints(name, picture, paper)
        assert hints.shape == (max(COUNTS), 5)
        for count in COUNTS:
            np.testing.assert_array_equal(random_hints(name, picture, paper, count), hints[:count])
        x, y = (hints[:, :2] * SIDE).astype(int).T
        assert paper[y, x].all()
        # of one of five flat colours: nothing of the lines is in it
        near = np.abs(to_unit(picture[paper].astype(np.float32))[None] - hints[:, None, 2:]).max(axis=-1).min(axis=1)
        inside = [draw_hints(hint[None, None], SIDE)[0, ..., 2] == 1 for hint in hints]
        alone = [len(np.unique(picture[each & paper], axis=0)) == 1 for each in inside]
        assert sum(alone) > len(hints) / 2
        assert near[alone].max() < 1e-6  # float32
        assert max(each.sum() for each in inside) <= PATCH**2


def test_a_drawing_without_room_gets_fewer_hints() -> None:
    picture, free = np.zeros((SIDE, SIDE, 3), np.uint8), np.zeros((SIDE, SIDE), bool)
    assert np.isnan(random_hints("black.png", picture, free)).all()
    free[:8, :8] = True  # 64 of 16,384 pixels, so about 10 of 2,500 throws
    hints = random_hints("black.png", picture, free)
    used = ~np.isnan(hints).any(axis=1)
    assert 0 < used.sum() < len(hints)
    assert (hints[used][:, :2] < 8 / SIDE).all()
    assert used[: used.sum()].all()


def test_whoever_copies_hints_gains_with_each(group: Group) -> None:
    copier = FlatCandidate("copier", SIDE, copy_hints, takes_hints=True)
    _, psnr = psnr_by_hints(SKETCH, [copier], group)
    assert psnr["copier"][0] == psnr[SKETCH.baseline.name][0]
    assert (np.diff(list(psnr["copier"].values())) > 0).all()


@pytest.mark.slow
def test_a_flat_run_is_painted_as_trainer_and_server_paint_it(weights: Path, tmp_path: Path, group: Group) -> None:
    """Weights, the SavedModel made of them, and the trainer's own composite."""
    version = write_version(weights, tmp_path / "sketch")
    batch = next(group.fewer(2).batches())
    conditions = np.pad(batch.conditions, [(0, 0), (0, 32), (0, 60), (0, 0)], constant_values=PIXEL_MAX)
    hints = np.stack(
        [
            random_hints(*each)[:5]
            for each in zip(batch.names, batch.targets, SKETCH.free(batch.conditions), strict=True)
        ]
    )
    shipped, served = (open_candidate("a", str(place)) for place in (weights, version))
    assert (shipped.task, shipped.size, shipped.takes_hints) == ("sketch", SIDE, True)
    assert (served.task, served.size, served.parameters) == ("sketch", SIDE, shipped.parameters)
    expected = shipped.paint(conditions, hints)
    assert expected.shape == conditions.shape
    assert (expected != shipped.paint(conditions)).any()
    # both round to 8 bits, from float32 that another graph adds up in another order
    assert np.abs(served.paint(conditions, hints).astype(int) - expected).max() <= 1

    generator, card = load_generator(weights)
    hint_map = ops.convert_to_tensor(draw_hints(hints, SIDE, channels=4))
    result = predict(generator, card.config(), conditions, conditions, hint_map)
    assert np.abs(result.astype(int) - expected).max() <= 1


def test_a_run_of_rgb_is_its_own_picture(pix2pix: Run, group: Group) -> None:
    batch = next(group.fewer(2).batches())
    candidate = open_candidate("a", str(pix2pix.path))
    generator, _ = restored(pix2pix)
    expected = predict(generator, pix2pix.config, batch.targets, batch.conditions)
    assert not candidate.takes_hints
    assert np.abs(candidate.paint(batch.conditions).astype(int) - expected).max() <= 1  # 8-bit rounding
    answer = candidate.answer(batch.conditions)
    grey = candidate.show(batch.conditions, answer, saturation=0.0)
    assert np.ptp(grey.astype(int), axis=-1).max() <= 1  # 8-bit rounding


def test_saturation_leaves_lines_and_lightness(group: Group, oracle: FlatCandidate) -> None:
    batch = next(group.fewer(2).batches())
    answer = oracle.answer(batch.conditions)
    pale, plain = (oracle.show(batch.conditions, answer, factor) for factor in (0.0, 1.0))
    np.testing.assert_array_equal(plain, oracle.paint(batch.conditions))
    assert np.ptp(pale.astype(int), axis=-1).max() <= 1  # 8-bit rounding
    unit = [to_unit(each.astype(np.float32)) for each in (pale, plain)]
    light, other = (rgb_to_luminance(each) for each in unit)
    # half a step of 8 bits is 0.2 of L* in the mid-tones, 0.004 of luminance, and more near black
    np.testing.assert_allclose(light, other, atol=0.02)


def test_tasks_do_not_mix(pix2pix: Run, tmp_path: Path) -> None:
    photo = make_run(tmp_path / "photo")
    with pytest.raises(
        ValueError, match=r"'a' is a model of task photo, and 'b' of task sketch. Expected models of one"
    ):
        open_candidates([f"a={photo.path}", f"b={pix2pix.path}"])
    with pytest.raises(ValueError, match="'lines only' is there already"):
        open_candidates([f"lines only={pix2pix.path}"])
    with pytest.raises(ValueError, match=f'"{CHANCE}" is there already'):
        open_candidates([f"{CHANCE}={pix2pix.path}"])


def test_the_command_scores_sketches(pix2pix: Run, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = call(f"p2p={pix2pix.path}", "--data", data, "--limit", 3, "--hint-limit", 2, "--out", out)
    assert result.exit_code == 0, result.output
    found = json.loads((out / "quality.json").read_text())
    assert (found["protocol"]["task"], found["protocol"]["layout"], found["protocol"]["one_in"]) == (
        "sketch",
        "pairs",
        20,
    )
    (group,) = found["groups"].values()
    assert list(group["scores"]) == [SKETCH.baseline.name, "p2p", TRUTH, CHANCE]
    assert group["scores"][TRUTH]["borders_on_lines"] == 1
    page = (out / "quality.md").read_text()
    assert "| borders on lines |" in page
    assert "named right" not in page
    with Image.open(out / "sheet.png") as sheet:
        assert sheet.size[0] == 3 * 256
        drawing = np.asarray(sheet)[-256:, :256].astype(int)
    assert np.ptp(drawing, axis=-1).max() == 0
    refused = call(f"p2p={pix2pix.path}", "--data", data, "--large", data, "--out", out)
    assert "--large and --labelled take photographs, and what is scored are models of task sketch" in str(
        refused.exception
    )


def test_all_of_unseen_data_is_scored_by_pens_where_it_has_no_drawings(tmp_path: Path) -> None:
    """By a run that held out others, which is no matter then."""
    run = make_run(tmp_path / "run", task="sketch", colour_space="rgb", validation=3)
    folder = tmp_path / "data"
    folder.mkdir()
    for number in range(3):
        illustration = draw_pair(number).crop((SIDE, 0, 2 * SIDE, SIDE))
        illustration.save(folder / f"new_{number}.png")
    arguments = (f"a={run.path}", "--data", folder, "--layout", "colour", "--hint-limit", 1, "--out", tmp_path / "out")
    assert "'a' held out one picture in 3 and may have trained" in str(call(*arguments).exception)
    result = call(*arguments, "--unseen")
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "out" / "quality.json").read_text())
    assert (found["protocol"]["layout"], found["protocol"]["one_in"]) == ("colour", 1)
    assert found["groups"][UNSEEN]["pictures"] == 3
    assert found["groups"][UNSEEN]["scores"][SKETCH.baseline.name]["psnr"] > 0


@pytest.mark.parametrize("side", ["left", "right"])
def test_either_half_may_be_the_coloured_one(tmp_path: Path, side: str) -> None:
    draw_pair(0).save(tmp_path / "a.png")
    group = find_groups(tmp_path, replace(SKETCH.config, target_side=side), unseen=True)[UNSEEN]
    batch = next(group.batches())
    coloured = [np.ptp(each.astype(int), axis=-1).max() > 10 for each in (batch.conditions, batch.targets)]
    assert coloured == [side == "left", side == "right"]
