"""A model server and a gateway before it, both the commands themselves, and clients of both."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import tensorflow as tf

from tests.faults.models import save_photo
from tests.faults.processes import Process
from tests.serving.contract.server import Server, model_spec, predict_request
from tests.serving.model_server.saved_models import save_scale, save_zoo
from tests.serving.sample_pictures import GOOD

KEY = "the-key-of-the-tests-of-faults"
PICTURE = GOOD["grey.jpg"]
MODEL_SERVER = "serving.model_server.main"
GATEWAY = "serving.gateway.main"
LISTEN = ("--host=127.0.0.1", "--port=free", "--rest_api_port=free")

StartGateway = Callable[..., "Gateway"]


class ModelServer(Process):
    """The model server's command and clients of both its doors."""

    def __init__(self, *flags: str, log: Path):
        super().__init__(MODEL_SERVER, *flags, log=log)
        self.doors = Server(self.addresses[0].removeprefix("grpc://"), self.addresses[1], None)

    def __exit__(self, *arguments: object) -> None:
        if self.addresses:
            self.doors.close()
        super().__exit__(*arguments)

    def scale(self, version: int | None = None) -> float:
        """What the model `scale` makes of 1: its factor, which says which version answers."""
        outputs = self.doors.outputs(predict_request(model_spec("scale", version=version), x=tf.constant([1.0])))
        return float(outputs["y"][0]) - 2


class Gateway(Process):
    """The gateway's command, with a key, metrics and a client that has the key."""

    def __init__(self, server: str, *flags: str, log: Path):
        everybody = ("--port=0", "--metrics-port=0", "--rate=none")
        keys = {"HANDTINT_GATEWAY_API_KEYS": KEY}
        super().__init__(GATEWAY, f"--server={server}", *everybody, *flags, log=log, lines=2, environment=keys)
        self.client = httpx.Client(base_url=self.addresses[0], headers={"x-api-key": KEY}, timeout=120)

    def __exit__(self, *arguments: object) -> None:
        if self.addresses:
            self.client.close()
        super().__exit__(*arguments)

    @property
    def port(self) -> int:
        return httpx.URL(self.addresses[0]).port or 0

    def colourise(self, data: bytes = PICTURE, **options: str) -> httpx.Response:
        return self.client.post("/v1/colourise", content=data, params=options)

    def serves(self) -> None:
        """A picture gets its colours."""
        answer = self.colourise()
        assert answer.status_code == 200, answer.text

    @property
    def works(self) -> bool:
        """Whether it works on a picture."""
        return "handtint_gateway_pictures_in_work 0.0" not in self._metrics()

    def rejections(self, reason: str) -> float:
        """How many problems with this code it has counted."""
        found = re.search(rf'handtint_gateway_rejections_total\{{reason="{reason}"\}} (\S+)', self._metrics())
        return float(found[1]) if found else 0.0

    def _metrics(self) -> str:
        return httpx.get(f"{self.addresses[1]}/metrics", timeout=60).text


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base path of a model for photographs."""
    base = tmp_path_factory.mktemp("photo")
    save_photo(base / "1")
    return base


@pytest.fixture(scope="session")
def scales(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Version folders to copy from: version n multiplies by n."""
    shelf = tmp_path_factory.mktemp("scales")
    return {n: save_scale(shelf / str(n), float(n)) for n in (1, 2)}


@pytest.fixture(scope="session")
def model_server(photo: Path, scales: dict[int, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """One with the models photo, nan, zoo and scale, that counts."""
    folder = tmp_path_factory.mktemp("model_server")
    save_zoo(folder / "zoo" / "1")
    save_photo(folder / "nan" / "1", ab=(math.nan, 0.0))
    bases = {"photo": photo, "nan": folder / "nan", "zoo": folder / "zoo", "scale": scales[1].parent}
    configs = [
        f'config {{ name: "{name}" base_path: "{base}" model_platform: "tensorflow" }}' for name, base in bases.items()
    ]
    (folder / "models.config").write_text(f"model_config_list {{ {' '.join(configs)} }}")
    (folder / "monitoring.config").write_text("prometheus_config { enable: true }")
    flags = [f"--model_config_file={folder}/models.config", f"--monitoring_config_file={folder}/monitoring.config"]
    with ModelServer(*LISTEN, *flags, log=folder / "log") as server:
        yield server


@pytest.fixture(scope="session")
def gateway(model_server: ModelServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One before that model server."""
    log = tmp_path_factory.mktemp("gateway") / "log"
    flags = ["--threads=2", "--waiting=4", "--allow-model=nan=photo"]
    with Gateway(model_server.addresses[0], *flags, log=log) as gateway:
        yield gateway


@pytest.fixture
def start_gateway(tmp_path: Path) -> Iterator[StartGateway]:
    """Starts gateways that end with the test."""
    running: list[Gateway] = []

    def start(server: str, *flags: str) -> Gateway:
        running.append(Gateway(server, *flags, log=tmp_path / f"gateway-{len(running)}"))
        return running[-1]

    yield start
    for gateway in running:
        gateway.__exit__()


@pytest.fixture
def start_model_server(tmp_path: Path) -> Iterator[Callable[..., ModelServer]]:
    """Starts model servers that end with the test."""
    running: list[ModelServer] = []

    def start(*flags: str) -> ModelServer:
        running.append(ModelServer(*flags, log=tmp_path / f"model-server-{len(running)}"))
        return running[-1]

    yield start
    for server in running:
        server.__exit__()
