"""Models beside each other: what an oracle, a grey and a copier of hints score, and what is written of it all."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from matplotlib.figure import Figure
from PIL import Image

from export.main import cli
from export.quality.candidates import TRUTH
from export.quality.clicking import psnr_by_clicks, worst_place
from export.quality.hinting import COUNTS, psnr_by_hints, random_hints
from export.quality.labels import named_by_label
from export.quality.naming import gap_closed
from export.quality.opening import open_candidate, open_candidates
from export.quality.page import label_table, score_table
from export.quality.photo import PHOTO, PhotoCandidate
from export.quality.pictures import HELD_OUT, Group, find_groups
from export.quality.report import FILES
from export.quality.saturating import FACTORS, by_saturation
from export.quality.scores import score_all
from export.quality.sheet import CAPTION
from export.quality.sizes import size_differences
from tests.conftest import SAMPLES, draw_scene
from tests.trainer.reports.test_evaluate import make_run
from trainer.colour import CHROMA_UNIT, rgb_to_ab, rgb_to_luminance, to_unit
from trainer.config import Config
from trainer.data.sources import find_examples
from trainer.hints import PATCH, draw_hints
from trainer.reports import evaluate

# TensorFlow 2.19's variables don't know NumPy 2's copy argument yet; Keras meets that when it saves weights
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

SIDE = 48
ANYWHERE = np.ones((SIDE, SIDE), bool)
GREY = PHOTO.baseline
LEFT_OUT = 3  # pictures of a source whose names begin with owls_


def names_of(held_out: bool, count: int) -> list[str]:
    names = (f"scene_{number}.png" for number in range(999))
    return [name for name in names if (zlib.crc32(name.encode()) % 20 == 0) == held_out][:count]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "scenes"
    folder.mkdir()
    others = [f"owls_{number}.png" for number in range(LEFT_OUT)]
    for number, name in enumerate([*names_of(True, 18), *names_of(False, 5), *others]):
        draw_scene(64, 56, number).save(folder / name)
    return folder


@pytest.fixture(scope="module")
def group(data: Path) -> Group:
    return replace(find_groups(data, Config())[HELD_OUT], size=SIDE)


@pytest.fixture(scope="module")
def truths(group: Group) -> np.ndarray:
    return np.concatenate([batch.targets for batch in group.batches()])


@pytest.fixture(scope="module")
def oracle(truths: np.ndarray) -> PhotoCandidate:
    """Knows every scene by its luminance."""
    unit = to_unit(truths.astype(np.float32))
    known, colours = rgb_to_luminance(unit), rgb_to_ab(unit)

    def colour(luminance: np.ndarray, hints: np.ndarray) -> np.ndarray:
        return np.stack([colours[np.abs(known - one).mean(axis=(1, 2, 3)).argmin()] for one in luminance])

    return PhotoCandidate("oracle", SIDE, colour)


@pytest.fixture(scope="module")
def scores(oracle: PhotoCandidate, group: Group) -> dict[str, dict]:
    pictures, found = score_all(PHOTO, [oracle], group)
    assert pictures == 18  # more than one batch
    return found


def copy_hints(luminance: np.ndarray, hints: np.ndarray) -> np.ndarray:
    return hints[..., :2]


def labelled(folder: Path) -> Group:
    return Group(find_examples(folder, Config()), Config())


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["quality", *map(str, arguments)])


def test_an_oracle_scores_as_the_truth(scores: dict[str, dict]) -> None:
    assert list(scores) == [GREY.name, "oracle", TRUTH]
    # equal pictures count as 100 dB; Lab and back may round one value in a picture the other way
    assert scores["oracle"]["psnr"] > 80
    assert scores["oracle"]["ssim"] == pytest.approx(1, abs=1e-4)  # the last decimal that is kept
    assert scores["oracle"]["named_right"] == scores[TRUTH]["named_right"] == 1
    assert scores["oracle"]["gap_closed"] == scores[TRUTH]["gap_closed"] == 1
    assert scores["oracle"]["colourfulness"] == scores[TRUTH]["colourfulness"] > 10
    assert scores[TRUTH]["frechet"] == 0


def test_grey_closes_no_gap(scores: dict[str, dict]) -> None:
    grey = scores[GREY.name]
    assert (grey["gap_closed"], grey["colourfulness"]) == (0, 0)
    assert grey["named_right"] < 1
    assert grey["psnr"] < scores["oracle"]["psnr"]
    assert grey["frechet"] > scores["oracle"]["frechet"]
    table = score_table(scores, {"oracle": 1234567}, PHOTO.columns).splitlines()
    assert [cell.strip() for cell in table[2].split("|")[1:3]] == [GREY.name, ""]
    assert "| 1,234,567 " in table[3]
    assert [cell.strip() for cell in table[-1].split("|")[-3:-1]] == ["100.0%", "100%"]


def test_a_run_scores_as_evaluate_scores_it(tmp_path: Path, group: Group) -> None:
    run = make_run(tmp_path / "run")
    candidate = open_candidate("new", str(run.path))
    assert not candidate.takes_hints
    _, scores = score_all(PHOTO, [candidate], group)
    generator, _ = evaluate.restored(run)
    assert candidate.parameters == generator.count_params()
    expected = evaluate.score(generator, run.config, group.examples, SIDE)
    for name in ("psnr", "ssim", "colourfulness", "colourfulness_difference", "cast_a", "frechet"):
        # a unit of the last decimal that is kept, for a pixel that rounds the other way in another program
        unit = 10 ** -evaluate._DECIMALS[name.split("_")[0]]
        assert scores["new"][name] == pytest.approx(expected[name], abs=1.01 * unit), name
    assert scores[GREY.name]["psnr"] == expected["psnr_grey"]


def test_all_kinds_of_artifacts_give_the_same_colours(saved_model: Path) -> None:
    random = np.random.default_rng(0)
    luminance = random.uniform(-1, 1, (2, 300, 280, 1)).astype(np.float32)
    hints = random.uniform(0, 1, (2, 3, 5)).astype(np.float32)
    shipped, *others = [open_candidate("a", str(place)) for place in ("photo", saved_model, saved_model.parent)]
    expected = shipped.ask(luminance, hints)
    assert expected.shape == (2, shipped.size, shipped.size, 2)
    for other in others:
        assert (other.size, other.parameters, other.takes_hints) == (shipped.size, shipped.parameters, True)
        # coefficients and back cost some bits of float32: a hundredth of a Lab unit
        np.testing.assert_allclose(other.ask(luminance, hints), expected, atol=0.01 / CHROMA_UNIT)


def test_a_model_of_rgb_is_scored_by_its_chroma(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", colour_space="rgb")
    luminance = np.zeros((1, 32, 32, 1), np.float32)
    generator, _ = evaluate.restored(run)
    rgb = np.asarray(generator.predict_on_batch({"luminance": luminance})["rgb"])
    found = open_candidate("new", str(run.path)).ask(luminance)
    np.testing.assert_allclose(found, rgb_to_ab((rgb + 1) / 2), atol=1e-6)  # float32


def test_hints_are_nested_and_the_same_each_time() -> None:
    picture = np.asarray(draw_scene(SIDE, SIDE, 1))
    hints = random_hints("owl.jpg", picture, ANYWHERE)
    assert hints.shape == (50, 5)
    assert hints.dtype == np.float32
    np.testing.assert_array_equal(random_hints("owl.jpg", picture, ANYWHERE), hints)
    for count in COUNTS:
        np.testing.assert_array_equal(random_hints("owl.jpg", picture, ANYWHERE, count), hints[:count])
    assert (random_hints("elk.jpg", picture, ANYWHERE)[:, :2] != hints[:, :2]).all()
    places = random_hints("owl.jpg", picture, ANYWHERE, 4000)[:, :2]
    # even over the picture: a fourth each, to four standard deviations of a count of 4,000
    quarters = np.histogram2d(*places.T, bins=2, range=[[0, 1], [0, 1]])[0]
    assert np.abs(quarters - 1000).max() < 4 * np.sqrt(4000 * 0.25 * 0.75)


def test_a_hint_is_the_mean_colour_of_what_it_covers() -> None:
    picture = np.asarray(draw_scene(SIDE, SIDE, 1))
    for hint in random_hints("owl.jpg", picture, ANYWHERE):
        covered = draw_hints(hint[None, None], SIDE)[0, ..., 2] == 1
        assert 0 < covered.sum() <= PATCH**2
        # float32 means in another order
        np.testing.assert_allclose(hint[2:], to_unit(picture[covered].astype(float)).mean(axis=0), atol=1e-6)


def test_whoever_copies_hints_gains_with_each(group: Group, oracle: PhotoCandidate) -> None:
    copier = PhotoCandidate("copier", SIDE, copy_hints, takes_hints=True)
    pictures, psnr = psnr_by_hints(PHOTO, [copier, oracle], group)
    assert pictures == len(group.examples)
    assert list(psnr["copier"]) == list(COUNTS)
    assert psnr["copier"][0] == psnr[GREY.name][0]
    gains = np.diff(list(psnr["copier"].values()))
    assert (gains > 0).all()
    assert psnr["copier"][50] > psnr["copier"][0] + 1  # 50 squares of 25 pixels cover a good part of 48 x 48
    assert list(psnr[GREY.name]) == list(psnr["oracle"]) == [0]


def test_clicks_go_where_it_is_most_wrong_and_help_more_than_random_hints(group: Group, oracle: PhotoCandidate) -> None:
    copier = PhotoCandidate("copier", SIDE, copy_hints, takes_hints=True)
    psnr = psnr_by_clicks(PHOTO, [copier, oracle], group)
    assert list(psnr) == ["copier"]  # the oracle takes no hints
    assert list(psnr["copier"]) == [0, 1, 2, 3, 4, 5]
    assert (np.diff(list(psnr["copier"].values())) > 0).all()
    _, random = psnr_by_hints(PHOTO, [copier], group)
    assert psnr["copier"][0] == random["copier"][0]
    assert psnr["copier"][5] > random["copier"][5]


def test_the_worst_place_is_the_middle_of_what_is_wrong_and_free() -> None:
    picture = np.full((64, 64, 3), 200, np.uint8)
    result = picture.copy()
    result[8:24, 8:24] = 0  # a large mistake
    result[40, 40] = 0  # a worse one of one pixel only
    assert worst_place(result, picture, np.ones((64, 64), bool)) == pytest.approx((15.5, 15.5), abs=1)
    elsewhere = np.ones((64, 64), bool)
    elsewhere[:32, :32] = False
    assert worst_place(result, picture, elsewhere) == (40, 40)
    assert worst_place(result, picture, np.zeros((64, 64), bool)) is None


def test_pictures_are_named_by_their_folders(tmp_path: Path) -> None:
    image = Image.open(SAMPLES / "citrus-fruits.jpg").convert("L")
    for label in (950, 951, 3):  # the judge takes it for an orange or a lemon, also in grey
        (tmp_path / str(label)).mkdir()
        image.save(tmp_path / str(label) / "fruit.png")
    pictures, shares = named_by_label([], labelled(tmp_path))
    assert pictures == 3
    assert shares == {GREY.name: 0.3333, TRUTH: 0.3333}
    assert "| truth    | 33.3%       |            |" in label_table(pictures, shares)
    (tmp_path / "3").rename(tmp_path / "1000")
    with pytest.raises(ValueError, match=r"1000/fruit.png lies in no folder of a class. Expected .* 0 to 999"):
        named_by_label([], labelled(tmp_path))


def test_the_truth_itself_is_the_top_of_the_curve(group: Group, oracle: PhotoCandidate) -> None:
    truth, curves = by_saturation([oracle, GREY], group)
    curve = curves[oracle.name]
    assert list(curve) == list(FACTORS)
    assert curve[1.0][0] == pytest.approx(truth, abs=0.5)  # Lab and back, to 8 bits
    assert max(curve.values(), key=lambda point: point[1]) == curve[1.0]
    assert curve[0.5][0] < curve[0.75][0] < curve[1.0][0]
    assert set(curves[GREY.name].values()) == {(0.0, curves[GREY.name][1.0][1])}


def test_the_gap_is_from_grey_to_the_truth() -> None:
    assert gap_closed(0.5, grey=0.4, truth=0.8) == 0.25
    assert gap_closed(0.3, grey=0.4, truth=0.8) == -0.25
    assert gap_closed(0.4, grey=0.4, truth=0.4) is None


def test_colours_are_compared_between_sizes(tmp_path: Path) -> None:
    draw_scene(700, 530, 0).resize((64, 48)).resize((700, 530)).save(tmp_path / "a.png")  # soft: all sizes show it
    draw_scene(512, 600, 1).save(tmp_path / "b.png")
    draw_scene(511, 900, 2).save(tmp_path / "c.png")
    blind = PhotoCandidate("blind", SIDE, lambda luminance, hints: np.full((*luminance.shape[:3], 2), 0.3))
    tinted = PhotoCandidate("tinted", SIDE, lambda luminance, hints: np.repeat(luminance, 2, axis=-1))
    found = size_differences([blind, tinted], find_examples(tmp_path, Config()))
    assert {size: count for size, (count, _) in found.items()} == {"512": 2, "original": 1}
    assert [away["blind"] for _, away in found.values()] == [0, 0]
    # the smaller copy's rounding to 8 bits: half a step is 0.2 of L*, times 110 / 50, in both a and b: 0.6
    assert 0 < found["original"][1]["tinted"] < 1
    with pytest.raises(ValueError, match=r"None of the 1 large pictures .* sides of 512 pixels or more"):
        size_differences([blind], find_examples(tmp_path / "c.png", Config()))


@pytest.mark.slow
def test_the_command_writes_tables_numbers_and_a_plot(data: Path, tmp_path: Path, drawn: list[Figure]) -> None:
    plain = make_run(tmp_path / "plain").path
    guided = make_run(tmp_path / "guided", generator="lite_unet").path
    large = tmp_path / "large"
    large.mkdir()
    draw_scene(512, 512, 0).save(large / "scene.png")
    out = tmp_path / "out"
    options = ("--data", data, "--also", "owls_", "--large", large, "--limit", 4, "--hint-limit", 2, "--out", out)
    result = call(f"plain={plain}", f"guided={guided}", *options)
    assert result.exit_code == 0, result.output

    found = json.loads((out / "quality.json").read_text())
    assert (found["protocol"]["limit"], found["protocol"]["hint_limit"]) == (4, 2)
    assert (found["protocol"]["data"], found["protocol"]["large"]) == ("scenes", "large")
    assert found["candidates"]["plain"]["takes_hints"] is False
    assert found["candidates"]["guided"]["takes_hints"] is True
    assert str(tmp_path) not in json.dumps(found)
    groups = found["groups"]
    assert [group["pictures"] for group in groups.values()] == [4, LEFT_OUT]
    assert list(groups) == [HELD_OUT, "All pictures of owls_*"]
    for group in groups.values():
        assert list(group["scores"]) == [GREY.name, "plain", "guided", TRUTH]
        assert group["hints"]["pictures"] == 2
        assert list(group["hints"]["psnr"]["guided"]) == [str(count) for count in COUNTS]
        assert list(group["hints"]["psnr"]["plain"]) == ["0"]
        assert {name: list(counts) for name, counts in group["hints"]["clicks"].items()} == {"guided": list("012345")}
        assert list(group["saturation"]["curves"]) == ["plain", "guided"]
    assert list(found["sizes"]) == ["512"]
    assert list(found["sizes"]["512"]["distance"]) == ["plain", "guided"]

    page = (out / "quality.md").read_text()
    assert page in result.output
    assert all(f"## {title}\n" in page for title in groups)
    assert f"{groups[HELD_OUT]['scores']['plain']['psnr']:.2f}" in page
    assert sorted(path.name for path in out.iterdir()) == sorted(FILES)
    written = "quality.md, quality.json, hints.png, saturation.png, sheet.png"
    assert result.stdout.splitlines()[-1] == f"Written to {out}: {written}"
    with Image.open(out / "sheet.png") as sheet:
        assert sheet.size == (
            4 * 256,
            CAPTION + 4 * 256,
        )  # condition, two results and truth of the four that are scored
    with Image.open(out / "hints.png") as picture:
        assert picture.size == (1600, 600)
    assert [axis.get_title(loc="left") for axis in drawn[0].axes] == list(groups)
    lines = {line.get_label(): line for line in drawn[0].axes[0].get_lines()}
    assert list(lines) == [GREY.name, "plain (takes no hints)", "guided"]
    assert set(lines[GREY.name].get_ydata()) == {groups[HELD_OUT]["hints"]["psnr"][GREY.name]["0"]}
    assert list(lines["guided"].get_xdata()) == list(COUNTS)
    curves = {line.get_label(): line.get_xydata().tolist() for line in drawn[1].axes[0].get_lines()}
    assert curves["plain"] == list(groups[HELD_OUT]["saturation"]["curves"]["plain"].values())


@pytest.mark.parametrize(
    ("candidates", "message"),
    [
        (["photo"], "'photo' is not NAME=PATH"),
        (["=photo"], "'=photo' is not NAME=PATH"),
        (["a=photo", "a=photo"], "'a' is there already. Expected another name for each"),
        (["truth=photo"], "'truth' is there already"),
        (["all grey=photo"], "'all grey' is there already"),
    ],
)
def test_names_must_differ(candidates: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        open_candidates(candidates)


def test_what_cannot_be_scored_is_refused(tmp_path: Path, data: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"No model at 'nowhere' to score as 'a'. Expected a run, .* of: .*photo"
    ):
        open_candidate("a", "nowhere")
    other = make_run(tmp_path / "other", validation=3)
    with pytest.raises(ValueError, match="'a' held out one picture in 3 and may have trained on what is scored here"):
        open_candidate("a", str(other.path))
    with pytest.raises(ValueError, match=r"No picture under .* has a name that begins with 'elks_'"):
        find_groups(data, Config(), ("elks_",))
    draw_scene(40, 40, 0).save(tmp_path / names_of(False, 1)[0])
    result = call("a=photo", "--data", tmp_path / names_of(False, 1)[0], "--out", tmp_path / "out")
    assert "is held out (about one in 20 is); add more" in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_unreadable_pictures_are_left_out(tmp_path: Path) -> None:
    good, broken = names_of(True, 2)
    draw_scene(40, 40, 0).save(tmp_path / good)
    (tmp_path / broken).write_bytes(b"no picture")
    group = replace(find_groups(tmp_path, Config())[HELD_OUT], size=SIDE)
    assert [batch.names for batch in group.batches()] == [[good]]
    with pytest.raises(ValueError, match=r"1 of 2 pictures could be read. Expected at least two"):
        score_all(PHOTO, [], group)
    bad = [example for example in group.examples if example.name == broken]
    with pytest.raises(ValueError, match="None of the 1 pictures that were to get hints could be read"):
        psnr_by_hints(PHOTO, [], replace(group, examples=bad))
