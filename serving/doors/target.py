"""A server's address as people write it, taken apart.

    parse_target("grpc://127.0.0.1:8500")             # a model server; several with commas between
    parse_target("unix:/run/handtint.sock")           # the same, over a socket on this machine
    parse_target("https://models.example.org")        # its REST API
    parse_target("gateway+https://example.org")       # a gateway

With an `s` the connection is TLS: grpcs, https, gateway+https.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import Literal

import httpx

from serving.errors import OptionError

Kind = Literal["grpc", "rest", "gateway"]

_GRPC = re.compile(r"(grpcs?)://([^/\s,@]+:\d+(?:,[^/\s,@]+:\d+)*)/?")
_SOCKET = re.compile(r"unix:(?://)?(/?[^/\s,][^\s,]*)")
_HTTP = re.compile(r"(gateway\+)?(https?://.+)")
_SECRETIVE = set("@?#")


@dataclass(frozen=True)
class Target:
    """Where a server is.

    `text` names it in messages; `address` is HOST:PORT (or several) or unix:PATH for gRPC, else a URL without a slash
    at its end.
    """

    kind: Kind
    address: str
    tls: bool
    text: str


def parse_target(target: str) -> Target:
    """The address taken apart.

    Raises:
        OptionError: not of one of the forms above. A user, query or fragment is refused, and not repeated, since
            keys are written there.
    """
    if found := _GRPC.fullmatch(target):
        return Target("grpc", found[2], found[1] == "grpcs", f"{found[1]}://{found[2]}")
    if found := _SOCKET.fullmatch(target):
        return Target("grpc", f"unix:{found[1]}", False, f"unix:{found[1]}")
    found = _HTTP.fullmatch(target)
    if found and not set(target) & _SECRETIVE and not any(map(str.isspace, target)):
        with contextlib.suppress(httpx.InvalidURL):
            if httpx.URL(found[2]).host:
                return _http(found[1] or "", found[2].rstrip("/"))
    received = "one with a user, a query or a fragment in it" if set(target) & _SECRETIVE else repr(target)
    raise OptionError(
        f"A server's address must look like grpc://HOST:PORT or http://HOST:PORT; received {received}.",
        "The embedded model server answers gRPC at port 8500 and REST at 8501. grpcs://, https://, unix:PATH, "
        "gateway+http:// and gateway+https:// are known, too.",
    )


def grpc_addresses(target: str) -> str | None:
    """`grpc://HOST:PORT`, or several with commas between, without what names the protocol; None for anything else."""
    found = _GRPC.fullmatch(target)
    return found[2] if found and found[1] == "grpc" else None


def _http(gateway: str, url: str) -> Target:
    return Target("gateway" if gateway else "rest", url, url.startswith("https:"), f"{gateway}{url}")
