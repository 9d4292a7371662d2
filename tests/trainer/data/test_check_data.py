"""What check-data finds: faults, grey, copies and where they lie, and the exit codes that scripts go by."""

from __future__ import annotations

import io
import json
import tarfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from trainer.commands.check_data import command
from trainer.config import Config
from trainer.data.check_data import Report, check, is_grey, look
from trainer.data.contact_sheet import contact_sheet
from trainer.data.near_copies import copy_groups, fingerprint
from trainer.data.sources import find_examples

HELD_OUT = [name for name in (f"p{number}.jpg" for number in range(400)) if zlib.crc32(name.encode()) % 20 == 0]
TRAINED = [name for name in (f"p{number}.jpg" for number in range(400)) if zlib.crc32(name.encode()) % 20]


def draw_patches(seed: int, width: int = 160, height: int = 140) -> Image.Image:
    """Soft colours at random: no two are alike, and making one smaller or saving it again changes little."""
    random = np.random.default_rng(seed)
    return Image.fromarray(random.integers(0, 256, (6, 7, 3), np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve sound pictures, two of them held out."""
    root = tmp_path / "data"
    root.mkdir()
    for seed, name in enumerate([*TRAINED[:10], *HELD_OUT[:2]]):
        draw_patches(seed).save(root / name, quality=95)
    return root


def checked(root: Path, **settings: object) -> Report:
    config = Config(**settings)  # type: ignore[arg-type]
    return check(find_examples(root, config), config, root)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_sound_data_has_nothing_wrong(folder: Path) -> None:
    report = checked(folder)
    assert (report.pictures, report.training, report.held_out) == (12, 10, 2)
    assert report.short_sides == (140, 140, 140)
    assert report.containers == {"data": 12}
    assert report.exit_code == 0
    assert report.obstacles == report.remarks == []


def test_pictures_are_counted_by_folder_and_shard(folder: Path) -> None:
    (folder / "more").mkdir()
    draw_patches(20).save(folder / "more" / "one.png")
    with tarfile.open(folder / "shard-000000.tar", "w") as shard:
        for number in range(3):
            buffer = io.BytesIO()
            draw_patches(30 + number).save(buffer, "JPEG")
            info = tarfile.TarInfo(f"packed_{number}.jpg")
            info.size = len(buffer.getvalue())
            shard.addfile(info, io.BytesIO(buffer.getvalue()))
    assert checked(folder).containers == {"data": 12, "more": 1, "shard-000000.tar": 3}
    assert checked(folder / "shard-000000.tar").containers == {"shard-000000.tar": 3}


def test_cifar_batches_are_looked_at(tmp_path: Path) -> None:
    records = np.random.default_rng(0).integers(0, 256, (40, 3073), np.uint8)
    (tmp_path / "data_batch_1.bin").write_bytes(records.tobytes())
    report = checked(tmp_path, size=32)
    assert report.containers == {"data_batch_1.bin": 40}
    assert report.short_sides == (32, 32, 32)
    assert not report.small


def test_unreadable_pictures_are_named_with_the_reason(folder: Path) -> None:
    (folder / "bad.jpg").write_bytes(b"\xff\xd8\xff nonsense")
    whole = (folder / TRAINED[0]).read_bytes()
    (folder / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    report = checked(folder)
    assert list(report.unreadable) == ["bad.jpg", "cut.jpg"]
    assert "can't be read" in report.unreadable["cut.jpg"]
    assert (report.training + report.held_out, report.exit_code) == (12, 1)


def test_grey_and_sepia_are_told_from_colour(folder: Path) -> None:
    grey = draw_patches(40).convert("L")
    grey.save(folder / "grey.jpg")
    Image.merge(
        "RGB",
        [grey.point(lambda v: 90 + v * 0.1), grey.point(lambda v: 70 + v * 0.1), grey.point(lambda v: 40 + v * 0.1)],
    ).save(folder / "tint.png")
    report = checked(folder)
    assert report.grey == ["grey.jpg", "tint.png"]
    assert report.exit_code == 1


@pytest.mark.parametrize(
    ("ab", "photograph", "drawing"),
    [
        (np.full((100, 2), 2.0), True, True),  # chroma 2.8: grey
        (np.full((100, 2), 20.0), True, False),  # one strong tint: a drawing may well be red on red
        (np.concatenate([np.zeros((85, 2)), np.full((15, 2), 12.0)]), True, False),  # mean 2.5, but 15% are coloured
        (np.concatenate([np.zeros((95, 2)), np.full((5, 2), 80.0)]), False, True),  # mean 5.7, of a speck
    ],
)
def test_the_rules_for_grey(ab: np.ndarray, photograph: bool, drawing: bool) -> None:
    assert is_grey(ab) is photograph
    assert is_grey(ab, drawn=True) is drawing


def test_copies_are_found_within_and_across_the_splits(folder: Path) -> None:
    copied = Image.open(folder / TRAINED[0])
    copied.resize((120, 105)).save(folder / HELD_OUT[2], quality=70)  # smaller, and saved worse
    (folder / TRAINED[11]).write_bytes((folder / TRAINED[1]).read_bytes())
    (folder / HELD_OUT[3]).write_bytes((folder / HELD_OUT[0]).read_bytes())
    report = checked(folder, size=96)
    assert report.copies_across == {HELD_OUT[2]: TRAINED[0]}
    assert report.copies_training == {max(TRAINED[1], TRAINED[11]): min(TRAINED[1], TRAINED[11])}
    assert report.copies_held_out == {max(HELD_OUT[0], HELD_OUT[3]): min(HELD_OUT[0], HELD_OUT[3])}
    assert report.exit_code == 1


def test_copies_on_one_side_alone_are_no_reason_to_worry(folder: Path) -> None:
    (folder / TRAINED[11]).write_bytes((folder / TRAINED[1]).read_bytes())
    report = checked(folder)
    assert len(report.copies_training) == 1
    assert report.exit_code == 0


@pytest.mark.parametrize(("differing_bits", "alike", "copies"), [(4, True, True), (5, True, False), (0, False, False)])
def test_copies_agree_in_both_hash_and_thumbnail(differing_bits: int, alike: bool, copies: bool) -> None:
    one, other = np.random.default_rng(0).integers(0, 256, (2, 32, 32), np.uint8)
    groups = copy_groups(np.array([0, 2**differing_bits - 1], np.uint64), np.stack([one, one // 2 if alike else other]))
    assert bool(groups[0] == groups[1]) is copies


def test_copies_are_found_across_blocks_and_equal_flat_ones_are_one_group() -> None:
    pictures = [draw_patches(seed, 64, 64) for seed in range(300)]
    pictures += [pictures[3].resize((50, 50)), *[Image.new("RGB", (64, 64), "white")] * 3]
    hashes, thumbnails = zip(*(fingerprint(picture) for picture in pictures), strict=True)
    groups = copy_groups(np.array(hashes), np.stack(thumbnails))
    assert groups[3] == groups[300]
    assert len(set(groups[301:].tolist())) == 1
    assert len(set(groups.tolist())) == 301


def test_small_ones_are_measured_at_full_size(folder: Path) -> None:
    draw_patches(50, 1200, 900).save(folder / "large.jpg")  # decoded at an eighth
    draw_patches(51, 300, 100).save(folder / "small.jpg")
    report = checked(folder)
    assert report.short_sides == (100, 140, 900)
    assert report.small == ["small.jpg"]
    assert report.exit_code == 1


def test_far_too_small_pictures_are_no_data(folder: Path) -> None:
    report = checked(folder, size=1024)
    assert report.tiny == 12
    assert report.exit_code == 2
    assert any("far too small" in reason for reason in report.obstacles)


def test_pairs_of_the_wrong_side_or_layout_are_not_usable(tmp_path: Path) -> None:
    for seed, name in enumerate([*TRAINED[:6], HELD_OUT[0]]):
        pair = Image.new("RGB", (320, 140))
        pair.paste(draw_patches(seed).convert("L"), (0, 0))
        pair.paste(draw_patches(seed), (160, 0))
        pair.save(tmp_path / name)
    assert checked(tmp_path, layout="pairs", target_side="right").exit_code == 0
    assert "target_side" in checked(tmp_path, layout="pairs", target_side="left").obstacles[0]
    draw_patches(9, 141, 140).save(tmp_path / "odd.png")
    report = checked(tmp_path, layout="pairs", target_side="right")
    assert list(report.wrong_layout) == ["odd.png"]
    assert (report.unreadable, report.exit_code) == ({}, 1)


def test_pairs_given_as_pictures_are_pointed_out(tmp_path: Path) -> None:
    for seed, name in enumerate([*TRAINED[:6], HELD_OUT[0]]):
        draw_patches(seed, 256, 128).save(tmp_path / name)
    report = checked(tmp_path)
    assert any("layout=pairs" in remark for remark in report.remarks)
    assert report.exit_code == 1


def test_twins_of_another_shape_are_named(folder: Path) -> None:
    for side in ("colour", "grey"):
        (folder / side).mkdir()
        for seed, name in enumerate(TRAINED[:3]):
            draw_patches(seed).save(folder / side / name)
    draw_patches(0, 140, 160).save(folder / "grey" / TRAINED[0])
    report = checked(folder, layout="twins", validation=2)
    assert list(report.wrong_layout) == [find_examples(folder, Config(layout="twins"))[0].name]
    assert "differ in shape" in next(iter(report.wrong_layout.values()))


def test_nothing_held_out_is_not_usable(tmp_path: Path) -> None:
    draw_patches(0).save(tmp_path / TRAINED[0])
    draw_patches(1).save(tmp_path / TRAINED[1])
    report = checked(tmp_path)
    assert report.exit_code == 2
    assert "no picture is held out" in report.obstacles[0]


def test_a_picture_that_crashes_its_decoder_is_only_unreadable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(data: object) -> Image.Image:
        raise Image.DecompressionBombError("too many pixels")

    example = find_examples(folder, Config())[0]
    monkeypatch.setattr(Image, "open", explode)
    assert "too many pixels" in look(example).fault
    assert not look(example).misplaced


def test_the_command_reports_and_ends_with_the_code(folder: Path, tmp_path: Path) -> None:
    (folder / "bad.jpg").write_bytes(b"nonsense")
    result = run(folder, "--json", tmp_path / "out" / "found.json", "--sheet", tmp_path / "out" / "sheet.png")
    assert result.exit_code == 1
    assert "13 pictures: 10 to train on, 2 held out (one in 20)" in result.output
    assert "Short side 140 to 140 pixels, median 140" in result.output
    assert "1  unreadable 7.7%" in result.output
    assert "grey or one tint (mean chroma below 4, spread below 2.5)" in result.output
    assert "Usable; worth a look:" in result.output
    assert f"Contact sheet: {tmp_path / 'out' / 'sheet.png'}" in result.output
    found = json.loads((tmp_path / "out" / "found.json").read_text())
    assert (found["pictures"], list(found["unreadable"])) == (13, ["bad.jpg"])
    with Image.open(tmp_path / "out" / "sheet.png") as sheet:
        assert sheet.width == 12 * 116 + 4  # squares of 112 with a gap of 4


def test_drawings_go_by_a_rule_of_their_own(folder: Path) -> None:
    drawing = Image.new("RGB", (140, 140), "white")
    drawing.paste("red", (0, 0, 140, 28))  # a fifth of it
    drawing.save(folder / "drawing.png")
    settings = ("layout=colour", "redrawn=0", "size=128")
    result = run(folder, "--preset", "sketch", *(word for setting in settings for word in ("--set", setting)))
    assert result.exit_code == 0
    assert "0  nearly without colour (under 10% of it with a chroma above 8)" in result.output


def test_the_command_writes_nothing_unasked(folder: Path) -> None:
    before = sorted(folder.parent.rglob("*"))
    result = run(folder)
    assert result.exit_code == 0
    assert "Nothing wrong." in result.output
    assert "--sheet sheet.png" in result.output
    assert sorted(folder.parent.rglob("*")) == before


def test_mistakes_end_in_one_line_and_code_2(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for arguments, message in (
        ((tmp_path / "nowhere",), "No data at"),
        ((tmp_path / "empty",), "No picture under"),
        ((folder, "--set", "layuot=pairs"), "Did you mean 'layout'?"),
        ((folder, "--sheet", "sheet.txt"), "sheet.txt ends in neither .png nor .jpg"),
    ):
        result = run(*arguments)
        assert result.exit_code == 2
        assert message in result.output
        assert "Traceback" not in result.output


def test_the_sheet_shows_pictures_where_it_says(folder: Path) -> None:
    for name, colour in (("a.png", (200, 30, 30)), ("z.png", (30, 30, 200))):
        Image.new("RGB", (140, 140), colour).save(folder / name)
    config = Config()
    examples = find_examples(folder, config)
    sheet = contact_sheet(examples, check(examples, config, folder))
    assert sheet.getpixel((4 + 56, 28 + 56)) == (200, 30, 30)  # the first cell's middle
    second_row = 28 + 112 + 16 + 4
    assert sheet.getpixel((4 + 116 + 56, second_row + 56)) == (30, 30, 200)  # 14 pictures: two in the second row
    findings = second_row + 112 + 16 + 4 + 28
    assert sheet.getpixel((4, findings)) == (255, 140, 0)  # grey or one tint: framed in dark orange
    assert sheet.getpixel((4 + 56, findings + 56)) == (200, 30, 30)


def test_conditions_stand_to_the_right_on_the_sheet(tmp_path: Path) -> None:
    for name in [*TRAINED[:3], HELD_OUT[0]]:
        pair = Image.new("RGB", (280, 140), (30, 30, 30))
        pair.paste((200, 30, 30), (140, 0, 280, 140))
        pair.save(tmp_path / f"{name}.png")
    config = Config(layout="pairs", target_side="right")
    examples = find_examples(tmp_path, config)
    sheet = contact_sheet(examples, check(examples, config, tmp_path))
    assert sheet.width == 8 * (2 * 112 + 4) + 4
    assert sheet.getpixel((4 + 56, 28 + 56)) == (200, 30, 30)
    assert sheet.getpixel((4 + 112 + 56, 28 + 56)) == (30, 30, 30)
