"""Has a running model server take a configuration at once, instead of at its next look at a file.

    python -m serving.model_server.reload models.config --server 127.0.0.1:8500

For `tensorflow/serving` and the embedded server alike: HandleReloadConfigRequest, which replaces the whole
configuration and answers once every new model is available. A server that polls a file goes back to what that file
says, so write the file first.
"""

from __future__ import annotations

import os
from pathlib import Path

import click
import grpc


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--server", default="127.0.0.1:8500", show_default=True, help="HOST:PORT of its gRPC door.")
@click.option("--seconds", default=600.0, show_default=True, help="How long to wait for new models.")
def main(file: Path, server: str, seconds: float) -> None:
    """Has a running model server take the configuration in FILE at once."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # has to be set before the messages import TensorFlow
    from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest
    from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceStub

    from serving.model_server.errors import ServingError
    from serving.model_server.model_config import read_model_config

    try:
        request = ReloadConfigRequest(config=read_model_config(file))
        with grpc.insecure_channel(server) as channel:
            status = ModelServiceStub(channel).HandleReloadConfigRequest(request, timeout=seconds).status
    except ServingError as error:
        raise click.ClickException(error.message) from None
    except grpc.RpcError as error:
        raise click.ClickException(f"{server} refused: {error.code().name}: {error.details()}") from None
    if status.error_code:  # tensorflow/serving's way to refuse
        raise click.ClickException(f"{server} refused: {status.error_message}")
    names = ", ".join(model.name for model in request.config.model_config_list.config) or "no models"
    click.echo(f"{server} serves {names} as {file} says")


if __name__ == "__main__":
    main()
