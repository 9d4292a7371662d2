"""Several models on one server, from a configuration file as TensorFlow Serving reads it."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import grpc
import httpx
import pytest
import tensorflow as tf
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

from serving.model_server.errors import ServingError, StartError
from serving.model_server.model_config import entries, read_model_config
from serving.model_server.server import serve as serve_settings
from serving.model_server.settings import Settings
from tests.serving.model_server.conftest import Doors, wait_until
from tests.serving.model_server.test_command import COMMAND, ROOT, run

Serve = Callable[..., Doors]


@pytest.fixture
def bases(tmp_path: Path, scales: dict[int, Path]) -> dict[str, Path]:
    """Two base paths: `photo` has versions 1 and 2, which multiply by 1 and 2; `sketch` has 3, by 3."""
    for name, numbers in {"photo": (1, 2), "sketch": (3,)}.items():
        for number in numbers:
            shutil.copytree(scales[number], tmp_path / name / str(number))
    return {name: tmp_path / name for name in ("photo", "sketch")}


def entry(name: str, base_path: Path | str, more: str = 'model_platform: "tensorflow"') -> str:
    return f'config {{ name: "{name}" base_path: "{base_path}" {more} }}'


def write(folder: Path, *entries: str) -> Path:
    file = folder / "models.config"
    file.write_text(f"model_config_list {{ {' '.join(entries)} }}  # a comment\n")
    return file


def factor(doors: Doors, name: str, version: int | None = None) -> float:
    """What version answers, told by what it multiplies with; over gRPC and, the same, over REST."""
    doors.name = name
    over_grpc = doors.predict(version=version, x=[1.0])["y"][0] - 2.0
    path = f"/v1/models/{name}{f'/versions/{version}' if version else ''}:predict"
    assert doors.post({"inputs": [1.0]}, path=path).json()["outputs"] == [over_grpc + 2.0]
    return over_grpc


def states(doors: Doors, name: str) -> dict[int, str]:
    doors.name = name
    return doors.states()


def test_every_model_of_the_file_answers_under_its_name(tmp_path: Path, bases: dict[str, Path], serve: Serve) -> None:
    file = write(tmp_path, *(entry(name, base) for name, base in bases.items()))
    doors = serve(read_model_config(file))
    assert doors.server.model_names == ["photo", "sketch"]
    assert (factor(doors, "photo"), factor(doors, "sketch")) == (2, 3)  # the newest of each
    assert (states(doors, "photo"), states(doors, "sketch")) == ({2: "AVAILABLE"}, {3: "AVAILABLE"})
    doors.name = "default"
    assert doors.refused(doors.request(x=[1.0])) == (
        grpc.StatusCode.NOT_FOUND,
        "Servable not found for request: Latest(default)",
    )


def test_each_model_follows_its_own_base_path(
    tmp_path: Path, bases: dict[str, Path], scales: dict[int, Path], serve: Serve
) -> None:
    doors = serve(read_model_config(write(tmp_path, *(entry(name, base) for name, base in bases.items()))))
    shutil.copytree(scales[1], tmp_path / "staged").rename(bases["sketch"] / "4")
    doors.name = "sketch"
    doors.wait_for(4, "AVAILABLE")
    assert (factor(doors, "photo"), factor(doors, "sketch")) == (2, 1)


@pytest.mark.parametrize(
    ("policy", "versions"),
    [
        ("", [2]),
        ("latest { num_versions: 2 }", [1, 2]),
        ("latest { num_versions: 0 }", [2]),
        ("all { }", [1, 2]),
        ("specific { versions: 1 }", [1]),
    ],
)
def test_version_policies(
    tmp_path: Path, bases: dict[str, Path], serve: Serve, policy: str, versions: list[int]
) -> None:
    more = f'model_platform: "tensorflow" model_version_policy {{ {policy} }}'
    doors = serve(read_model_config(write(tmp_path, entry("photo", bases["photo"], more))))
    wait_until(lambda: states(doors, "photo") == dict.fromkeys(versions, "AVAILABLE"))
    assert [factor(doors, "photo", version) for version in versions] == versions


def test_a_policy_that_no_version_fits_is_told(tmp_path: Path, bases: dict[str, Path]) -> None:
    more = 'model_platform: "tensorflow" model_version_policy { specific { versions: 9 } }'
    models = read_model_config(write(tmp_path, entry("photo", bases["photo"], more)))
    with pytest.raises(StartError, match=r"None of the versions \[1, 2\] of servable photo .* model_version_policy"):
        serve_settings(Settings(models=models, port=0, file_system_poll_wait_seconds=0))


@pytest.mark.parametrize(
    ("more", "warning"),
    [
        ('model_platform: "tensorflow" logging_config { }', "Model photo: logging_config is ignored"),
        ("model_type: TENSORFLOW", "Model photo: deprecated model_type field used. Prefer model_platform."),
    ],
)
def test_what_is_left_out_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture, more: str, warning: str) -> None:
    models = entries(read_model_config(write(tmp_path, entry("photo", "/models/photo", more))))
    assert [(model.name, model.base_path) for model in models.values()] == [("photo", Path("/models/photo"))]
    assert warning in caplog.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model_config_list { config {", r"Error parsing text-format tensorflow.serving.ModelServerConfig: .*:1:28 : "),
        ('model_config_list {\n config { bas_path: "/x" } }', r'models.config:2:11 : .* no field named "bas_path"'),
        ("{}", "Error parsing text-format tensorflow.serving.ModelServerConfig"),
        (entry("", "/x"), "A config has no name, base_path '/x'."),
        (
            entry("photo", "models/photo"),
            r"Expected model photo to have an absolute path or URI; got base_path\(\)=mod",
        ),
        (entry("photo", "gs://bucket/photo"), "Expected model photo to have an absolute path or URI"),
        (entry("photo", ""), "Expected model photo to have an absolute path or URI"),
        (
            entry("photo", "/x", ""),
            r"Illegal setting neither ModelServerConfig::model_type \(deprecated\) nor "
            "ModelServerConfig::model_platform, model name is photo",
        ),
        (entry("photo", "/x", 'model_platform: "tf"'), "Model photo requests unsupported platform tf."),
        (entry("photo", "/x", "model_type: OTHER"), "Model photo requests unsupported platform OTHER."),
        (
            entry("photo", "/x", 'model_type: TENSORFLOW model_platform: "tensorflow"'),
            r"Illegal setting both ModelServerConfig::model_type \(deprecated\) and ModelServerConfig::model_platform, "
            "model name is photo",
        ),
        (
            entry("photo", "/x", 'model_platform: "tensorflow" model_version_policy { specific { } }'),
            "the version policy `specific` names no versions",
        ),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = write(tmp_path, text)
    if not text.startswith("config"):
        file.write_text(text)
    with pytest.raises(ServingError, match=message):
        entries(read_model_config(file))
    with pytest.raises(StartError, match=f"^INVALID_ARGUMENT: .*{message}"):
        serve_settings(Settings(model_config_file=file, port=0))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ServingError, match=r"Cannot read the model config file .*none: No such file or directory"):
        read_model_config(tmp_path / "none")
    (tmp_path / "picture").write_bytes(b"\x89PNG\xff\xd8")
    with pytest.raises(ServingError, match=r"Invalid protobuf file: '.*picture' is not text"):
        read_model_config(tmp_path / "picture")


def test_two_models_of_one_name_are_refused(tmp_path: Path, bases: dict[str, Path]) -> None:
    file = write(tmp_path, entry("photo", bases["photo"]), entry("photo", bases["sketch"]))
    with pytest.raises(StartError, match="Illegal to list model photo multiple times in config list"):
        serve_settings(Settings(model_config_file=file, port=0))


def test_a_model_without_versions_is_named(tmp_path: Path, bases: dict[str, Path]) -> None:
    (tmp_path / "empty").mkdir()
    file = write(tmp_path, entry("photo", bases["photo"]), entry("sketch", tmp_path / "empty"))
    with pytest.raises(StartError, match=r"{{{name: sketch} due to error: NOT_FOUND: No versions of servable sketch f"):
        serve_settings(Settings(model_config_file=file, port=0, file_system_poll_wait_seconds=0))


def test_a_custom_config_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "models.config"
    file.write_text("custom_model_config { }")
    with pytest.raises(StartError, match="only legal to transition from one ModelConfigList to another"):
        serve_settings(Settings(model_config_file=file, port=0))


def test_the_command_serves_them_and_names_them(tmp_path: Path, bases: dict[str, Path]) -> None:
    file = write(tmp_path, *(entry(name, base) for name, base in bases.items()))
    # As the original's image starts it: the file wins over the model that the image names by itself.
    flags = [f"--model_config_file={file}", "--model_name=model", "--model_base_path=/models/model"]
    flags += ["--host=127.0.0.1", "--port=free", "--rest_api_port=free"]
    process = subprocess.Popen(
        [*COMMAND, *flags], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    with process:
        line = process.stdout.readline()
        found = re.fullmatch(r"Serving photo, sketch on grpc://(127\S+) and (http://127\S+)\n", line)
        assert found, line
        request = PredictRequest()
        request.model_spec.name = "sketch"
        request.inputs["x"].CopyFrom(tf.make_tensor_proto([1.0]))
        with grpc.insecure_channel(found[1]) as channel:
            answer = PredictionServiceStub(channel).Predict(request, timeout=30)
        assert answer.outputs["y"].float_val[0] == 5.0
        rest = httpx.post(f"{found[2]}/v1/models/photo:predict", json={"instances": [1.0]}, timeout=30)
        assert rest.json() == {"predictions": [4.0]}
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "Both --model_base_path and --model_config_file are empty!"),
        (["--model_name=photo"], "Both --model_base_path and --model_config_file are empty!"),
    ],
)
def test_a_server_without_models_is_refused(flags: list[str], message: str) -> None:
    done = run(*flags)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_says_what_is_wrong_with_the_file(tmp_path: Path) -> None:
    done = run(f"--model_config_file={write(tmp_path, 'config {')}")
    assert done.returncode == 1
    assert "Error: Failed to start server. Error: INVALID_ARGUMENT: Error parsing text-format" in done.stderr
    assert "Traceback" not in done.stderr
