"""The whole server as one object: models, gRPC port, REST port. `main.py` is its command line.

    python -c "from pathlib import Path; from serving.model_server.server import start; \
               server = start(Path('models/photo'), 'photo'); print(server.grpc_port); server.stop()"
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from tensorflow_serving.apis.model_service_pb2_grpc import add_ModelServiceServicer_to_server
from tensorflow_serving.apis.prediction_service_pb2_grpc import add_PredictionServiceServicer_to_server

from serving.model_server.errors import StartError
from serving.model_server.grpc_service import ModelService, PredictionService
from serving.model_server.lifecycle import Model
from serving.model_server.models import Models
from serving.model_server.rest import create_app
from serving.model_server.rest_server import RestServer

# Kubernetes kills 30 s after SIGTERM unless told otherwise; this leaves it time to see us go.
GRACE_SECONDS = 25.0

# TensorFlow Serving's default for both transports. Threads wait in TensorFlow, outside Python's lock.
_THREADS = 4 * (os.cpu_count() or 1)

_GRPC_OPTIONS = [
    (
        "grpc.max_receive_message_length",
        -1,
    ),  # up to protobuf's own 2 GiB; most pictures pass gRPC's default of 4 MB
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),  # or a second server would share the port without a word
]


def address(host: str, port: int) -> str:
    """Host and port in one, as URLs and gRPC write them; an IPv6 host needs brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class ModelServer:
    """A server that answers for `model_names`.

    `grpc_port` and `rest_port` say where; `rest_port` is None without REST.
    """

    def __init__(self, models: Models, grpc_server: grpc.Server, grpc_port: int, rest: RestServer | None):
        self.grpc_port = grpc_port
        self.rest_port = rest.port if rest else None
        self.model_names = models.names
        self._models = models
        self._grpc = grpc_server
        self._rest = rest

    def stop(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Takes no new requests, lets those in flight finish for so long, and lets the models go."""
        deadline = time.monotonic() + grace_seconds
        stopped = self._grpc.stop(grace_seconds)
        if self._rest:
            self._rest.stop(grace_seconds)
        stopped.wait(max(0.0, deadline - time.monotonic()) + 1)
        self._models.stop()


def start(
    models: Path | Iterable[Model],
    model_name: str = "default",
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    rest_api_port: int | None = None,
    poll_seconds: float = 1.0,
    tensor_content: bool = False,
    stopping: threading.Event | None = None,
) -> ModelServer:
    """Loads models and serves them until `stop` is called on what comes back.

    Args:
        models: one model's base path, a folder of integer-named version folders; or several models, not loaded yet.
        model_name: the name that requests use, for a base path.
        host: address to listen on; 0.0.0.0 is every IPv4 interface.
        port: gRPC port; 0 takes a free one.
        rest_api_port: REST port; 0 takes a free one, None means no REST.
        poll_seconds: time between two looks for new versions; 0 looks once.
        tensor_content: gRPC answers carry numbers as bytes, which is smaller and faster to read than typed
            fields.
        stopping: set it from elsewhere to give up waiting for a first version.

    Raises:
        StartError: a model cannot be loaded, two have one name, or an address cannot be listened on.
    """
    served = Models([Model(model_name, models)] if isinstance(models, Path) else models, poll_seconds)
    served.start(stopping)
    grpc_server = grpc.server(ThreadPoolExecutor(_THREADS, thread_name_prefix="grpc"), options=_GRPC_OPTIONS)
    add_PredictionServiceServicer_to_server(PredictionService(served, tensor_content), grpc_server)
    add_ModelServiceServicer_to_server(ModelService(served), grpc_server)
    rest = None
    try:
        try:
            grpc_port = grpc_server.add_insecure_port(address(host, port))
        except RuntimeError as error:
            raise StartError(
                f"Cannot listen on {address(host, port)} for gRPC; the address is in use or not this "
                "machine's. Choose another --port, or `free` for any free one."
            ) from error
        if rest_api_port is not None:
            rest = RestServer(create_app(served), host, rest_api_port, _THREADS)
        grpc_server.start()
    except StartError:
        served.stop()
        raise
    return ModelServer(served, grpc_server, grpc_port, rest)
