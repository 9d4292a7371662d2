"""The options that every subcommand has: which model, where, and with which hints.

@door_options
def command(door: Door, ...) -> None:
    with door.open() as colouriser:
        colouriser.colourise(source, door.hints)
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from serving.client import Colouriser
from serving.colouring.hints import Hint, parse_hints
from serving.colouring.task import AUTO, TASKS
from serving.doors.gateway_calls import KEY_VARIABLE
from serving.doors.local_model import MODEL_DIR_VARIABLE
from serving.errors import OptionError

_PATH = click.Path(path_type=Path)
_OPTIONS = [
    click.option(
        "--server",
        metavar="URL",
        help="A model server: grpc://HOST:PORT, unix:PATH or http://HOST:PORT; or a gateway: gateway+https://HOST, "
        f"with the API key in ${KEY_VARIABLE}. grpcs and https are TLS.",
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        default=60.0,
        show_default=True,
        help="Seconds to wait for the server, for each picture.",
    ),
    click.option(
        "--task",
        type=click.Choice([AUTO, *TASKS]),
        default=AUTO,
        show_default=True,
        help="What the pictures are; auto looks at each. With a model named, auto means photo.",
    ),
    click.option("--model", help="The model's name. Default: the task's."),
    click.option(
        "--model-dir",
        type=_PATH,
        envvar=MODEL_DIR_VARIABLE,
        show_envvar=True,
        help="Without --server: use the newest exported version here, not the shipped weights.",
    ),
    click.option("--hints", type=_PATH, help="A JSON file of points and colours."),
]


@dataclass(frozen=True)
class Door:
    """What those options say; `hints` are read from their file already."""

    server: str | None
    timeout: float
    task: str
    model: str | None
    model_dir: Path | None
    hints: list[Hint]

    def open(self) -> Colouriser:
        """The client. Raises as `Colouriser` does."""
        if self.server:
            return Colouriser(self.server, self.model, task=self.task, timeout=self.timeout)
        with _quiet():
            return Colouriser(None, self.model, task=self.task, model_dir=self.model_dir)


def door_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options to a click command and gives them to it as `door`."""

    @functools.wraps(command)
    def with_door(
        server: str | None,
        timeout: float,
        task: str,
        model: str | None,
        model_dir: Path | None,
        hints: Path | None,
        **others: Any,
    ) -> Any:
        return command(door=Door(server, timeout, task, model, model_dir, _read_hints(hints)), **others)

    return functools.reduce(lambda function, option: option(function), reversed(_OPTIONS), with_door)


def _read_hints(path: Path | None) -> list[Hint]:
    if path is None:
        return []
    try:
        document = path.read_bytes()
    except OSError as error:
        raise OptionError(f"{path} cannot be read: {error.strerror}.", "Give the path of a file.") from error
    return parse_hints(document)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silences file descriptor 2: loading TensorFlow writes a dozen lines about accelerators there."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
