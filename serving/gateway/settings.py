"""Everything an operator can set, checked once.

    settings = Settings(("10.0.0.1:8500", "10.0.0.2:8500"), keys_file=Path("keys.txt"))

`flags.py` makes it from a command line or from the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from limits import parse as parse_rate

from serving.colouring.task import TASKS
from serving.doors.target import grpc_addresses
from serving.errors import OptionError
from serving.gateway.formats import FORMATS_READ, check_formats
from serving.gateway.split import Split
from serving.pictures import MAX_PIXELS

MAX_BYTES = 50_000_000
FORM_BYTES = 200_000  # what a form's boundaries and a thousand hints may add to the picture
# Of one pixel, while its picture is read, coloured and encoded: 3 or 4 channels, held up to seven times. The most that
# was measured is 28, of an upside-down lossless WebP with transparency; an upside-down PNG with it takes 18.
PIXEL_BYTES = 32
ANSWER_BYTES = 4  # of one pixel in a PNG that nothing could be saved of
BASE_BYTES = 300_000_000  # the process itself, the bands that are painted, and the answers that wait to be sent


@dataclass(frozen=True)
class Settings:
    """What the gateway is and what it lets in.

    Args:
        server: `grpc://HOST:PORT` of the model server, or of several with commas between.
        model: the name there of the model for photographs.
        sketch_model: the name there of the one for sketches, if it has one.
        more_models: further names that a request may ask for, and the task of each.
        timeout: seconds from a picture's arrival to the model's answer, at most.
        max_pixels: larger pictures are refused, known from their header.
        max_bytes: larger pictures are refused, unread where the request says its length.
        formats: what is read.
        threads: pictures worked on at a time.
        waiting: further requests that may wait for one of these; all beyond are told to come back.
        batches: batches worked on at a time.
        max_batch: pictures in a batch.
        max_batch_bytes: of a batch as it is sent, and again of what is packed in its zip.
        authentication: False lets everybody in.
        keys_file: the hashes of the keys that open the door, see `auth.py`; read again when it changes.
        keys: further keys, as they are.
        rate: how often one client may ask, as "300/minute"; None is as often as it likes.
        origins: web pages that may use the gateway from a browser, as "https://example.org".
        split: which labels get which share of the requests, as "stable=90,canary=10".
        split_file: a file with that in it; read again when it changes.
        sticky: a client stays with its label.
        proxies: how many proxies stand in front and say in X-Forwarded-For whom they speak for.
        web: a folder with the static page, given out at `/`; None leaves it out.

    Raises:
        OptionError: a value makes no sense, or nothing was said about who may come in.
    """

    server: str
    model: str = "photo"
    sketch_model: str = "sketch"
    more_models: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 30.0
    max_pixels: int = MAX_PIXELS
    max_bytes: int = MAX_BYTES
    formats: tuple[str, ...] = FORMATS_READ
    threads: int = 4
    waiting: int = 16
    batches: int = 2
    max_batch: int = 100
    max_batch_bytes: int = 200_000_000
    authentication: bool = True
    keys_file: Path | None = None
    keys: tuple[str, ...] = field(default=(), repr=False)
    rate: str | None = "300/minute"
    origins: tuple[str, ...] = ()
    split: str | None = None
    split_file: Path | None = None
    sticky: bool = False
    proxies: int = 0
    web: Path | None = None

    def __post_init__(self) -> None:
        if grpc_addresses(self.server) is None:
            raise OptionError(
                "A server's address must look like grpc://HOST:PORT, or grpc://HOST:PORT,HOST:PORT for several; "
                f"received {self.server!r}.",
                "The embedded model server answers gRPC at port 8500.",
            )
        if self.authentication and not self.keys_file and not self.keys:
            raise OptionError(
                "Nobody could come in: there are no API keys.",
                "Make some with handtint-gateway-key and name their file with --keys-file, or let everybody in with "
                "--no-authentication.",
            )
        if not self.authentication and (self.keys_file or self.keys):
            raise OptionError("Expected API keys or --no-authentication; received both.", "Leave one of them out.")
        if any(len(key) < 16 for key in self.keys):
            raise OptionError("An API key has fewer than 16 characters.", "Make one with handtint-gateway-key.")
        if self.split and self.split_file:
            raise OptionError("Expected --split or --split-file; received both.", "Leave one of them out.")
        if self.split:
            Split.parse(self.split)
        if unknown := sorted(set(self.more_models.values()) - set(TASKS)):
            raise OptionError(f"There is no task {unknown[0]!r}.", f"Expected NAME={' or NAME='.join(TASKS)}.")
        check_formats(self.formats)
        _check_rate(self.rate)
        _check_origins(self.origins)

    @property
    def addresses(self) -> str:
        """HOST:PORT, or several with commas between."""
        return grpc_addresses(self.server) or ""

    @cached_property
    def tasks(self) -> dict[str, str]:
        """The task of each model that a request may name."""
        return {self.sketch_model: "sketch", self.model: "photo", **self.more_models}

    @property
    def server_threads(self) -> int:
        """Threads that the web server needs: for all who work or wait, and some that say no, or that all is well."""
        return self.threads + self.waiting + self.batches + 4

    @property
    def largest_body(self) -> int:
        """Bytes of the longest request."""
        return max(self.max_bytes + FORM_BYTES, self.max_batch_bytes)

    @property
    def memory_ceiling(self) -> int:
        """Bytes that the process needs at most.

        Its own, those of each picture that is worked on, and of each batch one that waits for its turn and one that is
        being sent.
        """
        working = self.threads * (PIXEL_BYTES * self.max_pixels + 2 * self.max_bytes)
        return BASE_BYTES + working + self.batches * (ANSWER_BYTES * self.max_pixels + self.max_bytes)


def _check_rate(rate: str | None) -> None:
    try:
        if rate is not None:
            parse_rate(rate)
    except ValueError:
        raise OptionError(
            f"A rate looks like 300/minute; received {rate!r}.",
            "Say second, minute, hour or day; or none for no limit.",
        ) from None


def _check_origins(origins: tuple[str, ...]) -> None:
    for origin in origins:
        scheme, _, host = origin.partition("://")
        if scheme not in ("http", "https") or not host or set(host) & set("/*?# "):
            raise OptionError(
                f"An origin looks like https://example.org; received {origin!r}.",
                "Name each page's origin: scheme, host and port only, no wildcard.",
            )
