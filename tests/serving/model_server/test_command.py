"""The command itself: its line, its flags, and how it stops."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import grpc
import httpx
import pytest
import tensorflow as tf
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

from serving.model_server.errors import StartError
from serving.model_server.flags import REFUSED, WITHOUT_EFFECT
from serving.model_server.main import main
from serving.model_server.server import DRAIN_SECONDS, QUIET_SECONDS, serve
from serving.model_server.settings import Settings
from serving.model_server.ssl_config import server_credentials

from .conftest import wait_until
from .test_reload import slow_to_load

COMMAND = [sys.executable, "-m", "serving.model_server.main"]
ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "model-server-flags.md"

# What `tensorflow_model_server --help` lists.
ORIGINALS = re.findall(
    r"\w+",
    """
port grpc_socket_path rest_api_port rest_api_num_threads rest_api_timeout_in_ms rest_api_enable_cors_support
enable_batching allow_version_labels_for_unavailable_models batching_parameters_file
enable_per_model_batching_parameters model_config_file model_config_file_poll_wait_seconds model_name model_base_path
num_load_threads num_unload_threads max_num_load_retries load_retry_interval_micros file_system_poll_wait_seconds
flush_filesystem_caches tensorflow_session_parallelism tensorflow_session_config_file tensorflow_intra_op_parallelism
tensorflow_inter_op_parallelism use_alts_credentials ssl_config_file platform_config_file
per_process_gpu_memory_fraction saved_model_tags grpc_channel_arguments grpc_max_threads enable_model_warmup
num_request_iterations_for_warmup version monitoring_config_file remove_unused_fields_from_bundle_metagraph
prefer_tflite_model num_tflite_pools num_tflite_interpreters_per_pool enable_signature_method_name_check
xla_cpu_compilation_enabled xla_gpu_compilation_enabled enable_profiler thread_pool_factory_config_file mixed_precision
skip_initialize_tpu enable_grpc_healthcheck_service enable_serialization_as_tensor_content
""",
)


def run(*flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *flags], cwd=ROOT, capture_output=True, text=True, timeout=120)


class Running:
    """The command as a process of its own, with a client's channel to it."""

    def __init__(self, base: Path, *flags: str):
        where = [f"--model_base_path={base}", "--model_name", "scale", "--host=127.0.0.1"]
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - `wait` closes it
        self.process = subprocess.Popen(
            [*COMMAND, *where, "--port=free", "--rest_api_port=free", *flags],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        line = self.process.stdout.readline()
        found = re.fullmatch(r"Serving scale on grpc://(127\.0\.0\.1:\d+) and (http://127\.0\.0\.1:\d+)\n", line)
        assert found, line
        self.grpc, self.url = found.groups()
        self.channel = grpc.insecure_channel(self.grpc)
        self.prediction = PredictionServiceStub(self.channel)

    def work(self, seconds: float) -> float:
        """A request that takes so long; which version answered."""
        return self.prediction.Predict(slow_request(seconds), timeout=60).outputs["factor"].float_val[0]

    def wait(self) -> int:
        self.channel.close()
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        if code and not self.log.closed:
            self.log.seek(0)
            print(self.log.read())  # pytest shows it where the test fails: an end that hangs tells where
        self.log.close()
        return code


def slow_request(seconds: float) -> PredictRequest:
    request = PredictRequest()
    request.model_spec.name = "scale"
    request.model_spec.signature_name = "slow"
    request.inputs["seconds"].CopyFrom(tf.make_tensor_proto([seconds], tf.float64))
    return request


@pytest.fixture
def begin(scales: dict[int, Path]) -> Iterator[Callable[..., Running]]:
    """Starts the command; what still runs when the test ends is killed."""
    started: list[Running] = []

    def start(*flags: str, base: Path = scales[1].parent) -> Running:  # with versions 1 to 3
        started.append(Running(base, *flags))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.wait()


def test_sigterm_drains_and_ends_with_status_0(begin: Callable[..., Running]) -> None:
    server = begin()
    answers = {}

    def over_grpc(seconds: float) -> None:
        answers["grpc"] = server.work(seconds)

    def over_http(seconds: float) -> None:
        body = {"signature_name": "slow", "inputs": [seconds]}
        response = client.post(f"{server.url}/v1/models/scale:predict", json=body)
        answers["http"] = response.json()["outputs"]["factor"][0]
        answers["connection"] = response.headers.get("connection")

    with httpx.Client(timeout=60) as client:
        for ask in (over_grpc, over_http):
            ask(0.0)  # so that both are connected
        assert answers == {"grpc": 3.0, "http": 3.0, "connection": None}
        answers.clear()
        threads = [threading.Thread(target=ask, args=[4.0]) for ask in (over_grpc, over_http)]
        for thread in threads:
            thread.start()
        time.sleep(2)  # both are being worked on
        server.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()
    assert answers == {"grpc": 3.0, "http": 3.0, "connection": "close"}
    assert server.wait() == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)


def test_sigterm_under_load_fails_no_request_that_has_begun(begin: Callable[..., Running]) -> None:
    server = begin("--grpc_max_threads=2", "--rest_api_num_threads=2")  # so that requests queue
    failures: list[tuple[float, Exception]] = []
    answers: list[float] = []
    done = threading.Event()

    def keep_asking(ask: Callable[[], float]) -> None:
        while not done.is_set():
            begun = time.monotonic()
            try:
                answers.append(ask())
            except Exception as error:
                failures.append((begun, error))
                return

    def over_rest(client: httpx.Client) -> float:
        body = {"signature_name": "slow", "inputs": [0.2]}
        answer = client.post(f"{server.url}/v1/models/scale:predict", json=body)
        return answer.raise_for_status().json()["outputs"]["factor"][0]

    with httpx.Client(timeout=60) as client:
        asks = [lambda: server.work(0.2)] * 6 + [lambda: over_rest(client)] * 4
        threads = [threading.Thread(target=keep_asking, args=[ask]) for ask in asks]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(answers) > len(threads) + 5, seconds=60)
        ended = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()
    assert server.wait() == 0
    # As long as somebody asks, nobody is turned away for so long. Half a second is for a request to reach the server.
    assert [error for begun, error in failures if begun < ended + DRAIN_SECONDS - 0.5] == []
    late = [error for _, error in failures]
    assert len(late) == len(threads)  # each client has seen the end
    refused = [error for error in late if isinstance(error, grpc.RpcError)]
    # CANCELLED is what gRPC's Python server says to what reaches it just as it stops; clients take both for the same
    assert len(refused) == 6
    assert {error.code() for error in refused} <= {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
    # no status: refused, or reset where the socket was closed before anybody took the connection
    ends = (grpc.RpcError, httpx.NetworkError, httpx.RemoteProtocolError)
    assert [error for error in late if not isinstance(error, ends)] == []


def test_readiness_goes_first_and_watchers_do_not_hold_up_the_end(begin: Callable[..., Running]) -> None:
    server = begin("--enable_grpc_healthcheck_service")
    health = HealthStub(server.channel)
    for service in ("", "PredictionService", "ModelService"):
        status = health.Check(HealthCheckRequest(service=service), timeout=20).status
        assert status == HealthCheckResponse.SERVING
    told = health.Watch(HealthCheckRequest(service="PredictionService"))
    assert next(told).status == HealthCheckResponse.SERVING
    answers = []
    request = threading.Thread(target=lambda: answers.append((server.work(3.0), time.monotonic())))
    request.start()
    time.sleep(1)
    server.process.send_signal(signal.SIGTERM)
    assert next(told).status == HealthCheckResponse.NOT_SERVING
    not_serving = time.monotonic()
    request.join()
    answer, answered = answers[0]
    assert answer == 3.0
    assert not_serving < answered
    assert server.process.wait(timeout=15) == 0  # the grace for requests is 25 seconds
    with pytest.raises(grpc.RpcError):
        next(told)


def test_a_connection_that_is_kept_alive_is_told_that_it_ends(begin: Callable[..., Running]) -> None:
    server = begin()
    with httpx.Client(base_url=server.url, timeout=30) as client:
        assert "connection" not in client.get("/v1/models/scale").headers
        holding = threading.Thread(target=server.work, args=[6.0])
        holding.start()
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        for _ in range(2):  # the second one on a connection of its own: a client that has not heard is not turned away
            last = client.get("/v1/models/scale")
            assert (last.status_code, last.headers["connection"]) == (200, "close")
        time.sleep(QUIET_SECONDS + 0.5)
        with pytest.raises(httpx.ConnectError):
            client.get("/v1/models/scale")
        assert holding.is_alive()  # it is none of those that the server waits for before it turns anybody away
        holding.join()
    assert server.wait() == 0


def test_a_second_signal_ends_at_once(begin: Callable[..., Running]) -> None:
    server = begin()
    call = server.prediction.Predict.future(slow_request(60.0), timeout=90)
    time.sleep(1)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(1)
    assert server.process.poll() is None
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=10) == 128 + signal.SIGTERM
    assert call.code() is grpc.StatusCode.UNAVAILABLE


def test_a_version_that_is_loading_does_not_spoil_the_end(
    begin: Callable[..., Running], tmp_path: Path, scales: dict[int, Path]
) -> None:
    base = tmp_path / "base"
    shutil.copytree(scales[1], base / "1")
    server = begin("--file_system_poll_wait_seconds=0.1", base=base)
    slow_to_load(scales[2], tmp_path / "staged", 60.0)
    (tmp_path / "staged").rename(base / "2")
    states = f"{server.url}/v1/models/scale/versions/2"
    deadline = time.monotonic() + 30
    while "LOADING" not in httpx.get(states).text:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    server.process.send_signal(signal.SIGTERM)
    assert server.wait() == 0


def test_grpc_through_a_unix_socket(tmp_path: Path, scales: dict[int, Path]) -> None:
    path = tmp_path / "server.sock"
    flags = [f"--model_base_path={scales[1].parent}", "--model_name=scale", "--port=0", f"--grpc_socket_path={path}"]
    process = subprocess.Popen(
        [*COMMAND, *flags], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    with process:
        assert process.stdout.readline() == f"Serving scale on unix:{path}\n"
        with grpc.insecure_channel(f"unix:{path}") as channel:
            answer = PredictionServiceStub(channel).Predict(slow_request(0.0), timeout=30)
        assert answer.outputs["factor"].float_val[0] == 3.0
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def certificate(folder: Path, name: str) -> tuple[str, str]:
    """A key and a certificate that it has signed itself, as PEM."""
    folder.mkdir(exist_ok=True)
    key, signed = folder / f"{name}.key", folder / f"{name}.crt"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    make += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(signed)]
    subprocess.run(make, check=True, capture_output=True)
    return key.read_text(), signed.read_text()


@pytest.mark.skipif(not shutil.which("openssl"), reason="makes its certificates with openssl")
def test_grpc_through_tls(tmp_path: Path, scales: dict[int, Path]) -> None:
    (key, cert), (client_key, client_cert) = certificate(tmp_path, "server"), certificate(tmp_path, "client")
    file = tmp_path / "ssl.config"
    lines = {"server_key": key, "server_cert": cert, "custom_ca": client_cert}
    file.write_text("".join(f"{name}: {json.dumps(text)}\n" for name, text in lines.items()) + "client_verify: true")
    settings = Settings(model_name="scale", model_base_path=scales[1].parent, ssl_config_file=file, port=0)
    server = serve(settings)
    try:
        assert server.doors == [f"grpcs://127.0.0.1:{server.grpc_port}"]
        trusted = grpc.ssl_channel_credentials(cert.encode(), client_key.encode(), client_cert.encode())
        with grpc.secure_channel(f"127.0.0.1:{server.grpc_port}", trusted) as channel:
            answer = PredictionServiceStub(channel).Predict(slow_request(0.0), timeout=30)
        assert answer.outputs["factor"].float_val[0] == 3.0
        strangers = [grpc.ssl_channel_credentials(cert.encode()), None]
        for stranger in strangers:
            where = f"127.0.0.1:{server.grpc_port}"
            with grpc.secure_channel(where, stranger) if stranger else grpc.insecure_channel(where) as channel:
                with pytest.raises(grpc.RpcError) as error:
                    PredictionServiceStub(channel).Predict(slow_request(0.0), timeout=30)
                assert error.value.code() is grpc.StatusCode.UNAVAILABLE
    finally:
        server.stop(1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('server_key: "/etc/ssl/server.key"', "server_key holds no PEM text. Expected the text itself"),
        ('server_key: "-----BEGIN KEY-----" server_cert: ""', "server_cert holds no PEM text"),
        (
            'server_key: "-----BEGIN KEY-----" server_cert: "-----BEGIN C-----" client_verify: true',
            "custom_ca holds no PEM text",
        ),
        ('server_key: "secret', "Invalid protobuf file: "),
        ('serverkey: "secret"', "with the fields server_key, server_cert, custom_ca, client_verify"),
    ],
)
def test_a_tls_file_that_makes_no_sense_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "ssl.config").write_text(text)
    with pytest.raises(StartError, match=message) as error:
        server_credentials(tmp_path / "ssl.config")
    assert "secret" not in str(error.value)
    with pytest.raises(StartError, match="Cannot read --ssl_config_file="):
        server_credentials(tmp_path / "none")


def test_channel_arguments_reach_grpc(begin: Callable[..., Running]) -> None:
    server = begin("--grpc_channel_arguments=grpc.max_receive_message_length=1000,grpc.keepalive_time_ms=5000")
    request = PredictRequest()
    request.model_spec.name = "scale"
    request.inputs["x"].CopyFrom(tf.make_tensor_proto([1.0] * 1000))
    with pytest.raises(grpc.RpcError) as error:
        server.prediction.Predict(request, timeout=20)
    assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert server.work(0.0) == 3.0


def test_tensorflow_gets_its_settings(tmp_path: Path) -> None:
    file = tmp_path / "session.config"
    file.write_text("inter_op_parallelism_threads: 7 gpu_options { allow_growth: true }")
    code = (
        "import sys; from pathlib import Path; from serving.model_server.settings import Settings;"
        "from serving.model_server.tensorflow_config import configure;"
        "configure(Settings(model_base_path=Path('x'), tensorflow_session_config_file=Path(sys.argv[1]),"
        " per_process_gpu_memory_fraction=0.25));"
        "import tensorflow as tf; from tensorflow.python.eager import context; tf.constant(1);"
        "config = context.context().config; print(config.inter_op_parallelism_threads, config.gpu_options.allow_growth,"
        " config.gpu_options.per_process_gpu_memory_fraction)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.stdout == "7 True 0.25\n", done.stderr


def settings_of(*flags: str) -> dict[str, object]:
    """What the flags say, read in this process."""
    return main.make_context("server", ["--model_base_path=x", *flags]).params


@pytest.mark.parametrize(
    ("flags", "value"),
    [
        ([], False),
        (["--enable_batching"], True),
        (["--enable_batching=true"], True),
        (["--enable_batching=false"], False),
        (["--enable_batching", "true"], True),
        (["--enable_batching", "--port=1"], True),
        (["--enable_batching=1"], True),
    ],
)
def test_a_switch_may_be_written_in_any_way(flags: list[str], value: bool) -> None:
    assert settings_of(*flags)["enable_batching"] is value


def test_a_value_may_stand_behind_a_space_or_an_equals_sign() -> None:
    for flags in (["--model_name=photo", "--port=0"], ["--model_name", "photo", "--port", "0"]):
        given = settings_of(*flags)
        assert (given["model_name"], given["port"], given["rest_api_port"]) == ("photo", None, None)
    assert settings_of("--port=free")["port"] == 0


def test_every_flag_of_the_original_is_known_and_every_flag_documented() -> None:
    known = {parameter.name for parameter in main.params}
    assert known >= set(ORIGINALS)
    assert known - set(ORIGINALS) == {"host"}
    rows = {}
    for line in DOCUMENT.read_text().splitlines():
        if match := re.match(r"\| `(\w+)` \| ([^|]*) \|", line):
            rows[match[1]] = match[2].strip()
    assert rows.keys() == known
    defaults = {parameter.name: parameter.default for parameter in main.params}
    for name, told in rows.items():
        if name in WITHOUT_EFFECT or name in REFUSED or name == "version":
            continue
        default = defaults[name]
        if name in ("rest_api_num_threads", "grpc_max_threads"):
            assert told == "4 x CPUs"
        elif default is None:
            assert told in ("none", "0"), name
        else:
            text = str(default).lower() if isinstance(default, bool) else f"{default:g}" if default == 0 else default
            assert told == (str(text) or "none"), name


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_flag_that_cannot_be_obeyed_is_refused(name: str) -> None:
    context = main.make_context("server", ["--model_base_path=x", f"--{name}=something"])
    with pytest.raises(click.UsageError, match=f"--{name} is not supported: "):
        main.invoke(context)


def test_a_flag_without_meaning_here_is_accepted_with_a_warning(tmp_path: Path) -> None:
    done = run(
        f"--model_base_path={tmp_path / 'none'}",
        "--flush_filesystem_caches=true",
        "--num_unload_threads=2",
        "--use_alts_credentials=false",
        "--file_system_poll_wait_seconds=0",
    )
    assert done.returncode == 1
    assert "--flush_filesystem_caches has no effect: " in done.stderr
    assert "--num_unload_threads has no effect: " in done.stderr
    assert "use_alts_credentials" not in done.stderr


def test_an_unknown_flag_is_refused_and_the_nearest_named() -> None:
    done = run("--model_base_pth=x")
    assert done.returncode == 2
    assert "--model_base_path" in done.stderr


def test_the_version_is_shown() -> None:
    done = run("--version")
    assert done.returncode == 0
    assert re.fullmatch(r"TensorFlow ModelServer: 2\.\S+, as handtint \S+\nTensorFlow Library: 2\.\S+\n", done.stdout)


@pytest.mark.parametrize("flag", ["--port=70000", "--rest_api_port=none", "--port=-1"])
def test_a_wrong_port_is_refused(flag: str) -> None:
    with pytest.raises(click.UsageError, match="expected a number from 0 to 65535, or `free`"):
        settings_of(flag)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"port": None}, "At least one of --port or --grpc_socket_path must be set"),
        ({"port": 8500, "rest_api_port": 8500}, "--rest_api_port cannot be the same as --port, 8500"),
        (
            {"batching_parameters_file": Path("x")},
            "--batching_parameters_file is set without setting --enable_batching to true",
        ),
        (
            {f"tensorflow_{kind}_parallelism": 2 for kind in ("session", "intra_op", "inter_op")},
            "Either give --tensorflow_session_parallelism, or",
        ),
        ({"saved_model_tags": "serve,"}, "names no tag"),
        ({"grpc_channel_arguments": "grpc.max_connection_age_ms"}, "expected NAME=VALUE,NAME=VALUE"),
        ({"model_base_path": None}, "Both --model_base_path and --model_config_file are empty!"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Settings(**{"model_base_path": Path("x"), **options})


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    done = run(f"--model_base_path={tmp_path}", "--file_system_poll_wait_seconds=0")
    assert done.returncode == 1
    assert "Failed to start server. Error: UNKNOWN: 1 servable(s) did not become available: {{{name: de" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_told(scales: dict[int, Path]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(f"--model_base_path={scales[1].parent}", "--host=127.0.0.1", f"--port={port}")
    assert done.returncode == 1
    assert f"Failed to start server. Error: Cannot listen on 127.0.0.1:{port} for gRPC" in done.stderr


def test_a_server_that_waits_for_a_model_can_be_stopped(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, f"--model_base_path={tmp_path}", "--port=free"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stderr:
        if "No versions of servable default found" in line:
            break
    process.send_signal(signal.SIGTERM)
    printed, _ = process.communicate(timeout=30)
    assert (printed, process.returncode) == ("", 0)
