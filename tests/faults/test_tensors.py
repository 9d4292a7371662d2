"""Hostile requests at the model server's two doors."""

from __future__ import annotations

import base64
import gzip
import json
import math
import re
import socket
from collections.abc import Callable
from pathlib import Path

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis.predict_pb2 import PredictRequest

from tests.faults.conftest import LISTEN, Gateway, ModelServer
from tests.faults.processes import unharmed
from tests.serving.contract.server import error_of, model_spec, predict_request, refused
from tests.serving.gateway.answers import problem
from tests.serving.sample_pictures import GOOD, png

INVALID = grpc.StatusCode.INVALID_ARGUMENT
PREDICT = "/v1/models/zoo:predict"
HTML = b"<!DOCTYPE html><html><body>404 Not Found</body></html>"


def serves(server: ModelServer) -> None:
    """Both doors answer."""
    assert server.scale() == 2.0
    assert server.doors.post(PREDICT, {"instances": [1.0]}).json() == {"predictions": [2.5]}


def counted(server: ModelServer, model: str, status: str) -> float:
    """How many requests have ended with this status."""
    page = server.doors.http.get("/monitoring/prometheus/metrics").text
    name = f':tensorflow:serving:request_count{{model_name="{model}",status="{status}"}}'
    found = re.search(rf"{re.escape(name)} (\S+)", page)
    return float(found[1]) if found else 0.0


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": ' * 100_000 + b"1" + b"}" * 100_000,
        b'{"instances": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"[" * 100_000,
    ],
    ids=["objects", "lists", "without an end"],
)
def test_deep_json(model_server: ModelServer, body: bytes) -> None:
    before = counted(model_server, "zoo", "INVALID_ARGUMENT")
    with unharmed(model_server, lambda: serves(model_server)):
        status, message = error_of(model_server.doors.post(PREDICT, body))
    assert status == 400
    assert counted(model_server, "zoo", "INVALID_ARGUMENT") == before + 1
    assert message.startswith("JSON Parse error: ")
    assert len(message) < 1000


def test_a_gzip_bomb(model_server: ModelServer) -> None:
    bomb = 10 * gzip.compress(bytes(50 * 2**20), 9)
    assert len(bomb) < 2**20
    # 100 MB are inflated, in pieces that are joined
    with unharmed(model_server, lambda: serves(model_server), takes=320 * 2**20):
        status, message = error_of(model_server.doors.post(PREDICT, bomb, content_encoding="gzip"))
    assert status == 400
    assert "inflates to more than 104857600 bytes" in message


@pytest.mark.parametrize("shape", [(256, 256), (256, 256, 1), (1, 256, 256), (1, 1, 256, 256, 1), (1, 8, 8, 1), ()])
def test_a_tensor_of_a_wrong_rank(model_server: ModelServer, shape: tuple[int, ...]) -> None:
    """oneDNN would end the process."""
    before = counted(model_server, "photo", "INVALID_ARGUMENT")
    hints = np.zeros((1, 256, 256, 3), np.float32)
    request = predict_request(model_spec("photo", "chroma"), luminance=np.zeros(shape, np.float32), hints=hints)
    with unharmed(model_server, lambda: serves(model_server)):
        code, message = refused(model_server.doors.prediction.Predict, request)
        assert code is INVALID
        assert "expect [?,256,256,1]" in message
        rows = {
            "signature_name": "chroma",
            "inputs": {"luminance": np.zeros((1, 8)).tolist(), "hints": [[[[0.0] * 3]]]},
        }
        status, message = error_of(model_server.doors.post("/v1/models/photo:predict", rows))
        assert status == 400
    assert counted(model_server, "photo", "INVALID_ARGUMENT") >= before + 2


def test_a_tensor_that_is_not_a_number(model_server: ModelServer) -> None:
    """It comes out as it went in, and harms nobody who asks after it."""
    luminance, hints = np.full((1, 256, 256, 1), np.nan, np.float32), np.zeros((1, 256, 256, 3), np.float32)
    request = predict_request(model_spec("photo", "chroma"), luminance=luminance, hints=hints)
    with unharmed(model_server, lambda: serves(model_server)):
        assert np.isnan(model_server.doors.outputs(request)["coefficients"]).all()
        answer = model_server.doors.post(PREDICT, '{"instances": [NaN, Infinity, -Infinity]}')
        assert answer.status_code == 200
        not_a_number, *infinite = json.loads(answer.text)["predictions"]
        assert math.isnan(not_a_number)
        assert infinite == [math.inf, -math.inf]
    request.inputs["luminance"].CopyFrom(tf.make_tensor_proto(np.zeros_like(luminance)))
    assert np.isfinite(model_server.doors.outputs(request)["coefficients"]).all()


def test_a_short_message_that_stands_for_gigabytes(model_server: ModelServer) -> None:
    proto = tf.make_tensor_proto(np.float32(1), shape=[1])
    proto.tensor_shape.dim[0].size = 2**33
    with unharmed(model_server, lambda: serves(model_server)):
        code, _ = refused(model_server.doors.prediction.Predict, predict_request(model_spec("zoo"), x=proto))
        assert code is INVALID


def test_a_body_of_a_terabyte(model_server: ModelServer) -> None:
    head = f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: {10**12}\r\n\r\n"
    port = model_server.doors.http.base_url.port
    with unharmed(model_server, lambda: serves(model_server)), socket.create_connection(("127.0.0.1", port)) as sender:
        sender.sendall(head.encode())
        assert sender.recv(100).startswith(b"HTTP/1.1 413 ")


def test_pictures_that_the_graph_must_not_decode(
    saved_model: Path, start_model_server: Callable[..., ModelServer]
) -> None:
    """The model that ships decodes pictures itself, and TensorFlow's decoder would take gigabytes for the first."""
    server = start_model_server(*LISTEN, "--model_name=photo", f"--model_base_path={saved_model.parent}")

    def ask(data: bytes) -> PredictRequest:
        return predict_request(model_spec("photo"), image_bytes=np.array([data]))

    def serves() -> None:
        assert server.doors.outputs(ask(GOOD["grey.png"]))["image_bytes"][0].startswith(b"\x89PNG")

    giant = png(20_000, 20_000, 8, 0, bytes(20_000 * 2_300))
    with unharmed(server, serves):
        for data, expected in ((giant, "pixels"), (HTML, "must be a JPEG or PNG")):
            code, message = refused(server.doors.prediction.Predict, ask(data))
            assert code is INVALID
            assert expected in message
            body = {"instances": [{"b64": base64.b64encode(data).decode()}]}
            status, message = error_of(server.doors.post("/v1/models/photo:predict", body))
            assert status == 400
            assert expected in message


def test_colours_that_are_not_numbers_reach_nobody(gateway: Gateway) -> None:
    """A model that answers NaN is the operator's to see to."""
    before = gateway.rejections("model-server")
    with unharmed(gateway, gateway.serves):
        body = problem(gateway.colourise(model="nan"), 502, "model-server")
        assert body["detail"] == "The model server could not colourise the picture."
    assert gateway.rejections("model-server") == before + 1
    assert gateway.logged("are not finite; expected finite [1, 256, 256, 4]")
