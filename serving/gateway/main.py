"""The `handtint-gateway` command.

    handtint-gateway --server=grpc://127.0.0.1:8500 --port=8080

When it answers, one line goes to standard output, for people and for a parent process:

    Gateway on http://127.0.0.1:8080

The log goes to standard error. SIGTERM and Ctrl-C let requests in flight finish and end with status 0.
"""

from __future__ import annotations

import logging
import signal
from pathlib import Path

import click

from serving.commands import as_main
from serving.gateway.app import MAX_BYTES, create_app
from serving.gateway.web_server import WebServer
from serving.pictures import MAX_PIXELS

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where a person on this machine finds it


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--server", required=True, metavar="URL", help="The model server: grpc://HOST:PORT.")
@click.option("--model", default="photo", help="The name there of the model for photographs.")
@click.option("--sketch-model", default="sketch", help="The name there of the one for sketches, if it has one.")
@click.option("--host", default="127.0.0.1", help="Address to listen at; 0.0.0.0 is every interface.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, help="0 takes a free one.")
@click.option("--threads", type=click.IntRange(min=1), default=4, help="Pictures worked on at a time.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=30.0, help="Of the model server, in s.")
@click.option("--max-megapixels", type=click.FloatRange(0, 1000), default=MAX_PIXELS / 1e6, help="Of a picture.")
@click.option("--max-megabytes", type=click.FloatRange(0, 1000), default=MAX_BYTES / 1e6, help="Of a request.")
@click.option("--web", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Give this folder out at /.")
def gateway(
    server: str,
    model: str,
    sketch_model: str,
    host: str,
    port: int,
    threads: int,
    timeout: float,
    max_megapixels: float,
    max_megabytes: float,
    web: Path | None,
) -> None:
    """Colourises pictures over HTTP: POST /v1/colourise, /healthz, /readyz."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # It would say «queue depth» for each picture that waits for a thread.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    max_pixels, max_bytes = int(max_megapixels * 1e6), int(max_megabytes * 1e6)
    app = create_app(
        server,
        model,
        sketch_model=sketch_model,
        max_pixels=max_pixels,
        max_bytes=max_bytes,
        timeout=timeout,
        web=web,
    )
    web_server = WebServer(app, host, port, threads, max_bytes)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: web_server.stop())
    shown = _EVERYWHERE.get(host, host)
    click.echo(f"Gateway on http://{f'[{shown}]' if ':' in shown else shown}:{web_server.port}")
    web_server.run()


main = as_main("handtint-gateway", gateway)

if __name__ == "__main__":
    main()
