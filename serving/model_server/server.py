"""The whole server as one object: models, gRPC port, REST port. `main.py` is its command line.

server = serve(Settings(model_name="photo", model_base_path=Path("models/photo"), port=0))
print(server.grpc_port)
server.stop()
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import grpc
from tensorflow_serving.apis.model_service_pb2_grpc import add_ModelServiceServicer_to_server
from tensorflow_serving.apis.prediction_service_pb2_grpc import add_PredictionServiceServicer_to_server
from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

from serving.model_server import tensorflow_config
from serving.model_server.batching_parameters import BatchingParameters, read_batching_parameters
from serving.model_server.config_watcher import ConfigWatcher
from serving.model_server.errors import ServingError, StartError
from serving.model_server.grpc_service import ModelService, PredictionService
from serving.model_server.health import Health
from serving.model_server.in_flight import InFlight
from serving.model_server.lifecycle import Model
from serving.model_server.loading import Loader
from serving.model_server.model_config import PLATFORM, one_model, read_model_config
from serving.model_server.models import Models
from serving.model_server.monitoring import Metrics, read_monitoring_config
from serving.model_server.profiler import ProfilerService
from serving.model_server.rest import create_app
from serving.model_server.rest_server import RestServer
from serving.model_server.servable import LoadOptions, Servable
from serving.model_server.settings import EVERYWHERE, Settings
from serving.model_server.ssl_config import server_credentials

# Kubernetes kills 30 s after SIGTERM unless told otherwise; this leaves it time to see us go.
GRACE_SECONDS = 25.0

# Clients and load balancers hear a moment late that a server is not ready any more. It ends once nobody has come for
# the first time, and after the second whoever comes.
QUIET_SECONDS, DRAIN_SECONDS = 1.0, 5.0

_GRPC_OPTIONS: dict[str, int | str] = {
    # Up to protobuf's own 2 GiB; most pictures pass gRPC's default of 4 MB.
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    "grpc.so_reuseport": 0,  # or a second server would share the port without a word
}


def address(host: str, port: int) -> str:
    """Host and port in one, as URLs and gRPC write them; an IPv6 host needs brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class ModelServer:
    """A server that answers for `model_names`.

    `grpc_port` and `rest_port` say where, None for nowhere; `doors` has the same as addresses for clients.
    """

    def __init__(self, settings: Settings, models: Models, metrics: Metrics | None, metrics_path: str | None):
        """Opens the doors of models that are loaded.

        Raises:
            StartError: an address cannot be listened on, or the TLS file is no good.
        """
        self._stopped = False
        self._models = models
        self._calls = InFlight()
        self._health = Health()
        self._grpc = grpc.server(
            ThreadPoolExecutor(settings.grpc_max_threads, thread_name_prefix="grpc"),
            interceptors=[self._calls],
            options=list({**_GRPC_OPTIONS, **dict(settings.channel_arguments)}.items()),  # of two, gRPC takes the first
        )
        as_content = settings.enable_serialization_as_tensor_content
        add_PredictionServiceServicer_to_server(PredictionService(models, as_content, metrics), self._grpc)
        add_ModelServiceServicer_to_server(ModelService(models), self._grpc)
        if settings.enable_grpc_healthcheck_service:
            self._health.register(self._grpc)
        if settings.enable_profiler:
            self._grpc.add_generic_rpc_handlers((ProfilerService(),))
        self.grpc_port = self._listen_for_grpc(settings)
        self._rest: RestServer | None = None
        if settings.rest_api_port is not None:
            app = create_app(
                models,
                metrics=metrics,
                metrics_path=metrics_path,
                cors=settings.rest_api_enable_cors_support,
                timeout_seconds=settings.rest_api_timeout_in_ms / 1000,
                threads=settings.rest_api_num_threads,
            )
            self._rest = RestServer(app, settings.host, settings.rest_api_port, settings.rest_api_num_threads)
        self.rest_port = self._rest.port if self._rest else None
        self._grpc.start()
        self.doors = self._doors(settings)
        # The first config has just been taken; from now on the file may change it.
        self._watcher: ConfigWatcher | None = None
        if settings.model_config_file and settings.model_config_file_poll_wait_seconds:
            seconds = settings.model_config_file_poll_wait_seconds
            self._watcher = ConfigWatcher(models, settings.model_config_file, seconds)

    @property
    def model_names(self) -> list[str]:
        """What the models are called, in the config's order."""
        return self._models.names

    def drain(self) -> None:
        """Says that it is not ready, and goes on answering those who have not heard of it.

        Comes back when nobody has come for QUIET_SECONDS, at the latest after DRAIN_SECONDS; `stop` is next.
        """
        begun = time.monotonic()
        self._health.drain()
        if self._rest:
            self._rest.drain()
        while (now := time.monotonic()) < begun + DRAIN_SECONDS:
            last_arrival = max(begun, self._calls.last_arrival, self._rest.last_arrival if self._rest else 0.0)
            if now > last_arrival + QUIET_SECONDS:
                return
            time.sleep(0.02)

    def stop(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Says that it is not ready, takes no new requests, lets those in flight finish for so long, and lets go.

        A second call does nothing.
        """
        if self._stopped:
            return
        self._stopped = True
        deadline = time.monotonic() + grace_seconds
        self._health.drain()
        if self._watcher:
            self._watcher.stop()
        self._models.settle()
        ended = self._grpc.stop(grace_seconds)
        if self._rest:
            self._rest.stop(grace_seconds)
        self._calls.wait_until_idle(deadline - time.monotonic(), ended)
        self._grpc.stop(0).wait(1)  # those who watch the health service
        self._models.stop()

    def _listen_for_grpc(self, settings: Settings) -> int | None:
        credentials = server_credentials(settings.ssl_config_file) if settings.ssl_config_file else None

        def listen(where: str, flag: str) -> int:
            try:
                if credentials:
                    return int(self._grpc.add_secure_port(where, credentials))
                return int(self._grpc.add_insecure_port(where))
            except RuntimeError as error:
                raise StartError(f"Cannot listen on {where} for gRPC; {flag}") from error

        if settings.grpc_socket_path:
            listen(
                f"unix:{settings.grpc_socket_path}",
                "its folder is missing or closed to this user, or the path is longer than 107 bytes. Choose another "
                "--grpc_socket_path.",
            )
        if settings.port is None:
            return None
        return listen(
            address(settings.host, settings.port),
            "the address is in use or not this machine's, or the key and certificate of --ssl_config_file do not fit. "
            "Choose another --port, or `free` for any free one.",
        )

    def _doors(self, settings: Settings) -> list[str]:
        host = "127.0.0.1" if settings.host == EVERYWHERE else settings.host
        doors = []
        if self.grpc_port is not None:
            doors.append(f"{'grpcs' if settings.ssl_config_file else 'grpc'}://{address(host, self.grpc_port)}")
        if settings.grpc_socket_path:
            doors.append(f"unix:{settings.grpc_socket_path}")
        if self.rest_port is not None:
            doors.append(f"http://{address(host, self.rest_port)}")
        return doors


def serve(settings: Settings, wanted: Callable[[], bool] = lambda: True) -> ModelServer:
    """Loads the models that the settings name, and serves them until `stop` is called on what comes back.

    Args:
        settings: what to serve, where and how.
        wanted: waiting for a first version ends where it says no.

    Raises:
        StartError: a model cannot be loaded, a file of the settings is no good, an address cannot be listened on, or
            it is not wanted any more.
    """
    metrics_path = read_monitoring_config(settings.monitoring_config_file) if settings.monitoring_config_file else None
    metrics = Metrics() if metrics_path else None
    batching = None
    if settings.enable_batching:
        file = settings.batching_parameters_file
        batching = read_batching_parameters(file) if file else BatchingParameters()
    options = LoadOptions(
        tags=settings.tags,
        prefer_tflite=settings.prefer_tflite_model,
        warm_up=settings.enable_model_warmup,
        metrics=metrics,
        batching=batching,
    )
    loader = Loader(
        partial(Servable.load, options=options),
        max_retries=settings.max_num_load_retries,
        retry_seconds=settings.load_retry_interval_micros / 1e6,
        at_once=settings.num_load_threads,
    )
    config = _first_config(settings)
    tensorflow_config.configure(settings)
    early_labels = settings.allow_version_labels_for_unavailable_models
    models = Models(loader, settings.file_system_poll_wait_seconds, early_labels)
    models.start(config, wanted)
    try:
        return ModelServer(settings, models, metrics, metrics_path)
    except StartError:
        models.stop()
        raise


def start(
    models: Path | Iterable[Model],
    model_name: str = "default",
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    poll_seconds: float = 1.0,
    **options: Any,
) -> ModelServer:
    """Serves models on free ports of this machine, for programs and tests: `serve` in one call.

    Args:
        models: one model's base path; or several models, of which the name and the base path count.
        model_name: the name that requests use, for a base path.
        host: address to listen on.
        port: gRPC port; 0 takes a free one.
        poll_seconds: time between two looks for new versions; 0 looks once.
        options: other fields of `Settings`.

    Raises:
        StartError: as `serve` says.
    """
    if isinstance(models, Path):
        config = one_model(model_name, models)
    else:
        config = ModelServerConfig()
        for model in models:
            path = str(model.base_path.absolute())
            config.model_config_list.config.add(name=model.name, base_path=path, model_platform=PLATFORM)
    return serve(Settings(models=config, host=host, port=port, file_system_poll_wait_seconds=poll_seconds, **options))


def _first_config(settings: Settings) -> ModelServerConfig:
    if settings.models is not None:
        return settings.models
    if settings.model_config_file:
        try:
            return read_model_config(settings.model_config_file)
        except ServingError as error:
            raise StartError(str(error)) from error
    return one_model(settings.model_name, settings.model_base_path or Path())
