"""What a version must show before it gets traffic, against a real server that holds good and bad ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from serving.colouring.task import TASKS
from serving.errors import OptionError
from serving.rollout.checks import CARD, WARM_UP, Checks
from serving.rollout.golden import PICTURES, golden_pictures
from serving.rollout.machine import Answer
from serving.rollout.servers import Servers
from serving.rollout.state import Bounds
from tests.serving.rollout.loopback import until
from tests.serving.rollout.small_models import write_small

BOUNDS = Bounds(latency=3)
BAD = {
    3: ({"colour": (2.0, 2.0)}, "which is grey beside the stable version"),
    4: ({"dims": 40.0}, "is darker: L* "),
    8: ({"colour": (45.0, 50.0)}, "which is garish beside the stable version"),
    9: ({"colour": (-25.0, -30.0)}, "the golden set has other colours: "),
    5: ({"seconds": 0.5}, "a golden picture takes "),
    6: ({"leave_out": "chroma"}, "it has no signature chroma: it is not of task photo"),
    7: ({"leave_out": "serving_default"}, "it has no signature serving_default, which the stable version has"),
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("versions") / "photo"
    base.mkdir()
    write_small(base / "1")
    write_small(base / "2", (30.0, 28.0))
    for version, (options, _) in BAD.items():
        write_small(base / f"{version}", **options)
    return base


@pytest.fixture(scope="module")
def servers(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """One that has loaded all of them."""
    from google.protobuf import text_format
    from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

    from serving.model_server.server import serve
    from serving.model_server.settings import Settings

    config = text_format.Parse(
        f'model_config_list {{ config {{ name: "photo" base_path: "{base}" model_platform: "tensorflow" '
        "model_version_policy { all {} } } }",
        ModelServerConfig(),
    )
    server = serve(Settings(host="127.0.0.1", port=0, models=config))
    servers = Servers(f"grpc://127.0.0.1:{server.grpc_port}", "photo")
    until(lambda: servers.look()[0].in_memory() == {1, 2, *BAD} and servers.look()[0].available(1), "not all loaded")
    yield servers
    servers.close()
    server.stop(1)


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A golden set of one picture, for the sake of time."""
    folder = tmp_path_factory.mktemp("golden")
    shutil.copy(PICTURES / "photo/windswept-totara-tree.jpg", folder)
    return folder


def test_a_good_one_passes(servers: Servers, base: Path) -> None:
    assert Checks(servers, base).judge(2, 1, BOUNDS).answer is Answer.YES


@pytest.mark.parametrize("version", BAD)
def test_a_bad_one_is_refused_with_the_reason(servers: Servers, base: Path, picture: Path, version: int) -> None:
    seen = Checks(servers, base, picture).judge(version, 1, BOUNDS)
    assert seen.answer is Answer.NO
    assert BAD[version][1] in seen.why


def change_card(**values: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        card = json.loads((folder / CARD).read_text())
        (folder / CARD).write_text(json.dumps({**card, **values}))

    return change


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda folder: (folder / CARD).unlink(), "its model card cannot be read"),
        (lambda folder: (folder / CARD).write_text("{"), "its model card cannot be read"),
        (lambda folder: (folder / CARD).write_text("[]"), "its model card cannot be read"),
        (change_card(task="sketch"), "its model card says task 'sketch'; its signatures say 'photo'"),
        (change_card(size=128), "its model card says size 128; its signatures say 256"),
        (lambda folder: (folder / WARM_UP).unlink(), "it has no warm-up requests"),
        (shutil.rmtree, "cannot be seen from here"),
    ],
    ids=["no card", "half a card", "a list", "another task", "another size", "no warm-up", "no folder"],
)
def test_a_card_that_is_wrong(
    servers: Servers, base: Path, picture: Path, tmp_path: Path, change: Callable[[Path], None], why: str
) -> None:
    shutil.copytree(base / "2", tmp_path / "2")
    change(tmp_path / "2")
    seen = Checks(servers, tmp_path, picture).judge(2, 1, BOUNDS)
    assert seen.answer is Answer.NO
    assert why in seen.why


def test_without_a_card(servers: Servers, picture: Path) -> None:
    assert Checks(servers, None, picture).judge(2, 1, BOUNDS).answer is Answer.YES


def test_a_picture_that_is_none(servers: Servers, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="holds no pictures"):
        golden_pictures("photo", tmp_path)
    (tmp_path / "a.png").write_bytes(b"x")
    seen = Checks(servers, None, tmp_path).judge(2, 1, BOUNDS)
    assert seen.answer is Answer.NO
    assert "it does not colour the golden set" in seen.why


@pytest.mark.parametrize("task", TASKS)
def test_there_is_a_golden_set_for_each_task(task: str) -> None:
    assert golden_pictures(task)
    assert all((PICTURES / task / name).stat().st_size < 50_000 for name in golden_pictures(task))
