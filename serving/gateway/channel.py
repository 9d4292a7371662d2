"""The gateway's gRPC channel: as `serving.doors.channel`, and addresses that do not answer get no requests for a while.

    channel = open_channel("10.0.0.1:8500,10.0.0.2:8500")

A server that says through the standard health service that it does not serve gets none; one without that service
counts as healthy. One that takes requests and fails each, as a process that hangs does until each deadline, is left out
by gRPC's outlier detection (gRFC A50), as long as others are there. When all hang, `circuit.py` sees it.
"""

from __future__ import annotations

import json
from typing import Any

import grpc

from serving.doors import channel as plain

_SERVICE_CONFIG = plain.SERVICE_CONFIG | {
    "healthCheckConfig": {"serviceName": ""},
    "loadBalancingConfig": [
        {
            "outlier_detection_experimental": {
                "interval": "5s",
                # out for 10 s, then 20 and so on; who is well for an interval is forgiven one step
                "baseEjectionTime": "10s",
                "maxEjectionTime": "60s",
                # Never more than half of them: a stranger's bad requests fail too, and must not close the gateway.
                "maxEjectionPercent": 50,
                "failurePercentageEjection": {
                    "threshold": 99,  # all that it was asked in an interval failed,
                    "requestVolume": 3,  # of three at least: a hung server ends few requests in an interval
                    "minimumHosts": 2,
                    "enforcementPercentage": 100,
                },
                "childPolicy": [{"round_robin": {}}],
            }
        }
    ],
}


def open_channel(addresses: str) -> Any:
    """A channel to HOST:PORT, or to several numeric ones with commas between; it connects at the first call.

    Raises:
        OptionError: several of which one is a name, or IPv4 and IPv6 mixed.
    """
    options = [*plain.OPTIONS, ("grpc.service_config", json.dumps(_SERVICE_CONFIG))]
    return grpc.insecure_channel(plain.target_of(addresses.split(",")), options=options)
