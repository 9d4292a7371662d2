"""The command itself: its line, its flags, and how it stops."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import grpc
import httpx
import pytest
import tensorflow as tf
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

COMMAND = [sys.executable, "-m", "serving.model_server.main"]
ROOT = Path(__file__).parents[3]


def run(*flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *flags], cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_sigterm_drains_and_ends_with_status_0(scales):
    flags = [f"--model_base_path={scales[1].parent}", "--model_name", "scale", "--host=127.0.0.1"]
    process = subprocess.Popen(
        [*COMMAND, *flags, "--port=free", "--rest_api_port=free"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    line = process.stdout.readline()
    found = re.fullmatch(r"Serving scale on grpc://(127\.0\.0\.1:\d+) and (http://127\.0\.0\.1:\d+)\n", line)
    assert found, line
    grpc_address, http_url = found.groups()

    request = PredictRequest()
    request.model_spec.name = "scale"
    request.model_spec.signature_name = "slow"
    request.inputs["seconds"].CopyFrom(tf.make_tensor_proto([3.0], tf.float64))
    body = {"signature_name": "slow", "inputs": [3.0]}
    answers = {}

    def over_grpc() -> None:
        with grpc.insecure_channel(grpc_address) as channel:
            response = PredictionServiceStub(channel).Predict(request, timeout=30)
            answers["grpc"] = response.outputs["factor"].float_val[0]

    def over_http() -> None:
        response = httpx.post(f"{http_url}/v1/models/scale:predict", json=body, timeout=30)
        answers["http"] = response.json()["outputs"]["factor"][0]
        answers["connection"] = response.headers["connection"]

    clients = [threading.Thread(target=over_grpc), threading.Thread(target=over_http)]
    for client in clients:
        client.start()
    time.sleep(1.5)  # both are being worked on
    process.send_signal(signal.SIGTERM)
    for client in clients:
        client.join()
    assert answers == {"grpc": 3.0, "http": 3.0, "connection": "close"}
    assert process.wait(timeout=30) == 0
    process.stdout.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(http_url)


def test_an_unknown_flag_is_refused_and_the_nearest_named():
    done = run("--model_base_pth=x")
    assert done.returncode == 2
    assert "--model_base_path" in done.stderr


@pytest.mark.parametrize("flag", ["--port=70000", "--rest_api_port=none", "--port=-1"])
def test_a_wrong_port_is_refused(flag):
    done = run("--model_base_path=x", flag)
    assert done.returncode == 2
    assert "expected a number from 0 to 65535, or `free`" in done.stderr


def test_a_server_that_cannot_start_says_why(tmp_path):
    done = run(f"--model_base_path={tmp_path}", "--file_system_poll_wait_seconds=0")
    assert done.returncode == 1
    assert "Failed to start server. default did not become available" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_waits_for_a_model_can_be_stopped(tmp_path):
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
