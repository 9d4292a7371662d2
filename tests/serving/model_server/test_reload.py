"""The whole configuration is replaced while clients keep asking: by request, by file, by two at once."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

from serving.model_server.errors import StartError
from serving.model_server.server import serve as serve_settings
from serving.model_server.settings import Settings

from .conftest import Doors, wait_until
from .saved_models import add_warm_up

Serve = Callable[..., Doors]
UNAVAILABLE_LABEL = (
    "Request to assign label to version {} of model scale, which is not currently available for inference"
)


def config_of(*models: tuple[str, Path], labels: dict[str, int] | None = None, versions: tuple[int, ...] = ()):
    """A configuration; labels and specific versions are the first model's."""
    config = ModelServerConfig()
    for name, base in models:
        config.model_config_list.config.add(name=name, base_path=str(base), model_platform="tensorflow")
    if models:
        first = config.model_config_list.config[0]
        first.version_labels.update(labels or {})
        if versions:
            first.model_version_policy.specific.versions.extend(versions)
    return config


@pytest.fixture
def bases(tmp_path: Path, scales: dict[int, Path]) -> dict[str, Path]:
    """`scale` has versions 1 and 2, `other` has 3."""
    for name, numbers in {"scale": (1, 2), "other": (3,)}.items():
        for number in numbers:
            shutil.copytree(scales[number], tmp_path / name / str(number))
    return {name: tmp_path / name for name in ("scale", "other")}


def both(bases: dict[str, Path], **more) -> ModelServerConfig:
    return config_of(("scale", bases["scale"]), ("other", bases["other"]), **more)


def factor(doors: Doors, model: str = "scale", **which) -> int:
    return round(doors.predict(model=model, x=[1.0], **which)["y"][0]) - 2


def refused(doors: Doors, config: ModelServerConfig) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as error:
        doors.reload(config)
    return error.value.code(), error.value.details()


class Asking:
    """Threads that ask without a pause, and note every failure."""

    def __init__(self, *asks: Callable[[], object]):
        self.failures: list[Exception] = []
        self.answers: list[object] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._keep_asking, args=[ask]) for ask in asks]

    def __enter__(self) -> Asking:
        for thread in self._threads:
            thread.start()
        wait_until(lambda: len(self.answers) > 10 or bool(self.failures))
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _keep_asking(self, ask: Callable[[], object]) -> None:
        while not self._stop.is_set():
            try:
                self.answers.append(ask())
            except Exception as error:
                self.failures.append(error)


def test_a_new_model_answers_when_the_call_returns_and_one_left_out_goes(serve: Serve, bases: dict[str, Path]) -> None:
    doors = serve(config_of(("scale", bases["scale"])))
    doors.reload(config_of(("other", bases["other"])))
    assert factor(doors, "other") == 3
    assert doors.refused(doors.request(x=[1.0])) == (
        grpc.StatusCode.NOT_FOUND,
        "Servable not found for request: Latest(scale)",
    )
    assert doors.server.model_names == ["other"]
    assert doors.states() == {2: "END"}  # what was is remembered

    doors.reload(both(bases))
    assert (factor(doors), factor(doors, "other")) == (2, 3)


def test_an_empty_list_unloads_everything_and_no_list_nothing(serve: Serve, bases: dict[str, Path]) -> None:
    doors = serve(config_of(("scale", bases["scale"])))
    assert refused(doors, ModelServerConfig())[0] is grpc.StatusCode.INVALID_ARGUMENT
    assert factor(doors) == 2
    empty = ModelServerConfig()
    empty.model_config_list.SetInParent()
    doors.reload(empty)
    doors.wait_for(2, "END")
    doors.reload(config_of(("scale", bases["scale"])))
    assert factor(doors) == 2


def test_a_server_may_start_without_models(serve: Serve, bases: dict[str, Path]) -> None:
    empty = ModelServerConfig()
    empty.model_config_list.SetInParent()
    doors = serve(empty)
    assert doors.server.model_names == []
    doors.reload(both(bases))
    assert factor(doors) == 2


def duplicate(config: ModelServerConfig) -> None:
    config.model_config_list.config.add().CopyFrom(config.model_config_list.config[0])


def relative(config: ModelServerConfig) -> None:
    config.model_config_list.config[1].base_path = "models/other"


def uri(config: ModelServerConfig) -> None:
    config.model_config_list.config[1].base_path = "gs://bucket/other"


def changed_platform(config: ModelServerConfig) -> None:
    config.model_config_list.config[0].model_platform = "tf"


def unknown_platform(config: ModelServerConfig) -> None:
    config.model_config_list.config[1].model_platform = "tf"


def no_platform(config: ModelServerConfig) -> None:
    config.model_config_list.config[1].model_platform = ""


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (duplicate, "Illegal to list model scale multiple times in config list"),
        (relative, "Expected model other to have an absolute path or URI; got base_path()=models/other"),
        (uri, "Expected model other to have an absolute path or URI; got base_path()=gs://bucket/other"),
        (
            changed_platform,
            "Illegal to change a model's platform. For model scale platform was tensorflow and new platform requested "
            "is tf",
        ),
        (unknown_platform, "Model other requests unsupported platform tf"),
        (
            no_platform,
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor ModelServerConfig::model_platform, "
            "model name is other",
        ),
    ],
)
def test_a_config_that_makes_no_sense_changes_nothing(
    serve: Serve, bases: dict[str, Path], spoil: Callable[[ModelServerConfig], None], message: str
) -> None:
    before = config_of(("scale", bases["scale"]), labels={"stable": 1}, versions=(1, 2))
    doors = serve(before, allow_version_labels_for_unavailable_models=True)
    wrong = both(bases, labels={"stable": 2}, versions=(2,))
    spoil(wrong)
    code, told = refused(doors, wrong)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert told.startswith(message)
    assert doors.server.model_names == ["scale"]
    wait_until(lambda: doors.states() == {1: "AVAILABLE", 2: "AVAILABLE"})
    assert factor(doors, label="stable") == 1


def test_a_new_model_that_does_not_load_is_told(serve: Serve, bases: dict[str, Path]) -> None:
    (bases["other"] / "3" / "saved_model.pb").write_bytes(b"no graph")
    doors = serve(config_of(("scale", bases["scale"])))
    code, message = refused(doors, both(bases))
    assert code is grpc.StatusCode.UNKNOWN
    start = "1 model(s) did not become available: {{{name: other version: 3} due to error: DATA_LOSS: "
    assert message.startswith(start)
    assert factor(doors) == 2

    (bases["other"] / "3").rename(bases["other"] / "broken")
    shutil.copytree(bases["scale"] / "1", bases["other"] / "4")  # the config holds: what comes later is served
    wait_until(lambda: doors.http.get("/v1/models/other/metadata").status_code == 200)
    assert factor(doors, "other") == 1


def test_a_reload_waits_for_a_model_that_is_still_to_come(serve: Serve, tmp_path: Path, bases: dict[str, Path]) -> None:
    doors = serve(config_of(("scale", bases["scale"])))
    later = threading.Timer(0.5, shutil.move, [bases["other"], tmp_path / "moved"])
    later.start()
    doors.reload(config_of(("scale", bases["scale"]), ("other", tmp_path / "moved")))
    assert factor(doors, "other") == 3
    later.join()


def test_with_one_look_only_a_reload_looks_again(serve: Serve, bases: dict[str, Path], scales: dict[int, Path]) -> None:
    doors = serve(config_of(("scale", bases["scale"])), file_system_poll_wait_seconds=0)
    shutil.copytree(scales[3], bases["scale"] / "3")
    doors.reload(both(bases))
    assert factor(doors, "other") == 3
    doors.wait_for(3, "AVAILABLE")
    code, message = refused(doors, config_of(("gone", bases["scale"] / "nowhere")))
    assert code is grpc.StatusCode.UNKNOWN
    assert "{{{name: gone} due to error: NOT_FOUND: Could not find base path" in message


def test_labels_name_versions_over_both_doors(serve: Serve, bases: dict[str, Path]) -> None:
    doors = serve(config_of(("scale", bases["scale"]), versions=(1, 2)))
    wait_until(lambda: doors.states() == {1: "AVAILABLE", 2: "AVAILABLE"})
    labelled = config_of(("scale", bases["scale"]), labels={"stable": 1, "canary": 2}, versions=(1, 2))
    doors.reload(labelled)
    assert (factor(doors, label="stable"), factor(doors, label="canary"), factor(doors)) == (1, 2, 2)
    rest = doors.post({"inputs": [1.0]}, path="/v1/models/scale/labels/stable:predict")
    assert rest.json() == {"outputs": [3.0]}
    assert doors.refused(doors.request(label="best", x=[1.0])) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "Unrecognized servable version label: best",
    )

    doors.reload(config_of(("scale", bases["scale"]), labels={"stable": 2}, versions=(1, 2)))  # promoted
    assert factor(doors, label="stable") == 2
    assert doors.refused(doors.request(label="canary", x=[1.0]))[0] is grpc.StatusCode.INVALID_ARGUMENT


def test_a_label_names_only_what_is_available(serve: Serve, bases: dict[str, Path]) -> None:
    doors = serve(config_of(("scale", bases["scale"])))
    for version in (1, 9):
        assert refused(doors, config_of(("scale", bases["scale"]), labels={"stable": version})) == (
            grpc.StatusCode.FAILED_PRECONDITION,
            UNAVAILABLE_LABEL.format(version),
        )
    assert doors.refused(doors.request(label="stable", x=[1.0]))[0] is grpc.StatusCode.INVALID_ARGUMENT


def test_with_the_flag_only_new_labels_may_come_early(serve: Serve, bases: dict[str, Path]) -> None:
    doors = serve(config_of(("scale", bases["scale"])), allow_version_labels_for_unavailable_models=True)
    early = config_of(("scale", bases["scale"]), labels={"stable": 2, "next": 3})
    doors.reload(early)
    assert factor(doors, label="stable") == 2
    assert doors.refused(doors.request(label="next", x=[1.0])) == (
        grpc.StatusCode.NOT_FOUND,
        "Servable not found for request: Specific(scale, 3)",
    )
    doors.reload(early)  # a label may stay where it is
    moved = config_of(("scale", bases["scale"]), labels={"stable": 3, "next": 3})
    assert refused(doors, moved) == (grpc.StatusCode.FAILED_PRECONDITION, UNAVAILABLE_LABEL.format(3))
    assert factor(doors, label="stable") == 2
    shutil.copytree(bases["other"] / "3", bases["scale"] / "3")
    doors.wait_for(3, "AVAILABLE")
    doors.reload(moved)
    assert factor(doors, label="stable") == 3


def test_labels_of_the_first_config_need_the_flag(serve: Serve, bases: dict[str, Path]) -> None:
    labelled = config_of(("scale", bases["scale"]), labels={"stable": 2})
    with pytest.raises(StartError, match=f"^FAILED_PRECONDITION: {UNAVAILABLE_LABEL.format(2)}$"):
        serve_settings(Settings(models=labelled, port=0))
    doors = serve(labelled, allow_version_labels_for_unavailable_models=True)
    assert factor(doors, label="stable") == 2


def test_labels_move_and_versions_go_under_load_without_a_failure(serve: Serve, bases: dict[str, Path]) -> None:
    doors = serve(
        config_of(("scale", bases["scale"]), labels={"stable": 1}, versions=(1,)),
        allow_version_labels_for_unavailable_models=True,
    )

    def over_rest() -> float:
        answer = doors.post({"inputs": [1.0]}, path="/v1/models/scale/labels/stable:predict")
        return answer.raise_for_status().json()["outputs"][0] - 2

    with Asking(lambda: factor(doors, label="stable"), over_rest, lambda: factor(doors)) as clients:
        for old, new in [(1, 2), (2, 1), (1, 2)]:
            both_versions = config_of(("scale", bases["scale"]), labels={"stable": old}, versions=(1, 2))
            doors.reload(both_versions)
            doors.wait_for(new, "AVAILABLE")
            # In one step: the label moves, and the version that it named is left out.
            doors.reload(config_of(("scale", bases["scale"]), labels={"stable": new}, versions=(new,)))
            doors.wait_for(old, "END")
    assert clients.failures == []
    assert set(clients.answers) == {1, 2}


def test_a_version_is_deleted_while_it_is_asked_by_name(serve: Serve, bases: dict[str, Path]) -> None:
    """What has begun finishes; what comes later is told that the version is gone; nothing else happens."""
    doors = serve(config_of(("scale", bases["scale"]), versions=(1, 2)))
    wait_until(lambda: doors.states() == {1: "AVAILABLE", 2: "AVAILABLE"})
    with Asking(lambda: factor(doors, version=1), lambda: factor(doors)) as clients:
        shutil.rmtree(bases["scale"] / "1")
        doors.wait_for(1, "END")
    told = {error.details() for error in clients.failures}
    assert told == {"Servable not found for request: Specific(scale, 1)"}
    assert set(clients.answers) == {1, 2}


def slow_to_load(source: Path, folder: Path, seconds: float) -> None:
    """A version whose warm-up takes a while."""
    shutil.copytree(source, folder)
    request = PredictRequest()
    request.model_spec.signature_name = "slow"
    request.inputs["seconds"].dtype = 2  # double
    request.inputs["seconds"].tensor_shape.dim.add(size=1)
    request.inputs["seconds"].double_val.append(seconds)
    add_warm_up(folder, request)


def test_a_reload_while_another_waits_for_its_model(
    serve: Serve, tmp_path: Path, bases: dict[str, Path], scales: dict[int, Path]
) -> None:
    slow_to_load(scales[3], tmp_path / "slow" / "3", 3.0)
    first = config_of(("scale", bases["scale"]))
    doors = serve(first)
    told: list[tuple[grpc.StatusCode, str]] = []
    adding = config_of(("scale", bases["scale"]), ("slow", tmp_path / "slow"))
    waiting = threading.Thread(target=lambda: told.append(refused(doors, adding)))
    waiting.start()
    wait_until(lambda: doors.server.model_names == ["scale", "slow"])
    doors.reload(first)
    waiting.join()
    code, message = told[0]
    assert code is grpc.StatusCode.UNKNOWN
    assert "{name: slow} due to error: ABORTED: a later config leaves the model out" in message
    assert doors.server.model_names == ["scale"]
    doors.name = "slow"
    doors.wait_for(3, "END")  # loaded in vain
    assert doors.refused(doors.request(x=[1.0]))[0] is grpc.StatusCode.NOT_FOUND


def test_many_reloads_at_once_leave_one_whole_config(serve: Serve, bases: dict[str, Path]) -> None:
    one = config_of(("scale", bases["scale"]), labels={"only": 1}, versions=(1, 2))
    two = both(bases, labels={"first": 1, "second": 2}, versions=(1, 2))
    doors = serve(one, allow_version_labels_for_unavailable_models=True)
    wait_until(lambda: doors.states() == {1: "AVAILABLE", 2: "AVAILABLE"})
    others: list[grpc.RpcError] = []

    def reload(config: ModelServerConfig) -> None:
        for _ in range(10):
            try:
                doors.reload(config)
            except grpc.RpcError as error:
                others.append(error)

    with Asking(lambda: factor(doors), lambda: factor(doors, version=1)) as clients:
        threads = [threading.Thread(target=reload, args=[config]) for config in (one, two) * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert clients.failures == []
    assert all("a later config leaves the model out" in error.details() for error in others)
    labels = {"scale": {"only"}, "scale, other": {"first", "second"}}[", ".join(doors.server.model_names)]
    answering = set()
    for label in ("only", "first", "second"):
        try:
            doors.predict(label=label, x=[1.0])
        except grpc.RpcError:
            continue
        answering.add(label)
    assert answering == labels


TEXT = """model_config_list {{
  config {{ name: "scale" base_path: "{scale}" model_platform: "tensorflow" {more} }}
  {others}
}}
"""


def test_a_file_is_followed_unless_it_is_half_written(
    serve: Serve, tmp_path: Path, bases: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "models.config"
    file.write_text(TEXT.format(scale=bases["scale"], more="", others=""))
    doors = serve(None, model_config_file=file, model_config_file_poll_wait_seconds=0.05)
    other = f'config {{ name: "other" base_path: "{bases["other"]}" model_platform: "tensorflow" }}'
    whole = TEXT.format(scale=bases["scale"], more="", others=other)
    for length in (len(whole) // 3, len(whole) - 3, 0):
        file.write_text(whole[:length])
        threading.Event().wait(0.3)  # several looks
        assert doors.server.model_names == ["scale"]
    told = [record.getMessage() for record in caplog.records]
    unread = [message for message in told if message.startswith("Failed to read ModelServerConfig file: Error parsing")]
    assert len(unread) == 2  # one for each text, whatever the number of looks
    assert factor(doors) == 2

    file.write_text(whole)
    wait_until(lambda: doors.http.get("/v1/models/other/metadata").status_code == 200)
    assert factor(doors, "other") == 3
    file.unlink()
    threading.Event().wait(0.3)
    assert (factor(doors), factor(doors, "other")) == (2, 3)


def test_a_label_in_the_file_waits_for_its_version(
    serve: Serve, tmp_path: Path, bases: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "models.config"
    file.write_text(TEXT.format(scale=bases["scale"], more="", others=""))
    doors = serve(None, model_config_file=file, model_config_file_poll_wait_seconds=0.05)
    label = 'version_labels { key: "stable" value: 3 }'
    file.write_text(TEXT.format(scale=bases["scale"], more=label, others=""))
    wait_until(lambda: UNAVAILABLE_LABEL.format(3) in caplog.text)
    shutil.copytree(bases["other"] / "3", bases["scale"] / "3")

    def answers() -> bool:
        return doors.post({"inputs": [1.0]}, path="/v1/models/scale/labels/stable:predict").status_code == 200

    wait_until(answers)
    assert factor(doors, label="stable") == 3


def test_a_restart_loses_no_labels(serve: Serve, tmp_path: Path, bases: dict[str, Path]) -> None:
    file = tmp_path / "models.config"
    more = 'version_labels { key: "stable" value: 1 } model_version_policy { all { } }'
    file.write_text(TEXT.format(scale=bases["scale"], more=more, others=""))
    for _ in range(2):
        doors = serve(None, model_config_file=file, allow_version_labels_for_unavailable_models=True)
        wait_until(lambda doors=doors: doors.states() == {1: "AVAILABLE", 2: "AVAILABLE"})
        assert (factor(doors, label="stable"), factor(doors)) == (1, 2)
        doors.server.stop(5)


def test_a_model_that_comes_back_while_it_loads_in_vain(
    serve: Serve, tmp_path: Path, bases: dict[str, Path], scales: dict[int, Path]
) -> None:
    slow_to_load(scales[3], tmp_path / "slow" / "3", 2.0)
    without = config_of(("scale", bases["scale"]))
    adding = config_of(("scale", bases["scale"]), ("slow", tmp_path / "slow"))
    doors = serve(without)
    with pytest.raises(grpc.RpcError):
        doors.models.HandleReloadConfigRequest(ReloadConfigRequest(config=adding), timeout=0.5)
    assert doors.server.model_names == ["scale", "slow"]
    doors.reload(without)
    doors.reload(adding)
    assert factor(doors, "slow") == 3


def test_several_versions_may_load_at_once(serve: Serve, bases: dict[str, Path]) -> None:
    config = both(bases, versions=(1, 2))
    doors = serve(config, num_load_threads=3)
    wait_until(lambda: doors.states() == {1: "AVAILABLE", 2: "AVAILABLE"})
    assert [factor(doors, version=1), factor(doors, version=2), factor(doors, "other")] == [1, 2, 3]
