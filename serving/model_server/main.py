"""Serves models over TensorFlow Serving's gRPC and REST API.

    handtint-model-server --model_name=photo --model_base_path=models/photo --port=8500 --rest_api_port=8501
    handtint-model-server --model_config_file=models.config --port=8500 --rest_api_port=8501

Flags are TensorFlow Serving's, and mean what they mean there; `--host` and the port `free` are ours. Once all
models answer, one line goes to standard output, for people and for a parent process:

    Serving photo, sketch on grpc://127.0.0.1:8500 and http://127.0.0.1:8501

Everything else goes to standard error. SIGTERM and Ctrl-C let requests in flight finish, and end with status 0.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import cast

import click

FREE = -1
EVERYWHERE = "0.0.0.0"  # noqa: S104 - model servers stand on a private network, behind the gateway


class Port(click.ParamType):
    """A TCP port; `free` stands for any free one, which is port 0 to the operating system."""

    name = "port"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, with FREE for `free`."""
        text = str(value)
        if text == "free":
            return FREE
        if text.isascii() and text.isdigit() and int(text) <= 65535:
            return int(text)
        self.fail(f"expected a number from 0 to 65535, or `free`; received {text!r}.", param, ctx)


@click.command(context_settings={"show_default": True, "max_content_width": 110})
@click.option("--port", type=Port(), default=8500, help="gRPC port. `free` or 0 takes a free one.")
@click.option("--rest_api_port", type=Port(), default=0, help="REST port. 0 means no REST, `free` takes a free one.")
@click.option(
    "--host",
    default=EVERYWHERE,
    help="Address to listen on. 0.0.0.0 is every interface, as a pod needs; 127.0.0.1 only this machine.",
)
@click.option(
    "--model_name", show_default="default", help="The name that requests use for the model of --model_base_path."
)
@click.option(
    "--model_base_path",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of version folders (1, 2, ...), each a SavedModel. The newest is served.",
)
@click.option(
    "--model_config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Instead of these two: a file that names several models, a ModelServerConfig in protobuf's text format.",
)
@click.option(
    "--file_system_poll_wait_seconds",
    type=click.FloatRange(min=0),
    default=1.0,
    help="Seconds between two looks for new versions. 0 looks once, at the start.",
)
@click.option(
    "--enable_serialization_as_tensor_content",
    type=bool,
    is_flag=False,
    flag_value=True,
    default=False,
    help="gRPC answers carry numbers as bytes (tensor_content) instead of typed fields (float_val).",
)
def main(
    port: int,
    rest_api_port: int,
    host: str,
    model_name: str | None,
    model_base_path: Path | None,
    model_config_file: Path | None,
    file_system_poll_wait_seconds: float,
    enable_serialization_as_tensor_content: bool,
) -> None:
    """Serves models over TensorFlow Serving's gRPC and REST API."""
    _check_one_way(model_name, model_base_path, model_config_file)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # has to be set before TensorFlow is imported
    stopping = threading.Event()
    _stop_on_signals(stopping)
    # Imported here, so that --help and a mistyped flag do not wait for TensorFlow.
    from serving.model_server.errors import StartError
    from serving.model_server.model_config import read_model_config
    from serving.model_server.server import address, start

    try:
        server = start(
            model_base_path or read_model_config(cast(Path, model_config_file)),
            model_name or "default",
            host=host,
            port=max(port, 0),
            rest_api_port={0: None, FREE: 0}.get(rest_api_port, rest_api_port),
            poll_seconds=file_system_poll_wait_seconds,
            tensor_content=enable_serialization_as_tensor_content,
            stopping=stopping,
        )
    except StartError as error:
        raise click.ClickException(f"Failed to start server. {error}") from None
    shown = "127.0.0.1" if host == EVERYWHERE else host
    rest = f" and http://{address(shown, server.rest_port)}" if server.rest_port else ""
    if not stopping.is_set():
        click.echo(f"Serving {', '.join(server.model_names)} on grpc://{address(shown, server.grpc_port)}{rest}")
    stopping.wait()
    server.stop()


def _check_one_way(model_name: str | None, model_base_path: Path | None, model_config_file: Path | None) -> None:
    """The models are named in one of the two ways, not in both and not in neither."""
    if not model_base_path and not model_config_file:
        raise click.UsageError(
            "Both --model_base_path and --model_config_file are empty! Give --model_base_path=FOLDER to serve one "
            "model, or --model_config_file=FILE to serve several."
        )
    if model_config_file and (model_base_path or model_name):
        other = "--model_base_path" if model_base_path else "--model_name"
        raise click.UsageError(
            f"--model_config_file and {other} are two ways to name the models; expected one of them, received both. "
            f"Leave out {other}, and name that model in {model_config_file}."
        )


def _stop_on_signals(stopping: threading.Event) -> None:
    """The first SIGTERM or Ctrl-C asks to stop; a second one ends the process at once."""

    def ask(number: int, frame: FrameType | None) -> None:
        stopping.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)


if __name__ == "__main__":
    main()
