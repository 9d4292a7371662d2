"""Folder and ConfigMap: what is written is read, two writers cannot both win, nobody reads half of anything."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from serving.rollout import machine
from serving.rollout.cluster import ConfigMapStore
from serving.rollout.errors import Conflict, RolloutError, Unavailable
from serving.rollout.files import FileStore
from serving.rollout.serving_of import CONFIG, SPLIT, STATE, serving_of, state_of
from serving.rollout.state import Bounds, State
from serving.rollout.store import Store
from tests.serving.rollout.loopback import CONFIG as CONFIG_TEXT
from tests.serving.rollout.loopback import write_folder

PATH = "/api/v1/namespaces/pictures/configmaps/handtint-rollout"


class ApiServer:
    """As much of Kubernetes as the official client needs here: one ConfigMap, and 409 for an old resourceVersion.

    `fail` is the status of the next answers; `requests` lists methods and paths.
    """

    def __init__(self) -> None:
        self.data: dict[str, str] = {"models.config": CONFIG_TEXT.format(base="/models/photo"), "note": "of others"}
        self.version = 7
        self.fail = 0
        self.requests: list[str] = []
        self._lock = threading.Lock()
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer()

            def do_PATCH(self) -> None:
                self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def _answer(self, patch: dict[str, Any] | None = None) -> None:
                with api._lock:
                    status, body = api._handle(self.command, self.path, patch)
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def _handle(self, method: str, path: str, patch: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
        self.requests.append(f"{method} {path}")
        if self.fail or path != PATH:
            status = self.fail or 404
            return status, {"kind": "Status", "code": status}
        if patch is not None:
            if patch["metadata"]["resourceVersion"] != str(self.version):
                return 409, {"kind": "Status", "code": 409, "reason": "Conflict"}
            self.data |= patch["data"]
            self.version += 1
        metadata = {"name": "handtint-rollout", "namespace": "pictures", "resourceVersion": str(self.version)}
        return 200, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": self.data}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    """An API server, and a kubectl that is set up for it."""
    api = ApiServer()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "here", "cluster": {"server": api.url}}],
        "users": [{"name": "me", "user": {"token": "secret"}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me", "namespace": "pictures"}}],
        "current-context": "here",
    }
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "kubeconfig"))
    yield api
    api.close()


@pytest.fixture(params=["folder", "configmap"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return FileStore(write_folder(tmp_path / "rollout", Path("/models/photo")))
    request.getfixturevalue("api")
    return ConfigMapStore("handtint-rollout")


def begun(store: Store, version: int = 2) -> State:
    return machine.start(state_of("photo", store.read().texts), version, (10.0, 100.0), Bounds(), 1.0)


def test_what_is_written_is_read(store: Store) -> None:
    before = store.read()
    assert state_of("photo", before.texts) == State("photo", stable=1)
    store.write(serving_of(begun(store), before.texts), before)
    after = store.read()
    assert state_of("photo", after.texts).candidate == 2
    assert "versions: 2" in after.texts[CONFIG]
    assert after.texts[SPLIT] == "stable=100\ncanary=0\n"


def test_who_read_earlier_does_not_overwrite(store: Store) -> None:
    before = store.read()
    store.write(serving_of(begun(store, 2), before.texts), before)
    with pytest.raises(Conflict, match="Somebody else moved"):
        store.write(serving_of(begun(store, 2), before.texts), before)
    assert state_of("photo", store.read().texts).candidate == 2


def test_of_many_writers_one_wins(store: Store) -> None:
    before = store.read()
    states = [machine.start(State("photo", 1), version, (100.0,), Bounds(), 1.0) for version in range(2, 10)]

    def write(state: State) -> bool:
        try:
            store.write(serving_of(state, before.texts), before)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(write, states))
    assert won.count(True) == 1
    texts = store.read().texts
    assert state_of("photo", texts) == states[won.index(True)]
    assert serving_of(states[won.index(True)], before.texts).items() <= texts.items()  # and all of it is the winner's


def test_files_are_never_half_there(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "rollout", Path("/models/photo"))
    store, done = FileStore(folder), threading.Event()
    seen: set[str] = set()

    def look() -> None:
        while not done.is_set():
            for name in (CONFIG, SPLIT):
                seen.add((folder / name).read_text())

    reader = threading.Thread(target=look)
    reader.start()
    allowed = set()
    state = State("photo", 1)
    for number in range(60):
        before = store.read()
        state = (
            machine.start(state, number + 2, (40.0,), Bounds(), 1.0)
            if state.candidate is None
            else machine.advance(state, machine.YES, 1.0)
        )
        texts = serving_of(state, before.texts)
        allowed |= {before.texts[CONFIG], before.texts[SPLIT], texts[CONFIG], texts[SPLIT]}
        store.write(texts, before)
    done.set()
    reader.join()
    assert seen <= allowed
    assert {path.name for path in folder.iterdir()} == {STATE, CONFIG, SPLIT, ".rollout.lock"}
    assert os.stat(folder / SPLIT).st_mode & 0o777 == 0o644


def test_other_keys_of_the_configmap_stay(api: ApiServer) -> None:
    store = ConfigMapStore("handtint-rollout")
    before = store.read()
    store.write(serving_of(begun(store), before.texts), before)
    assert api.data["note"] == "of others"
    assert set(api.data) == {"note", STATE, CONFIG, SPLIT}
    assert {line.split()[0] for line in api.requests} == {"GET", "PATCH"}  # what the Job's role allows


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (403, RolloutError, "refuses ConfigMap pictures/handtint-rollout: 403"),
        (429, Unavailable, "429"),
        (500, Unavailable, "500"),
        (503, Unavailable, "503"),
    ],
)
def test_an_api_server_that_says_no(api: ApiServer, status: int, kind: type[RolloutError], says: str) -> None:
    store = ConfigMapStore("handtint-rollout")
    before = store.read()
    api.fail = status
    with pytest.raises(kind, match=says):
        store.write({STATE: "x"}, before)
    with pytest.raises(kind, match=says):
        store.read()


def test_a_configmap_that_is_not_there(api: ApiServer) -> None:
    with pytest.raises(RolloutError, match="Create the ConfigMap"):
        ConfigMapStore("other").read()
    api.data.clear()
    with pytest.raises(RolloutError, match=r"has no models\.config"):
        ConfigMapStore("handtint-rollout").read()


def test_no_api_server(api: ApiServer) -> None:
    store = ConfigMapStore("handtint-rollout")
    api.close()
    with pytest.raises(Unavailable, match="does not answer"):
        store.read()


def test_no_cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "none"))
    with pytest.raises(RolloutError, match="Set up kubectl first"):
        ConfigMapStore("handtint-rollout")


def test_a_folder_without_a_configuration(tmp_path: Path) -> None:
    with pytest.raises(RolloutError, match=r"holds no models\.config"):
        FileStore(tmp_path).read()
