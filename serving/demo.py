"""Colours three photographs, and a drawing, through every door, and checks that the doors agree.

    python -m serving.demo --repository build/models --web web/dist --out demo      # make demo

Starts the embedded model server with every model of the repository, and the gateway, on free ports. Sends each picture
over gRPC (the Python client), REST (`serving_default`, as curl would) and to the gateway, writes the answers under
--out and prints a table. The servers stay up for a look at the page until Ctrl-C; with DEMO_ONCE=1 in the environment
it ends by itself.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import httpx
import numpy as np

from serving.client import Colouriser, encode_picture
from serving.colouring.task import TASKS, choose_task
from serving.commands import as_main
from serving.errors import HandtintError
from serving.pictures import eight_bit, on_white, read_picture

TOLERANCE = 1  # of 255: the doors round the same colours in different libraries
_ADDRESS = re.compile(r"\w+://\S+")
_PATIENCE = 120.0  # seconds for a server to start or to answer: slow machines and cold caches


class DemoFailed(HandtintError):
    """A server did not start, or two doors disagree."""


@click.command()
@click.option("--repository", type=click.Path(path_type=Path, exists=True), required=True, help="Model repository.")
@click.option("--web", type=click.Path(path_type=Path, exists=True), required=True, help="The built page.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the coloured pictures.")
@click.argument("pictures", nargs=-1, type=click.Path(path_type=Path, exists=True))
def demo(repository: Path, web: Path, out: Path, pictures: tuple[Path, ...]) -> None:
    """Colour PICTURES (default: some of the page's samples) through gRPC, REST and the gateway."""
    models = [task for task in TASKS if any((repository / task).glob("*/saved_model.pb"))]
    chosen = pictures or _samples(web, models)
    out.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the servers end with this process
    with ExitStack() as stack:
        config = f"--model_config_file={_write_config(out / 'models.config', repository, models)}"
        here = ["--host=127.0.0.1", "--port=free", "--rest_api_port=free", "--enable_serialization_as_tensor_content"]
        line = stack.enter_context(_server("model_server.main", out / "model-server.log", *here, config))
        grpc, rest = _ADDRESS.findall(line)
        flags = ["--port=0", "--no-authentication", f"--server={grpc}", f"--web={web}"]
        line = stack.enter_context(_server("gateway.main", out / "gateway.log", *flags))
        (gateway,) = _ADDRESS.findall(line)
        client = stack.enter_context(Colouriser(grpc))
        doors: dict[str, Callable[[bytes], bytes]] = {
            "gRPC": lambda data: encode_picture(client.colourise(data), "png"),
            "REST": lambda data: _through_rest(rest, models, data),
            "gateway": lambda data: _through_gateway(gateway, data),
        }
        furthest = _colour(doors, chosen, out)
        click.echo(f"The doors differ by at most {furthest}/255. Pictures: {out}/")
        if furthest > TOLERANCE:
            raise DemoFailed(f"The doors differ by {furthest}/255; expected {TOLERANCE} at most.", "Please report it.")
        click.echo(f"The page, which needs no server once it is loaded: {gateway}/")
        if os.environ.get("DEMO_ONCE") != "1":
            click.echo(f"Model server: {grpc} and {rest}. Ctrl-C ends it all.")
            with _until_interrupted():
                signal.pause()


def _samples(web: Path, models: list[str]) -> list[Path]:
    """Three of the page's photographs, which are JPEGs, and one of its drawings, PNGs, if there is a model for them."""
    photographs, drawings = (sorted((web / "samples").glob(f"*.{kind}")) for kind in ("jpg", "png"))
    return photographs[:3] + (drawings[:1] if "sketch" in models else [])


def _write_config(file: Path, repository: Path, models: list[str]) -> Path:
    """Names the repository's models for the model server, as for TensorFlow Serving."""
    if "photo" not in models:
        raise DemoFailed(
            f"{repository} holds no photo model; expected {repository}/photo/1.",
            f"Export one with: python -m export saved-model --weights photo --out {repository}/photo",
        )
    entries = []
    for model in models:
        base_path = json.dumps(str((repository / model).resolve()), ensure_ascii=False)  # quotes as protobuf does
        entries.append(f'  config {{ name: "{model}" base_path: {base_path} model_platform: "tensorflow" }}\n')
    file.write_text(f"model_config_list {{\n{''.join(entries)}}}\n", encoding="utf-8")
    return file


def _colour(doors: dict[str, Callable[[bytes], bytes]], pictures: Sequence[Path], out: Path) -> int:
    """Sends every picture through every door; the largest difference between two doors, of 255."""
    furthest = 0
    click.echo(f"{'door':8} {'picture':32} {'size':>11} {'ms':>7}")
    for path in pictures:
        data = path.read_bytes()
        answers = []
        for door, send in doors.items():
            started = time.perf_counter()
            png = send(data)
            milliseconds = (time.perf_counter() - started) * 1000
            picture = read_picture(png)
            size = f"{picture.width}x{picture.height}"
            click.echo(f"{door:8} {path.name:32} {size:>11} {milliseconds:7.0f}")
            (out / f"{path.stem}-{door.lower()}.png").write_bytes(png)
            answers.append(eight_bit(picture.rgb).astype(np.int16))
        furthest = max(furthest, *(int(abs(answer - answers[0]).max()) for answer in answers))
    return furthest


def _through_rest(rest: str, models: list[str], data: bytes) -> bytes:
    task = choose_task(on_white(read_picture(data)).rgb).name
    model = task if task in models else "photo"
    body = {"instances": [{"image_bytes": {"b64": base64.b64encode(data).decode()}}]}
    answer = httpx.post(f"{rest}/v1/models/{model}:predict", json=body, timeout=_PATIENCE)
    return base64.b64decode(answer.raise_for_status().json()["predictions"][0]["b64"])


def _through_gateway(gateway: str, data: bytes) -> bytes:
    answer = httpx.post(f"{gateway}/v1/colourise?format=png", content=data, timeout=_PATIENCE)
    return answer.raise_for_status().content


@contextmanager
def _server(module: str, log: Path, *flags: str) -> Iterator[str]:
    """Runs a server for as long as the context; gives its first line, which says where it listens."""
    command = [sys.executable, "-m", f"serving.{module}", *flags]
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)  # noqa: S603
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            last = (log.read_text().strip().splitlines() or ["it said nothing"])[-1]
            raise DemoFailed(f"serving.{module} did not start: {last}.", f"Read {log}.")
        yield line
    finally:
        process.terminate()
        process.wait(timeout=_PATIENCE)


@contextmanager
def _until_interrupted() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        click.echo()


main = as_main("demo", demo)

if __name__ == "__main__":
    main()
