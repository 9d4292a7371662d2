"""Every option of a model server in one object; most of its fields are flags of the command, too.

    server = serve(Settings(model_name="photo", model_base_path=Path("models/photo"), rest_api_port=8501))

Names, meanings and defaults are TensorFlow Serving's; docs/model-server-flags.md lists them all, with the differences.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NamedTuple

from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

EVERYWHERE = "0.0.0.0"  # noqa: S104 - model servers stand on a private network, behind the gateway
FREE = 0  # any free port, as the operating system has it

_THREADS = 4 * (os.cpu_count() or 1)  # they wait in TensorFlow, outside Python's lock


class Flag(NamedTuple):
    """What a field says of the flag of its name; a number lies between `min` and `max`."""

    help: str
    min: int | None = None
    max: int | None = None


@dataclass(frozen=True)
class Settings:
    """What a server listens on, which models it serves, and how.

    A port is None where nothing listens, and 0 for any free one. `models` names the models from Python, instead of
    the flags that do.

    Raises:
        ValueError: two options contradict each other, or one is missing; the message names their flags.
    """

    host: Annotated[
        str, Flag("Address to listen on. 0.0.0.0 is every interface, as a pod needs; 127.0.0.1 only this machine.")
    ] = EVERYWHERE
    port: Annotated[int | None, Flag("gRPC port. 0 means no gRPC over TCP, `free` takes a free one.")] = 8500
    grpc_socket_path: Annotated[
        Path | None, Flag("Unix socket to listen on for gRPC, beside or instead of --port.")
    ] = None
    rest_api_port: Annotated[int | None, Flag("REST port. 0 means no REST, `free` takes a free one.")] = None
    rest_api_num_threads: Annotated[int, Flag("Threads that answer REST requests.", min=1)] = _THREADS
    rest_api_timeout_in_ms: Annotated[
        int, Flag("Time for a REST request, then DEADLINE_EXCEEDED. 0 is no limit.", min=0)
    ] = 30000
    rest_api_enable_cors_support: Annotated[
        bool, Flag("REST answers carry CORS headers, for pages of other origins.")
    ] = False
    grpc_max_threads: Annotated[int, Flag("Threads that answer gRPC requests.", min=1)] = _THREADS
    grpc_channel_arguments: Annotated[
        str, Flag("gRPC server options, separated by commas, such as grpc.max_connection_age_ms=2000.")
    ] = ""
    ssl_config_file: Annotated[Path | None, Flag("An SSLConfig in protobuf's text format: gRPC through TLS.")] = None
    enable_grpc_healthcheck_service: Annotated[bool, Flag("Answer the standard health service, grpc.health.v1.")] = (
        False
    )
    enable_profiler: Annotated[bool, Flag("Answer TensorFlow's ProfilerService on the gRPC port.")] = True

    model_name: Annotated[str, Flag("The name that requests use for the model of --model_base_path.")] = "default"
    model_base_path: Annotated[
        Path | None, Flag("Folder of version folders (1, 2, ...), each a SavedModel. The newest is served.")
    ] = None
    model_config_file: Annotated[
        Path | None,
        Flag("Instead of these two: a file that names several models, a ModelServerConfig in protobuf's text format."),
    ] = None
    model_config_file_poll_wait_seconds: Annotated[
        float, Flag("Seconds between two looks at --model_config_file. 0 reads it once, at the start.", min=0)
    ] = 0.0
    file_system_poll_wait_seconds: Annotated[
        float,
        Flag(
            "Seconds between two looks for new versions. 0 looks once, at the start and after a change of config.",
            min=0,
        ),
    ] = 1.0
    allow_version_labels_for_unavailable_models: Annotated[
        bool, Flag("New labels may name versions that are not loaded yet. Labels of the first config need it.")
    ] = False
    max_num_load_retries: Annotated[int, Flag("How often a version that does not load is tried again.", min=0)] = 5
    load_retry_interval_micros: Annotated[int, Flag("Microseconds between two tries. Negative does not wait.")] = (
        60_000_000
    )
    num_load_threads: Annotated[
        int, Flag("Versions that may load at the same time. 0 is one after the other.", min=0)
    ] = 0
    enable_model_warmup: Annotated[bool, Flag("Run a version's stored requests before it is served.")] = True

    enable_batching: Annotated[bool, Flag("Requests that wait are run together.")] = False
    batching_parameters_file: Annotated[Path | None, Flag("BatchingParameters in protobuf's text format.")] = None
    monitoring_config_file: Annotated[
        Path | None, Flag("A MonitoringConfig in protobuf's text format: metrics for Prometheus on the REST port.")
    ] = None
    enable_serialization_as_tensor_content: Annotated[
        bool, Flag("gRPC answers carry numbers as bytes (tensor_content) instead of typed fields (float_val).")
    ] = False
    prefer_tflite_model: Annotated[bool, Flag("Serve a version's model.tflite where there is one.")] = False
    saved_model_tags: Annotated[str, Flag("Tags of the graph to load, separated by commas.")] = "serve"

    tensorflow_session_parallelism: Annotated[int, Flag("Threads inside and between operations; 0 chooses.", min=0)] = 0
    tensorflow_intra_op_parallelism: Annotated[int, Flag("Threads inside one operation; 0 chooses.", min=0)] = 0
    tensorflow_inter_op_parallelism: Annotated[int, Flag("Operations that run at the same time; 0 chooses.", min=0)] = 0
    tensorflow_session_config_file: Annotated[
        Path | None, Flag("A TensorFlow ConfigProto in protobuf's text format.")
    ] = None
    per_process_gpu_memory_fraction: Annotated[
        float, Flag("Share of a GPU's memory that is taken, 0 to 1. 0 lets TensorFlow choose.", min=0, max=1)
    ] = 0.0

    models: ModelServerConfig | None = None

    def __post_init__(self) -> None:
        if not (self.models is not None or self.model_base_path or self.model_config_file):
            raise ValueError(
                "Both --model_base_path and --model_config_file are empty! Give --model_base_path=FOLDER to serve one "
                "model, or --model_config_file=FILE to serve several."
            )
        if self.port is None and not self.grpc_socket_path:
            raise ValueError(
                "At least one of --port or --grpc_socket_path must be set; --port=0 alone leaves no way in for gRPC. "
                "Give --port=free for any free port."
            )
        if self.port and self.port == self.rest_api_port:
            raise ValueError(f"--rest_api_port cannot be the same as --port, {self.port}. Choose another one.")
        if self.batching_parameters_file and not self.enable_batching:
            raise ValueError(
                "--batching_parameters_file is set without setting --enable_batching to true. Add --enable_batching, "
                "or leave out the file."
            )
        parallelism = ("session", "intra_op", "inter_op")
        if all(getattr(self, f"tensorflow_{kind}_parallelism") for kind in parallelism):
            raise ValueError(
                "Either give --tensorflow_session_parallelism, or --tensorflow_intra_op_parallelism and "
                "--tensorflow_inter_op_parallelism; all three cannot be set."
            )
        if not all(self.tags):
            raise ValueError(f"--saved_model_tags={self.saved_model_tags!r} names no tag. Leave it out for `serve`.")
        self.channel_arguments  # noqa: B018 - to refuse what it cannot read

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of the graph to load."""
        return tuple(tag.strip() for tag in self.saved_model_tags.split(","))

    @property
    def channel_arguments(self) -> list[tuple[str, int | str]]:
        """The gRPC server options; what looks like a whole number is one, as in the original.

        Raises:
            ValueError: one has no value.
        """
        found: list[tuple[str, int | str]] = []
        for argument in filter(None, self.grpc_channel_arguments.split(",")):
            name, equals, value = argument.strip().partition("=")
            if not (name and equals):
                raise ValueError(
                    f"--grpc_channel_arguments holds {argument!r}; expected NAME=VALUE,NAME=VALUE, such as "
                    "grpc.max_connection_age_ms=2000."
                )
            found.append((name, int(value) if value.lstrip("-").isdecimal() else value))
        return found
