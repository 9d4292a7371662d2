"""The settings as flags and as environment variables.

    handtint-gateway --server=grpc://127.0.0.1:8500 --max-megapixels=40
    HANDTINT_GATEWAY_SERVER=grpc://127.0.0.1:8500 HANDTINT_GATEWAY_MAX_MEGAPIXELS=40 handtint-gateway

Each flag has such a variable; a flag wins. What may be given several times has spaces between in its variable.
HANDTINT_GATEWAY_API_KEYS alone has no flag: every process of the machine can read flags.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from serving.doors.target import grpc_addresses
from serving.errors import OptionError
from serving.gateway.formats import FORMATS_READ
from serving.gateway.settings import MAX_BYTES, Settings
from serving.pictures import MAX_PIXELS

PREFIX = "HANDTINT_GATEWAY"
KEYS_VARIABLE = f"{PREFIX}_API_KEYS"

_COUNT = click.IntRange(min=1)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_SECONDS = click.FloatRange(min=0, min_open=True)
_MEGA = click.FloatRange(0, 1000, min_open=True)

_FLAGS = [
    click.option("--server", required=True, multiple=True, metavar="URL", help="grpc://HOST:PORT; or more."),
    click.option("--model", default="photo", help="The name there of the model for photographs."),
    click.option("--sketch-model", default="sketch", help="The name there of the one for sketches, if it has one."),
    click.option("--allow-model", multiple=True, metavar="NAME=TASK", help="A further one that requests may name."),
    click.option("--timeout", type=_SECONDS, default=30.0, help="From a picture's arrival to its colours, in s."),
    click.option("--max-megapixels", type=_MEGA, default=MAX_PIXELS / 1e6, help="Of a picture."),
    click.option("--max-megabytes", type=_MEGA, default=MAX_BYTES / 1e6, help="Of a picture as it is sent."),
    click.option("--formats", default=",".join(FORMATS_READ), metavar="LIST", help="That are read."),
    click.option("--threads", type=_COUNT, default=4, help="Pictures worked on at a time."),
    click.option("--waiting", type=click.IntRange(min=0), default=16, help="Pictures that may wait for that."),
    click.option("--batches", type=_COUNT, default=2, help="Batches worked on at a time."),
    click.option("--max-batch", type=_COUNT, default=100, help="Pictures in a batch."),
    click.option("--max-batch-megabytes", type=_MEGA, default=200.0, help="Of a batch, packed and unpacked."),
    click.option("--keys-file", type=_FILE, help="Hashes of the API keys; see handtint-gateway-key."),
    click.option("--no-authentication", is_flag=True, help="Let everybody in."),
    click.option("--rate", default="300/minute", help="Of one key, or address; none for no limit."),
    click.option("--origin", multiple=True, metavar="URL", help="A web page that may call from a browser."),
    click.option("--split", metavar="SHARES", help="Labels and their per cent: stable=90,canary=10."),
    click.option("--split-file", type=_FILE, help="A file with that in it, read again when it changes."),
    click.option("--sticky", is_flag=True, help="A client, by key or address, keeps its label."),
    click.option("--proxies", type=click.IntRange(0, 10), default=0, help="In front, that set X-Forwarded-For."),
    click.option("--web", type=_FOLDER, help="Give this folder out at /."),
]


def with_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a click command all of them; `to_settings` takes what it gets."""
    for flag in reversed(_FLAGS):
        command = flag(command)
    return command


def to_settings(
    *,
    server: tuple[str, ...],
    origin: tuple[str, ...],
    allow_model: tuple[str, ...],
    max_megapixels: float,
    max_megabytes: float,
    max_batch_megabytes: float,
    formats: str,
    no_authentication: bool,
    rate: str,
    **rest: Any,
) -> Settings:
    """The flags' values as settings; raises OptionError as they do."""
    return Settings(
        server=_join(server),
        origins=origin,
        more_models=dict(_named(each) for each in allow_model),
        max_pixels=int(max_megapixels * 1e6),
        max_bytes=int(max_megabytes * 1e6),
        max_batch_bytes=int(max_batch_megabytes * 1e6),
        formats=tuple(name.strip() for name in formats.split(",") if name.strip()),
        authentication=not no_authentication,
        keys=tuple(os.environ.get(KEYS_VARIABLE, "").split()),
        rate=None if rate.lower() in ("none", "") else rate,
        **rest,
    )


def from_environment() -> Settings:
    """The settings when there is no command line: under gunicorn, or in a pod.

    Raises:
        OptionError: a variable is missing or makes no sense.
    """
    found: list[Settings] = []

    @click.command(context_settings={"auto_envvar_prefix": PREFIX})
    @with_flags
    def read(**values: Any) -> None:
        found.append(to_settings(**values))

    try:
        read.main([], prog_name=PREFIX, standalone_mode=False)
    except click.ClickException as error:
        raise OptionError(error.format_message(), f"Set {PREFIX}_…, as handtint-gateway --help names them.") from error
    return found[0]


def _join(servers: tuple[str, ...]) -> str:
    """Several --server as one with commas between; what is no address stays as it is, for the settings to refuse."""
    if len(servers) == 1:
        return servers[0]
    addresses = [grpc_addresses(server) for server in servers]
    if None in addresses:
        return servers[addresses.index(None)]
    return f"grpc://{','.join(filter(None, addresses))}"


def _named(text: str) -> tuple[str, str]:
    name, _, task = text.partition("=")
    return name, task or "photo"
