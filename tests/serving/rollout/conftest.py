"""A real model server that follows a folder, and a roll-out whose gateways do as the split says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.gateway.split import Split
from serving.model_server.server import ModelServer, serve
from serving.model_server.settings import Settings
from serving.rollout.checks import Checks
from serving.rollout.cluster import ConfigMapStore
from serving.rollout.files import FileStore
from serving.rollout.machine import YES, Seen
from serving.rollout.prometheus import Prometheus
from serving.rollout.rollout import Rollout
from serving.rollout.servers import Servers
from serving.rollout.serving_of import CANARY, CONFIG, SPLIT
from serving.rollout.state import Bounds, Phase, State
from serving.rollout.store import Store
from serving.rollout.watch import Watch
from tests.serving.rollout.cluster import ApiServer, Kubelet, write_kubeconfig
from tests.serving.rollout.loopback import CONFIG as CONFIG_TEXT
from tests.serving.rollout.loopback import until, write_folder
from tests.serving.rollout.small_models import write_small


class ObedientGateways(Watch):
    """What Prometheus would say of gateways that hold the split at once; `verdict` is on the canary."""

    def __init__(self, folder: Path):
        super().__init__(Prometheus("http://127.0.0.1:9"), "photo")
        self._split = folder / SPLIT
        self.verdict = YES

    def held(self, label: str = CANARY) -> tuple[float, float] | None:
        shares = dict(Split.parse(self._split.read_text()).shares)
        return shares[label], shares[label]

    def judge(self, bounds: Bounds, since: float, baseline: float) -> Seen:
        return self.verdict


class Bench:
    """One model server, its folder, and what looks at it."""

    def __init__(self, folder: Path, base: Path, store: Store):
        self.base, self.folder, self.store = base, folder, store
        self.server: ModelServer = self.begin()
        self.target = f"grpc://127.0.0.1:{self.server.grpc_port}"
        self.servers = Servers(self.target, "photo")
        self.watch = ObedientGateways(self.folder)
        self.rollout = Rollout("photo", self.store, self.servers, self.watch, Checks(self.servers, base))

    def begin(self, port: int = 0) -> ModelServer:
        """Starts the server, as a pod's is."""
        self.server = serve(
            Settings(
                host="127.0.0.1",
                port=port,
                model_config_file=self.folder / "models.config",
                model_config_file_poll_wait_seconds=0.1,
                file_system_poll_wait_seconds=0.1,
                allow_version_labels_for_unavailable_models=True,
                max_num_load_retries=0,
            )
        )
        return self.server

    def until(self, *phases: Phase) -> State:
        """Steps until one of these phases has begun."""
        until(lambda: self.rollout.step()[0].phase in phases, f"{phases} never came")
        return self.rollout.state()

    def in_memory(self) -> set[int]:
        (view,) = self.servers.look()
        return view.in_memory()

    def close(self) -> None:
        self.servers.close()
        self.server.stop(1)


@pytest.fixture(scope="session")
def version_1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small(tmp_path_factory.mktemp("version") / "1")


@pytest.fixture
def bench(tmp_path: Path, version_1: Path) -> Iterator[Bench]:
    """With version 1, and nothing under way."""
    base = tmp_path / "photo"
    base.mkdir()
    (base / "1").symlink_to(version_1)
    folder = write_folder(tmp_path / "rollout", base)
    bench = Bench(folder, base, FileStore(folder))
    yield bench
    bench.close()


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    """An API server with the ConfigMap of a cluster where version 1 serves, and a kubectl that is set up for it."""
    api = ApiServer(
        {CONFIG: CONFIG_TEXT.format(base=tmp_path / "photo"), SPLIT: "stable=100\ncanary=0\n", "note": "of others"}
    )
    write_kubeconfig(tmp_path / "kubeconfig", api)
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "kubeconfig"))
    yield api
    api.close()


@pytest.fixture
def mounted_bench(api: ApiServer, tmp_path: Path, version_1: Path) -> Iterator[Bench]:
    """As `bench`, with a ConfigMap that a kubelet mounts."""
    base = tmp_path / "photo"
    base.mkdir()
    (base / "1").symlink_to(version_1)
    with Kubelet(api, tmp_path / "mounted"):
        bench = Bench(tmp_path / "mounted", base, ConfigMapStore("handtint-rollout"))
        yield bench
        bench.close()
