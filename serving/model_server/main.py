"""Serves models over TensorFlow Serving's gRPC and REST API.

    handtint-model-server --model_name=photo --model_base_path=models/photo --port=8500 --rest_api_port=8501
    handtint-model-server --model_config_file=models.config --port=8500 --rest_api_port=8501

Flags are TensorFlow Serving's, and mean what they mean there; `--host` and the port `free` are ours (`settings.py`,
docs/model-server-flags.md). Once all models answer, one line goes to standard output, for people and for a parent
process:

    Serving photo, sketch on grpc://127.0.0.1:8500 and http://127.0.0.1:8501

Everything else goes to standard error. On SIGTERM and Ctrl-C the health service says NOT_SERVING, requests are
taken until nobody sends any more (a second without one, or five in all), those in flight finish, and the status is 0.
A second signal ends the process at once; an end that hangs for 29 seconds tells where, and the status is 1.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from importlib.metadata import version
from typing import Any, NoReturn

import click

from serving.model_server.flags import options, take_others
from serving.model_server.settings import Settings
from serving.model_server.stop_signals import StopSignals

log = logging.getLogger(__name__)


def _serve(**values: Any) -> None:
    """Serves models over TensorFlow Serving's gRPC and REST API."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        remarks = take_others(values)
        settings = Settings(**values)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if settings.model_config_file and settings.model_base_path:
        remarks.append("--model_base_path and --model_name are ignored: --model_config_file names the models.")
    for remark in remarks:
        log.warning("%s", remark)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # has to be set before TensorFlow is imported
    stop = StopSignals()
    # Imported here, so that --help and a mistyped flag do not wait for TensorFlow.
    from serving.model_server.errors import StartError
    from serving.model_server.memory import keep_large_buffers
    from serving.model_server.server import GRACE_SECONDS, serve

    keep_large_buffers()
    try:
        server = serve(settings, wanted=lambda: not stop.asked)
    except StartError as error:
        if stop.asked:
            _end()
        raise click.ClickException(f"Failed to start server. Error: {error}") from None
    models = ", ".join(server.model_names) or "no models yet"
    click.echo(f"Serving {models} on {' and '.join(server.doors)}")
    stop.wait()
    deadline = time.monotonic() + GRACE_SECONDS
    server.drain()
    server.stop(deadline - time.monotonic())
    _end()


def _end() -> NoReturn:
    """Ends with status 0. A version that is still loading in TensorFlow would abort Python's own way of ending."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


def _show_version(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"TensorFlow ModelServer: {version('tensorflow-serving-api')}, as handtint {version('handtint')}")
        click.echo(f"TensorFlow Library: {version('tensorflow')}")
        ctx.exit()


_VERSION = click.Option(
    ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show the version."
)

main = click.Command(
    "handtint-model-server",
    callback=_serve,
    params=[*options(), _VERSION],
    help=_serve.__doc__,
    context_settings={"show_default": True, "max_content_width": 110},
)


if __name__ == "__main__":
    main()
