"""The standard health service, grpc.health.v1: what load balancers and probes ask.

    health = Health()
    health.register(grpc_server)  # before it starts
    health.drain()                # the first thing to do at the end

As in TensorFlow Serving with `--enable_grpc_healthcheck_service`, the whole server (""), `ModelService` and
`PredictionService` have a status, and any other name is NOT_FOUND.
"""

from __future__ import annotations

import grpc
from grpc_health.v1.health import HealthServicer
from grpc_health.v1.health_pb2 import HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server

SERVICES = ("ModelService", "PredictionService")


class Health:
    """SERVING from the start until `drain`; clients that watch are told of the change."""

    def __init__(self) -> None:
        self._servicer = HealthServicer()
        for service in SERVICES:
            self._servicer.set(service, HealthCheckResponse.SERVING)

    def register(self, server: grpc.Server) -> None:
        """Adds the service to a server that has not started yet."""
        add_HealthServicer_to_server(self._servicer, server)

    def drain(self) -> None:
        """NOT_SERVING for all services and for good, so that no new client comes; calling it twice does no harm."""
        self._servicer.enter_graceful_shutdown()
