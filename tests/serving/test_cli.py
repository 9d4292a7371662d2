"""The `handtint` command as people run it: files, messages and exit statuses of a real process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pyora import Project

from serving.client import Colouriser
from tests.serving import rich_pictures as rich
from tests.serving.sample_pictures import ALPHA, BAD, GOOD, GREY, HEIGHT, WIDTH, as_pillow_reads

Result = subprocess.CompletedProcess[str]
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`handtint colourise ARGUMENTS`, or another subcommand, in an empty folder."""
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}

    def run(*arguments: str | Path, subcommand: str = "colourise", stdout: int = subprocess.PIPE) -> Result:
        command = [sys.executable, "-m", "serving.cli", subcommand, *map(str, arguments)]
        result = subprocess.run(
            command, cwd=tmp_path, env=environment, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=120
        )
        assert "Traceback" not in result.stderr
        return result

    return run


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.jpg"
    path.write_bytes(GOOD["grey.jpg"])
    return path


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.mark.parametrize("door", ["in process", "grpc", "http"])
def test_good_and_bad_pictures_in_one_run(
    run: Run, tmp_path: Path, door: str, model_dir: Path, model_server: dict[str, str], in_process: Colouriser
) -> None:
    # JSON takes a second a picture, and a model behind REST sees the same small maps whatever the format
    good = ["grey.jpg", "rgba.png"] if door == "http" else GOOD
    names = {f"{name.replace('.', '_')}.bin": GOOD[name] for name in good}
    broken = {f"{name.replace('.', '_')}.jpg": data for name, (data, *_) in BAD.items()}
    for name, data in {**names, **broken}.items():
        (tmp_path / name).write_bytes(data)
    where = ["--model-dir", model_dir] if door == "in process" else ["--server", model_server[door]]
    result = run(*names, *broken, "-o", "out", *where)
    assert result.returncode == 1
    for name, data in names.items():
        expected = in_process.colourise(data)
        written = pixels(tmp_path / f"out/{Path(name).stem}-colour.png")
        np.testing.assert_array_equal(written[..., :3], as_pillow_reads(expected.rgb))
        if expected.alpha is not None:
            np.testing.assert_array_equal(written[..., 3], ALPHA)
    assert len(list((tmp_path / "out").iterdir())) == len(names)
    assert len(result.stdout.splitlines()) == len(names)
    errors = [line for line in result.stderr.splitlines() if "Only the first" not in line]
    assert [line.split(": ")[:2] for line in errors] == [["handtint", name] for name in broken]


def test_one_picture_into_a_file(run: Run, tmp_path: Path, old: Path, model_server: dict[str, str]) -> None:
    result = run("old.jpg", "-o", "new.jpg", "--server", model_server["grpc"], "--quality", "80")
    assert (result.returncode, result.stderr) == (0, "")
    assert re.fullmatch(rf"\[1/1\] new\.jpg  {WIDTH}x{HEIGHT}  \d+\.\d s\n", result.stdout)
    with Image.open(tmp_path / "new.jpg") as image:
        assert (image.format, image.size) == ("JPEG", (WIDTH, HEIGHT))


def test_several_into_a_folder_tell_how_long_it_takes(
    run: Run, tmp_path: Path, old: Path, model_server: dict[str, str]
) -> None:
    (tmp_path / "second.png").write_bytes(GOOD["rgba.png"])
    result = run("old.jpg", "second.png", "-o", "new", "--format", "jpeg", "--server", model_server["grpc"])
    assert result.returncode == 0
    assert re.match(r"\[1/2\] new/old-colour\.jpg  90x60  \d+\.\d s, \d+ s left\n\[2/2\] new/second-", result.stdout)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["old-colour.jpg", "second-colour.jpg"]


def test_hints_and_saturation(run: Run, tmp_path: Path, old: Path, model_server: dict[str, str]) -> None:
    hints = {"hints": [{"x": 0.25, "y": 0.5, "colour": "#d02020"}]}
    (tmp_path / "hints.json").write_text(json.dumps(hints))
    server = ["--server", model_server["grpc"]]
    assert run("old.jpg", "-o", "red.png", "--hints", "hints.json", *server).returncode == 0
    assert run("old.jpg", "-o", "grey.png", "--saturation", "0", *server).returncode == 0
    red = pixels(tmp_path / "red.png")[HEIGHT // 2, WIDTH // 4].astype(int)
    assert red[0] - red[1:].max() > 80
    assert np.ptp(pixels(tmp_path / "grey.png").astype(int), axis=-1).max() <= 1


def test_nothing_is_overwritten_unasked(run: Run, tmp_path: Path, old: Path, model_server: dict[str, str]) -> None:
    server = ["--server", model_server["grpc"]]
    (tmp_path / "new.png").write_bytes(b"precious")
    result = run("old.jpg", "-o", "new.png", *server)
    assert result.returncode == 1
    assert result.stderr == (
        "handtint: old.jpg: new.png is there already. Move it away, or add --force to overwrite it.\n"
    )
    assert (tmp_path / "new.png").read_bytes() == b"precious"
    assert run("old.jpg", "-o", "new.png", "--force", *server).returncode == 0
    assert pixels(tmp_path / "new.png").shape == (HEIGHT, WIDTH, 3)
    result = run("old.jpg", "-o", "old.jpg", "--force", *server)
    assert result.returncode == 1
    assert result.stderr == "handtint: old.jpg is one of the pictures to colourise. Let -o name another place.\n"
    assert old.read_bytes() == GOOD["grey.jpg"]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["none.jpg", "-o", "new.png"], 1, "handtint: none.jpg: The file cannot be read: No such file or directory."),
        (["old.jpg", "-o", "new.gif"], 1, "handtint: The output new.gif does not fit 1 picture(s)"),
        (["old.jpg", "-o", "new.png", "--format", "jpeg"], 1, "handtint: The output new.png does not fit"),
        (["old.jpg", "x.jpg", "-o", "new.png"], 1, "handtint: The output new.png does not fit 2 picture(s)"),
        (["old.jpg", "a/old.png", "-o", "new"], 1, "handtint: Two of the pictures would become new/old-colour.png."),
        (["old.jpg", "-o", "n.png", "--hints", "no.json"], 1, "handtint: no.json cannot be read: No such file"),
        (["old.jpg", "-o", "n.png", "--hints", "old.jpg"], 1, "handtint: The hints are not JSON. Write hints as"),
        (["old.jpg", "-o", "n.png", "--seed", "1"], 1, "handtint: --seed 1 chooses among alternatives, but there are"),
        (["old.jpg", "-o", "n.png", "--confidence", "n.png"], 1, "handtint: Two of the pictures would become n.png."),
        (
            ["old.jpg", "-o", "n.png", "--confidence", "n.gif"],
            1,
            "handtint: The output n.gif does not fit 1 picture(s)",
        ),
        (
            ["old.jpg", "x.jpg", "-o", "new", "--confidence", "m.png"],
            1,
            "output m.png does not fit 2 picture(s)",
        ),
        (
            ["old.jpg", "-o", "n.png", "--palette", "red"],
            1,
            "handtint: A palette's colours must look like #b03a2e; rec",
        ),
        (["old.jpg", "-o", "n.png", "--palette", ""], 1, "handtint: A palette's colours must look like #b03a2e; rec"),
        (["old.jpg", "-o", "n.jpg", "--flat"], 1, "handtint: --flat leaves the paper transparent: expected PNG, which"),
        (["old.jpg", "-o", "n", "--flat", "--format", "jpeg"], 1, "which keeps that; received jpeg. Let -o end in"),
        (["old.jpg", "-o", "n.ora", "--flat"], 1, "handtint: An .ora file has the flat colours as a layer already."),
        (["old.jpg", "-o", "n.ora", "--alternatives", "2"], 1, "handtint: An .ora file holds one colouring; received"),
        (["old.jpg", "-o", "n.png", "--flat", "--alternatives", "2"], 1, "handtint: --flat holds one colouring;"),
        (["old.jpg", "-o", "n.png", "--flat"], 1, "handtint: old.jpg: Only drawings have layers; expected one, rec"),
        (["old.jpg", "-o", "n.png", "--confidence", "n.ora"], 1, "handtint: The output n.ora does not fit 1 picture"),
        (["old.jpg", "-o", "n.png", "--alternatives", "0"], 2, "handtint: Invalid value for '--alternatives'"),
        (["old.jpg", "-o", "old.jpg/n.png"], 1, "handtint: old.jpg: old.jpg/n.png cannot be written: "),
        (["old.jpg"], 2, "handtint: Missing option '-o'"),
        (["-o", "new"], 2, "handtint: Missing argument 'IN...'"),
        (["old.jpg", "-o", "new.png", "--saturation", "4"], 2, "handtint: Invalid value for '--saturation'"),
        (["old.jpg", "-o", "new.png", "--saturaton", "1"], 2, "Did you mean"),
    ],
)
def test_mistakes_are_one_line(
    run: Run, old: Path, model_server: dict[str, str], arguments: list[str], status: int, message: str
) -> None:
    result = run(*arguments, "--server", model_server["grpc"])
    assert result.returncode == status
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("server", ["grpc://127.0.0.1:1", "http://127.0.0.1:1"])
def test_no_server_ends_the_run_with_one_line(run: Run, old: Path, server: str) -> None:
    result = run("old.jpg", "-o", "new.png", "--server", server)
    assert result.returncode == 1
    assert re.fullmatch(
        rf"handtint: No answer from a model server at {server}: .*\. "
        r"Start one with handtint-model-server, or correct the address\.\n",
        result.stderr,
    )


def test_no_model_in_process(run: Run, tmp_path: Path, old: Path) -> None:
    result = run("old.jpg", "-o", "new.png", "--model-dir", tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith(f"handtint: {tmp_path} holds no exported model; expected version folders")
    assert "python -m export saved-model" in result.stderr


def test_alternatives_are_numbered_differ_and_follow_the_seed(
    run: Run, tmp_path: Path, old: Path, model_server: dict[str, str], in_process: Colouriser
) -> None:
    server = ["--server", model_server["grpc"]]
    result = run("old.jpg", "-o", "new.png", "--alternatives", "3", "--seed", "7", *server)
    assert (result.returncode, result.stderr) == (0, "")
    assert re.fullmatch(r"\[1/1\] new-1\.png to new-3\.png  90x60  \d+\.\d s\n", result.stdout)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new-1.png", "new-2.png", "new-3.png", "old.jpg"]
    for number, expected in enumerate(in_process.alternatives(old, 3, seed=7), start=1):
        np.testing.assert_array_equal(pixels(tmp_path / f"new-{number}.png"), expected.rgb)
    assert (pixels(tmp_path / "new-1.png") != pixels(tmp_path / "new-2.png")).any()


def test_several_pictures_with_alternatives_and_maps(
    run: Run, tmp_path: Path, old: Path, model_server: dict[str, str], in_process: Colouriser
) -> None:
    (tmp_path / "two.png").write_bytes(GOOD["rgba.png"])
    options = ["--alternatives", "2", "--confidence", "sure", "--server", model_server["grpc"]]
    result = run("old.jpg", "two.png", "-o", "new", *options)
    assert (result.returncode, result.stderr) == (0, "")
    names = ["old-colour-1.png", "old-colour-2.png", "two-colour-1.png", "two-colour-2.png"]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == names
    assert sorted(path.name for path in (tmp_path / "sure").iterdir()) == ["old-confidence.png", "two-confidence.png"]
    drawn = pixels(tmp_path / "sure/old-confidence.png").astype(int)
    assert drawn.shape == (HEIGHT, WIDTH, 3)
    left, right = drawn[HEIGHT // 2, WIDTH // 4], drawn[HEIGHT // 2, 3 * WIDTH // 4]  # torn, and sure
    assert left.argmax() == 2
    assert right.argmin() == 2
    assert right.sum() > 2 * left.sum()


def test_a_map_beside_one_picture(run: Run, tmp_path: Path, old: Path, model_server: dict[str, str]) -> None:
    options = ["--confidence", "sure.jpg", "--server", model_server["grpc"]]
    assert run("old.jpg", "-o", "new.png", *options).returncode == 0
    with Image.open(tmp_path / "sure.jpg") as image:
        assert (image.format, image.size) == ("JPEG", (WIDTH, HEIGHT))
    assert (tmp_path / "new.png").exists()
    result = run("old.jpg", "-o", "other.png", *options)
    assert result.stderr.startswith("handtint: old.jpg: sure.jpg is there already.")
    assert not (tmp_path / "other.png").exists()


def test_fewer_alternatives_than_asked_for_are_told(run: Run, tmp_path: Path, model_server: dict[str, str]) -> None:
    """On black no colour can be seen: there is nothing to choose."""
    Image.new("L", (90, 60), 0).save(tmp_path / "black.png")
    result = run("black.png", "-o", "new", "--alternatives", "2", "--server", model_server["grpc"])
    assert result.returncode == 1
    assert result.stderr.startswith("handtint: black.png: The model finds only one believable colour at each place")
    assert result.stderr.count("\n") == 1


def test_flat_colours_and_layers_of_drawings(
    run: Run, tmp_path: Path, drawing: Path, sketch_dir: Path, sketcher: Colouriser
) -> None:
    model = ["--task", "sketch", "--model-dir", sketch_dir]
    (tmp_path / "second.png").write_bytes(drawing.read_bytes())
    assert run(drawing, "-o", "flat.png", "--flat", *model).returncode == 0
    assert run(drawing, "second.png", "-o", "flat", "--flat", *model).returncode == 0
    result = run(drawing, "second.png", "-o", "layers", "--format", "ora", *model)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("[1/2] layers/drawing-colour.ora  300x200  ")
    layers = sketcher.layers(drawing)
    for name in ("flat.png", "flat/drawing-flat.png", "flat/second-flat.png"):
        np.testing.assert_array_equal(pixels(tmp_path / name), layers.colours)
    for name in ("drawing", "second"):
        project = Project.load(str(tmp_path / f"layers/{name}-colour.ora"))
        np.testing.assert_array_equal(np.asarray(project["lines"].get_image_data()), layers.lines)
        np.testing.assert_array_equal(np.asarray(project["colours"].get_image_data()), layers.colours)


def test_a_palette_in_any_order(
    run: Run, tmp_path: Path, drawing: Path, sketch_dir: Path, sketcher: Colouriser
) -> None:
    model = ["--task", "sketch", "--model-dir", sketch_dir]
    assert run(drawing, "-o", "one.png", "--palette", "#264653, #E9C46A", *model).returncode == 0
    assert run(drawing, "-o", "two.ora", "--palette", "#e9c46a,#264653", *model).returncode == 0
    expected = sketcher.colourise(drawing, palette=["#264653", "#e9c46a"]).rgb
    np.testing.assert_array_equal(pixels(tmp_path / "one.png"), expected)
    merged = Project.extract_composite(str(tmp_path / "two.ora"))
    np.testing.assert_array_equal(np.asarray(Image.open(BytesIO(merged))), expected)
    result = run(drawing, "-o", "new", "--palette", "#264653", "--alternatives", "2", *model)
    assert result.returncode == 1
    assert "The model finds one layout of the palette in it, so there are no alternatives." in result.stderr


@pytest.mark.parametrize(
    ("subcommand", "arguments"),
    [
        ("colourise", ["-o", "new.png", "--alternatives", "2"]),
        ("colourise", ["-o", "new.png", "--confidence", "sure.png"]),
        ("suggest", ["--at", "0.5,0.5"]),
    ],
)
@pytest.mark.parametrize("scheme", ["grpc", "http"])
def test_a_server_whose_model_has_no_colours(
    run: Run, tmp_path: Path, old: Path, old_server: dict[str, str], scheme: str, subcommand: str, arguments: list[str]
) -> None:
    result = run("old.jpg", *arguments, "--server", old_server[scheme], subcommand=subcommand)
    assert result.returncode == 1
    assert result.stderr == (
        f'handtint: Model "photo" at {old_server[scheme]} has no `colours` signature. Serve a model that handtint '
        "exported and that has `colours`: python -m export saved-model --weights photo --out REPO/photo\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["old.jpg"]


def test_suggest_prints_colours_and_shares(
    run: Run, old: Path, model_server: dict[str, str], in_process: Colouriser
) -> None:
    where = ["old.jpg", "--at", "0.25,0.5", "--server", model_server["grpc"]]
    first, second = (suggestion.colour for suggestion in in_process.suggest(old, 0.25, 0.5))
    result = run(*where, subcommand="suggest")
    assert (result.returncode, result.stderr, result.stdout) == (0, "", f"{first}  62%\n{second}  38%\n")
    assert run(*where, "--count", "1", subcommand="suggest").stdout == f"{first}  62%\n"
    assert json.loads(run(*where, "--json", subcommand="suggest").stdout) == {
        "x": 0.25,
        "y": 0.5,
        "colours": [{"colour": first, "share": 0.625}, {"colour": second, "share": 0.375}],
    }


def test_suggest_shows_the_colour_on_a_terminal(run: Run, old: Path, model_server: dict[str, str]) -> None:
    ours, theirs = os.openpty()
    try:
        run("old.jpg", "--at", "0.25,0.5", "--server", model_server["grpc"], subcommand="suggest", stdout=theirs)
        lines = os.read(ours, 10_000).decode().splitlines()
    finally:
        os.close(ours)
        os.close(theirs)
    assert len(lines) == 2
    for line in lines:
        red, green, blue = bytes.fromhex(line[1:7])
        assert f"\x1b[48;2;{red};{green};{blue}m" in line


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["old.jpg", "--at", "0.4"], 2, "expected two numbers from 0 to 1, such as 0.4,0.6"),
        (["old.jpg", "--at", "0.4,1.5"], 2, "received '0.4,1.5'"),
        (["old.jpg", "--at", "nan,0"], 2, "received 'nan,0'"),
        (["old.jpg", "--at", "left,top"], 2, "handtint: Invalid value for '--at': expected two numbers"),
        (["old.jpg"], 2, "handtint: Missing option '--at'"),
        (["old.jpg", "--at", "0,0", "--count", "0"], 2, "handtint: Invalid value for '--count'"),
        (["none.jpg", "--at", "0,0"], 1, "handtint: The file cannot be read: No such file"),
        (["old.jpg", "--at", "0,0", "--hints", "old.jpg"], 1, "handtint: The hints are not JSON."),
    ],
)
def test_mistakes_of_suggest_are_one_line(
    run: Run, old: Path, model_server: dict[str, str], arguments: list[str], status: int, message: str
) -> None:
    result = run(*arguments, "--server", model_server["grpc"], subcommand="suggest")
    assert result.returncode == status
    assert message in result.stderr
    assert (result.stdout, result.stderr.count("\n")) == ("", 1)


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "tif"])
def test_metadata_is_kept_or_left_out(run: Run, tmp_path: Path, ending: str, model_dir: Path) -> None:
    (tmp_path / "rich.jpg").write_bytes(rich.rich("jpeg", Image.fromarray(rich.stored(GREY)), rich.grey_profile()))
    for name, flags in (("kept", []), ("bare", ["--no-metadata"])):
        result = run("rich.jpg", "-o", f"{name}.{ending}", "--model-dir", model_dir, *flags)
        assert (result.returncode, result.stderr) == (0, "")
    kept, bare = ((tmp_path / f"{name}.{ending}").read_bytes() for name in ("kept", "bare"))
    assert rich.CAMERA.encode() in kept
    assert b"Attic" in kept
    assert rich.CAMERA.encode() not in bare
    assert b"Attic" not in bare
    assert pixels(tmp_path / f"bare.{ending}").shape == (HEIGHT, WIDTH, 3)
