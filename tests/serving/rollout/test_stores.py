"""Folder and ConfigMap: what is written is read, two writers cannot both win, nobody reads half of anything."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from serving.rollout import machine
from serving.rollout.cluster import ConfigMapStore
from serving.rollout.errors import Conflict, RolloutError, Unavailable
from serving.rollout.files import FileStore
from serving.rollout.serving_of import CONFIG, SPLIT, STATE, serving_of, state_of
from serving.rollout.state import Bounds, State
from serving.rollout.store import Store
from tests.serving.rollout.cluster import ApiServer
from tests.serving.rollout.loopback import write_folder


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


def test_only_the_gateways_of_the_same_namespace_count(api: ApiServer, tmp_path: Path) -> None:
    assert ConfigMapStore("handtint-rollout").selector == 'namespace="pictures"'
    assert ConfigMapStore("handtint-rollout", namespace="other").selector == 'namespace="other"'
    assert FileStore(tmp_path).selector == ""


def test_in_a_pod_it_is_the_service_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {"namespace": "handtint\n", "token": "of the pod", "ca.crt": "a certificate"}.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr("serving.rollout.cluster._NAMESPACE", tmp_path / "namespace")
    monkeypatch.setattr("kubernetes.config.incluster_config.SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr("kubernetes.config.incluster_config.SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    assert ConfigMapStore("handtint-rollout").selector == 'namespace="handtint"'
    (tmp_path / "token").unlink()
    with pytest.raises(RolloutError, match="There is no access to a cluster"):
        ConfigMapStore("handtint-rollout")


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
