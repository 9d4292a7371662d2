"""The client through its three doors to one model, and what it says when a door stays shut."""

from __future__ import annotations

import itertools
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageColor

from serving.client import Colouriser, Hint
from serving.doors.local_model import load_local_model
from serving.doors.model import check_colours
from serving.errors import (
    ModelNotFound,
    OptionError,
    PictureError,
    PictureTooLarge,
    ServerError,
    ServerTimeout,
    ServerUnavailable,
    SignatureNotFound,
    UnreadablePicture,
)
from serving.pictures import eight_bit, read_picture
from tests.serving.sample_pictures import ALPHA, BAD, GOOD, HEIGHT, WIDTH
from trainer.colour import from_pixels, rgb_to_lightness


def lightness_of(rgb: np.ndarray) -> np.ndarray:
    return rgb_to_lightness(from_pixels(rgb))


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Somebody accepts connections there and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


# JSON takes a second a picture, and a model behind REST sees the same small maps whatever the format.
FAST = ["in process", "grpc"]
EVERYWHERE = ["grey.jpg", "rgba.png", "pixel.png"]


@pytest.mark.parametrize(
    ("colouriser", "name"),
    [*itertools.product(FAST, GOOD), *itertools.product(["http"], EVERYWHERE)],
    indirect=["colouriser"],
)
def test_every_good_picture_is_coloured_at_its_size(colouriser: Colouriser, in_process: Colouriser, name: str) -> None:
    original, coloured = read_picture(GOOD[name]), colouriser.colourise(GOOD[name])
    assert coloured.rgb.shape == original.rgb.shape == ((1, 1, 3) if name == "pixel.png" else (HEIGHT, WIDTH, 3))
    assert np.abs(lightness_of(coloured.rgb) - lightness_of(original.rgb)).mean() < 0.3
    assert np.ptp(eight_bit(coloured.rgb), axis=-1).max() > 20
    assert coloured.notes == original.notes
    # every door gives the same colours
    np.testing.assert_array_equal(coloured.rgb, in_process.colourise(GOOD[name]).rgb)


def test_alpha_stays(colouriser: Colouriser) -> None:
    np.testing.assert_array_equal(colouriser.colourise(GOOD["rgba.png"]).alpha, ALPHA)


@pytest.mark.parametrize("name", list(BAD))
def test_every_bad_picture_is_a_clear_error(colouriser: Colouriser, name: str) -> None:
    data, code, _ = BAD[name]
    with pytest.raises(PictureError) as caught:
        colouriser.colourise(data)
    assert caught.value.code == code


def test_hints_and_saturation_reach_the_model(colouriser: Colouriser, in_process: Colouriser) -> None:
    plain = in_process.colourise(GOOD["grey.png"]).rgb.astype(int)
    hinted = colouriser.colourise(GOOD["grey.png"], hints=[Hint(0.25, 0.5, "#d02020")]).rgb.astype(int)
    red = hinted[HEIGHT // 2, WIDTH // 4]
    assert red[0] - red[1:].max() > 80
    far = np.s_[:, WIDTH // 2 :]
    np.testing.assert_array_equal(hinted[far], plain[far])
    grey = colouriser.colourise(GOOD["grey.png"], saturation=0).rgb.astype(int)
    assert np.ptp(grey, axis=-1).max() <= 1


def test_paths_and_bytes_are_the_same(in_process: Colouriser, tmp_path: Path) -> None:
    path = tmp_path / "old.jpg"
    path.write_bytes(GOOD["grey.jpg"])
    expected = in_process.colourise(GOOD["grey.jpg"]).rgb
    np.testing.assert_array_equal(in_process.colourise(path).rgb, expected)
    np.testing.assert_array_equal(in_process.colourise(str(path)).rgb, expected)
    with pytest.raises(UnreadablePicture):
        in_process.colourise(tmp_path / "none.jpg")


@pytest.mark.parametrize("colouriser", FAST, indirect=True)
def test_threads_share_one(colouriser: Colouriser, in_process: Colouriser) -> None:
    expected = in_process.colourise(GOOD["rgb.png"]).rgb
    with ThreadPoolExecutor(4) as pool:
        for coloured in pool.map(colouriser.colourise, [GOOD["rgb.png"]] * 8):
            np.testing.assert_array_equal(coloured.rgb, expected)


def test_a_named_model_is_of_one_task(in_process: Colouriser, sketcher: Colouriser, drawing: Path) -> None:
    np.testing.assert_array_equal(sketcher.colourise(drawing, task="auto").rgb, sketcher.colourise(drawing).rgb)
    np.testing.assert_array_equal(in_process.colourise(drawing, task="photo").rgb, in_process.colourise(drawing).rgb)
    for colouriser, own, other in ((in_process, "photo", "sketch"), (sketcher, "sketch", "photo")):
        for call in (colouriser.colourise, colouriser.alternatives, colouriser.layers, colouriser.confidence):
            with pytest.raises(OptionError, match=f"named is of task {own}; received task '{other}'. Leave the task"):
                call(drawing, task=other)
            with pytest.raises(OptionError, match="Expected task photo, sketch or auto; received 'draw'"):
                call(drawing, task="draw")


def test_each_picture_may_be_of_a_task_of_its_own(
    models: Path, sketch_dir: Path, in_process: Colouriser, sketcher: Colouriser, drawing: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    where = {"photo": models / "photo", "sketch": sketch_dir}
    monkeypatch.setattr("serving.doors.door.load_local_model", lambda name, _: load_local_model(name, where[name]))
    for own, task, expected in (
        ("photo", "sketch", sketcher),
        ("photo", "auto", sketcher),
        ("sketch", "photo", in_process),
        ("auto", "photo", in_process),
        ("auto", None, sketcher),
    ):
        coloured = Colouriser(task=own).colourise(drawing, task=task)
        np.testing.assert_array_equal(coloured.rgb, expected.colourise(drawing).rgb)


@pytest.mark.parametrize("scheme", ["grpc", "http"])
def test_a_task_without_a_model_is_told_and_forgotten(
    scheme: str, model_server: dict[str, str], in_process: Colouriser, drawing: Path
) -> None:
    with Colouriser(model_server[scheme]) as colouriser:
        with pytest.raises(ModelNotFound, match='has no model "sketch"'):
            colouriser.colourise(drawing, task="sketch")
        colouriser.check()
        # what looks like a drawing is coloured as a photograph where there is no better model
        np.testing.assert_array_equal(colouriser.colourise(drawing).rgb, in_process.colourise(drawing).rgb)


def test_transparent_drawings_lie_on_white_paper(sketcher: Colouriser, drawing: Path, tmp_path: Path) -> None:
    """As painting programs save lines: black everywhere, and transparent but for them."""
    with Image.open(drawing) as image:
        lines = Image.new("RGBA", image.size)
        lines.putalpha(ImageChops.invert(image))
        lines.save(tmp_path / "lines.png")
    coloured = sketcher.colourise(tmp_path / "lines.png")
    assert coloured.alpha is None
    np.testing.assert_array_equal(coloured.rgb, sketcher.colourise(drawing).rgb)


@pytest.mark.parametrize("saturation", [-0.1, 3.1, float("nan"), float("inf")])
def test_saturation_has_its_range(in_process: Colouriser, saturation: float) -> None:
    with pytest.raises(OptionError, match="saturation must be from 0 to 3"):
        in_process.colourise(GOOD["rgb.png"], saturation=saturation)


def test_suggestions_come_through_every_door(colouriser: Colouriser) -> None:
    """The model believes what `CENTRES` and `LEFT` say; hints and sizes make no difference to it."""
    left = colouriser.suggest(GOOD["grey.png"], 0.25, 0.5)
    assert [suggestion.share for suggestion in left] == [0.625, 0.375]
    orange, blue = (ImageColor.getrgb(suggestion.colour) for suggestion in left)
    assert orange[0] > orange[1] > orange[2]
    assert blue[0] < blue[1] < blue[2]
    assert [suggestion.share for suggestion in colouriser.suggest(GOOD["grey.png"], 0.75, 0.5)] == [1]
    assert colouriser.suggest(GOOD["grey.png"], 0.25, 0.5, count=1, hints=[Hint(0, 0, "#ffffff")]) == left[:1]
    with pytest.raises(OptionError, match="A spot's x must be a number from 0 to 1; received 3"):
        colouriser.suggest(GOOD["grey.png"], 3, 0)


def test_confidence_comes_through_every_door(colouriser: Colouriser) -> None:
    sure = colouriser.confidence(GOOD["grey.png"])
    assert sure.shape == (32, 32)
    assert (sure[:, :16] == 0).all()  # torn between two: their mean is neither
    assert (sure[:, 16:] == 1).all()


def test_alternatives_come_through_every_door(colouriser: Colouriser, in_process: Colouriser) -> None:
    count = 3
    plain = in_process.colourise(GOOD["rgba.png"]).rgb.astype(int)
    coloured = list(colouriser.alternatives(GOOD["rgba.png"], count, seed=5))
    assert len(coloured) == count
    for picture, expected in zip(coloured, in_process.alternatives(GOOD["rgba.png"], count, seed=5), strict=True):
        assert picture.rgb.shape == (HEIGHT, WIDTH, 3)
        np.testing.assert_array_equal(picture.rgb, expected.rgb)
        np.testing.assert_array_equal(picture.alpha, ALPHA)
        np.testing.assert_allclose(lightness_of(picture.rgb), lightness_of(expected.rgb), atol=0.5)
    for one, other in itertools.combinations([plain, *(picture.rgb.astype(int) for picture in coloured)], 2):
        assert np.abs(one - other).max() > 20


def test_alternatives_keep_the_callers_hints(in_process: Colouriser) -> None:
    hints = [Hint(0.75, 0.5, "#d02020")]
    for picture in in_process.alternatives(GOOD["grey.png"], 2, hints=hints):
        red = picture.rgb[HEIGHT // 2, 3 * WIDTH // 4].astype(int)
        assert red[0] - red[1:].max() > 80


@pytest.mark.parametrize(("count", "seed"), [(0, 0), (21, 0), (4, -1)])
def test_alternatives_have_their_range(in_process: Colouriser, count: int, seed: int) -> None:
    with pytest.raises(OptionError, match=f"Expected 1 to 20 alternatives .* received {count} and {seed}"):
        in_process.alternatives(GOOD["grey.png"], count, seed)


@pytest.mark.parametrize("door", ["in process", "grpc", "http"])
def test_a_model_without_colours_says_what_to_do(door: str, models: Path, old_server: dict[str, str]) -> None:
    where = {"target": None, "model_dir": models / "old"} if door == "in process" else {"target": old_server[door]}
    with Colouriser(**where) as colouriser:
        assert colouriser.colourise(GOOD["grey.png"]).height == HEIGHT
        for call in (
            lambda: colouriser.suggest(GOOD["grey.png"], 0.5, 0.5),
            lambda: colouriser.confidence(GOOD["grey.png"]),
            lambda: colouriser.alternatives(GOOD["grey.png"]),
            lambda: colouriser.colourise(GOOD["grey.png"], palette=["#264653"]),
        ):
            with pytest.raises(SignatureNotFound, match="has no `colours` signature") as caught:
                call()
            assert "python -m export saved-model" in caught.value.fix


@pytest.mark.parametrize(
    ("probabilities", "centres"),
    [
        (np.zeros((1, 32, 32, 4)), np.zeros((5, 2))),
        (np.zeros((1, 16, 16, 4)), np.zeros((4, 2))),
        (np.zeros((2, 32, 32, 4)), np.zeros((4, 2))),
        (np.zeros((1, 32, 32, 0)), np.zeros((0, 2))),
        (np.zeros(()), np.zeros(())),
        (np.full((1, 32, 32, 4), np.nan), np.zeros((4, 2))),
        (np.full((1, 32, 32, 4), np.inf), np.zeros((4, 2))),
        (np.full((1, 32, 32, 4), -0.25), np.zeros((4, 2))),
        (np.full((1, 32, 32, 4), 0.25), np.full((4, 2), np.nan)),
    ],
)
def test_answers_of_another_form_are_refused(probabilities: np.ndarray, centres: np.ndarray) -> None:
    with pytest.raises(ServerError, match=r"in shapes \[1, 32, 32, Q\] and \[Q, 2\]"):
        check_colours(probabilities, centres, 1)


def test_check_says_that_the_model_answers(colouriser: Colouriser) -> None:
    colouriser.check()


@pytest.mark.parametrize(
    "target",
    ["photo", "127.0.0.1:8500", "grpc://127.0.0.1", "grpc://:8500/x", "ftp://a:1", "http://[::1", "grpc:// a:1"],
)
def test_addresses_are_checked(target: str) -> None:
    with pytest.raises(OptionError, match="must look like grpc://HOST:PORT or http://HOST:PORT; received"):
        Colouriser(target)


@pytest.mark.parametrize("scheme", ["grpc", "http"])
def test_nobody_there(scheme: str, closed_port: int) -> None:
    with Colouriser(f"{scheme}://127.0.0.1:{closed_port}") as colouriser:
        for call in (lambda: colouriser.colourise(GOOD["rgb.png"]), colouriser.check):
            with pytest.raises(ServerUnavailable, match=f"No answer from a model server at {scheme}://127.0.0.1"):
                call()


@pytest.mark.parametrize("scheme", ["grpc", "http"])
def test_no_answer_in_time(scheme: str, silent_port: int) -> None:
    with Colouriser(f"{scheme}://127.0.0.1:{silent_port}", timeout=0.5) as colouriser:
        for call in (lambda: colouriser.colourise(GOOD["rgb.png"]), lambda: colouriser.check(0.5)):
            with pytest.raises(ServerTimeout, match=r"0\.5 s"):
                call()


def test_a_client_asks_at_once_where_another_has_just_failed(saved_model: Path) -> None:
    from serving.model_server.server import start

    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"grpc://127.0.0.1:{listener.getsockname()[1]}"
    with Colouriser(address) as early, Colouriser(address) as late:
        with pytest.raises(ServerUnavailable):
            early.check()
        server = start(saved_model.parent, "photo", port=int(address.rpartition(":")[2]))
        try:
            late.check()
        finally:
            server.stop(1)


@pytest.mark.parametrize("scheme", ["grpc", "http"])
def test_no_such_model(scheme: str, model_server: dict[str, str]) -> None:
    with Colouriser(model_server[scheme], model="sketch") as colouriser:
        for call in (lambda: colouriser.colourise(GOOD["rgb.png"]), colouriser.check):
            with pytest.raises(ModelNotFound, match='has no model "sketch"'):
                call()


@pytest.mark.parametrize("scheme", ["grpc", "http"])
def test_a_model_of_another_kind(scheme: str, tmp_path: Path) -> None:
    import tensorflow as tf

    from serving.model_server.server import start

    module = tf.Module()
    module.double = tf.function(lambda x: {"y": 2 * x}, input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    tf.saved_model.save(module, str(tmp_path / "photo/1"), signatures={"double": module.double})
    server = start(tmp_path / "photo", "photo", rest_api_port=0)
    port = server.grpc_port if scheme == "grpc" else server.rest_port
    try:
        with (
            Colouriser(f"{scheme}://127.0.0.1:{port}") as colouriser,
            pytest.raises(ServerError, match="chroma") as caught,
        ):
            colouriser.colourise(GOOD["rgb.png"])
        assert caught.value.fix.startswith("Serve a model that handtint exported")
    finally:
        server.stop(1)
    with pytest.raises(ModelNotFound, match="neither a `chroma` nor a `flats` signature"):
        Colouriser(None, model_dir=tmp_path / "photo")


def test_a_web_server_that_is_no_model_server() -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(5)
                connection.recv(10_000)
                connection.sendall(page)

        thread = threading.Thread(target=answer)
        thread.start()
        with (
            Colouriser(f"http://127.0.0.1:{listener.getsockname()[1]}") as colouriser,
            pytest.raises(ServerError, match="not JSON"),
        ):
            colouriser.check()
        thread.join(5)


def test_the_newest_version_is_used_in_process(
    model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = tmp_path / "photo"
    base.mkdir()
    (base / "10").symlink_to(model_dir / "1")
    (base / "9").mkdir()
    (base / "9/saved_model.pb").write_bytes(b"damaged")
    (base / "new").mkdir()
    (base / "new/saved_model.pb").write_bytes(b"not a version")
    expected = Colouriser(None, model_dir=model_dir / "1").colourise(GOOD["rgb.png"]).rgb
    np.testing.assert_array_equal(Colouriser(None, model_dir=base).colourise(GOOD["rgb.png"]).rgb, expected)
    monkeypatch.setenv("HANDTINT_MODEL", str(base))
    np.testing.assert_array_equal(Colouriser().colourise(GOOD["rgb.png"]).rgb, expected)
    with pytest.raises(ModelNotFound, match="is damaged, or has neither"):
        Colouriser(None, model_dir=base / "9")
    with pytest.raises(ModelNotFound, match="holds no exported model"):
        Colouriser(None, model_dir=tmp_path)


def test_the_pixel_limit_is_the_callers(model_dir: Path) -> None:
    with pytest.raises(PictureTooLarge, match=r"at most 0\.005 megapixels"):
        Colouriser(None, model_dir=model_dir, max_pixels=5000).colourise(GOOD["rgb.png"])


def test_without_tensorflow_the_error_says_what_to_install(model_dir: Path) -> None:
    # None there makes Python's own import fail as if the package were missing
    code = (
        "import sys; sys.modules['tensorflow'] = None\n"
        "from serving.client import Colouriser, OptionError\n"
        f"try: Colouriser(None, model_dir={str(model_dir)!r})\n"
        "except OptionError as error: print(error)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "pip install 'handtint[serve]'" in printed
