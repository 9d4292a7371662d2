"""The `handtint-gateway` command.

    handtint-gateway --server=grpc://127.0.0.1:8500 --port=8080 --keys-file=keys.txt

When it answers, one line goes to standard output, for people and for a parent process:

    Gateway on http://127.0.0.1:8080

The log goes to standard error. SIGTERM and Ctrl-C let requests in flight finish and end with status 0.
"""

from __future__ import annotations

import logging
import signal
from typing import Any

import click

from serving.commands import as_main
from serving.gateway.app import create_app
from serving.gateway.flags import PREFIX, to_settings, with_flags
from serving.gateway.logs import configure
from serving.gateway.metrics import Metrics
from serving.gateway.web_server import WebServer

log = logging.getLogger(__name__)

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where a person on this machine finds it


@click.command(
    context_settings={
        "help_option_names": ["-h", "--help"],
        "show_default": True,
        "auto_envvar_prefix": PREFIX,
        "max_content_width": 120,
    }
)
@with_flags
@click.option("--host", default="127.0.0.1", help="Address to listen at; 0.0.0.0 is every interface.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, help="0 takes a free one.")
@click.option("--metrics-port", type=click.IntRange(0, 65535), help="For Prometheus, at /metrics; 0 takes a free one.")
def gateway(host: str, port: int, metrics_port: int | None, **values: Any) -> None:
    """Colourises pictures over HTTP: POST /v1/colourise, /v1/colourise/batch, /docs/, /healthz, /readyz.

    Each flag can be set by an environment variable too, as HANDTINT_GATEWAY_MAX_MEGAPIXELS.
    """
    settings = to_settings(**values)
    configure()
    metrics = Metrics(settings.tasks)
    web_server = WebServer(create_app(settings, metrics), host, port, settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: web_server.stop())
    log.info("At most %d MB of memory", settings.memory_ceiling // 10**6)
    scraped = metrics.serve(metrics_port, host) if metrics_port is not None else None
    click.echo(f"Gateway on {_url(host, web_server.port)}")
    if scraped:
        click.echo(f"Metrics on {_url(host, scraped.server_port)}/metrics")
    web_server.run()
    if scraped:
        scraped.shutdown()


def _url(host: str, port: int) -> str:
    shown = _EVERYWHERE.get(host, host)
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"


main = as_main("handtint-gateway", gateway)

if __name__ == "__main__":
    main()
