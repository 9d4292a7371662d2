"""The gRPC channel to one model server or to several: which address a request goes to, and what is tried again.

    channel = open_channel("10.0.0.1:8500,10.0.0.2:8500")    # each request to the next of both
    channel = open_channel("model-server:8500")              # one name; all addresses that it stands for
    channel = open_channel("unix:/run/handtint.sock")
    channel = open_channel("model-server:8500", tls=Tls(), asynchronous=True)     # of grpc.aio

All of it is gRPC's own doing, asked for by the service config below. The gateway asks for more: see
`serving.gateway.channel`.
"""

from __future__ import annotations

import ipaddress
import json
from typing import Any

import grpc

from serving.doors import messages
from serving.doors.tls import Tls
from serving.errors import OptionError

SERVICE_CONFIG = {
    # each request to the next address, where gRPC would stick to the first
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {
            # None of these changes anything at the server, so asking twice does no harm; and these codes alone mean
            # that another server, or the same one in a moment, may well answer. CANCELLED is what a request gets that
            # reaches a server just when that stops; who cancels it himself is not asked for it again.
            "name": [dict(zip(("service", "method"), path[1:].split("/"), strict=True)) for path in messages.SAFE],
            "retryPolicy": {
                "maxAttempts": 3,
                "initialBackoff": "0.05s",
                "maxBackoff": "0.5s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
            },
        }
    ],
    # Ten failures, less a tenth for each success, and nothing is tried again until half are made good: servers that
    # are in trouble must not get three times the requests.
    "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
}
OPTIONS = [
    # 256x256x4 floats take 1 MB; gRPC's default of 4 MB would just fail at 512
    ("grpc.max_receive_message_length", 64 * 2**20),
    # A request of 1 MB is only tried again if it was kept; gRPC keeps 256 KiB unless told otherwise.
    ("grpc.per_rpc_retry_buffer_size", 8 * 2**20),
    # back within two seconds of a restarted server, where gRPC would wait up to two minutes
    ("grpc.initial_reconnect_backoff_ms", 250),
    ("grpc.max_reconnect_backoff_ms", 2000),
    # a name is looked up again this soon after a connection was lost: pods come back under other addresses
    ("grpc.dns_min_time_between_resolutions_ms", 2000),
    # connections of its own: else channels to one address share the wait after a failed attempt
    ("grpc.use_local_subchannel_pool", 1),
]


def open_channel(addresses: str, *, tls: Tls | None = None, asynchronous: bool = False) -> Any:
    """A channel that connects at the first call.

    Args:
        addresses: HOST:PORT, several numeric ones with commas between, or unix:PATH.
        tls: None speaks in the clear.
        asynchronous: one of grpc.aio, which belongs to the event loop that runs.

    Raises:
        OptionError: several of which one is a name, or IPv4 and IPv6 mixed; or no certificates where `tls` says.
    """
    options = [*OPTIONS, ("grpc.service_config", json.dumps(SERVICE_CONFIG))]
    target = addresses if addresses.startswith("unix:") else target_of(addresses.split(","))
    library = grpc.aio if asynchronous else grpc
    if tls is None:
        return library.insecure_channel(target, options=options)
    return library.secure_channel(target, grpc.ssl_channel_credentials(tls.certificates()), options=options)


def target_of(addresses: list[str]) -> str:
    """In gRPC's words, which has no target of several names."""
    if len(addresses) == 1:
        return addresses[0]
    try:
        (version,) = {ipaddress.ip_address(each.rpartition(":")[0].strip("[]")).version for each in addresses}
    except ValueError:
        raise OptionError(
            f"Several addresses must all be numbers of one kind, IPv4 or IPv6; received {', '.join(addresses)}.",
            "Write 10.0.0.1:8500,10.0.0.2:8500, or one name that stands for all of them.",
        ) from None
    return f"ipv{version}:{','.join(addresses)}"
