"""TensorFlow's own ProfilerService, on this server's gRPC port.

    grpc_server.add_generic_rpc_handlers((ProfilerService(),))
    tf.profiler.experimental.client.trace("grpc://127.0.0.1:8500", "profile", duration_ms=1000)

TensorFlow can serve its profiler on a port of its own only. That server is started at the first call, and calls are
passed on to it as bytes; a process has one, whatever the number of its model servers.
"""

from __future__ import annotations

import socket
import threading

import grpc
import tensorflow as tf

_PREFIX = "/tensorflow.ProfilerService/"
_starting = threading.Lock()
_port: int | None = None  # of the one profiler server that a process can have


class ProfilerService(grpc.GenericRpcHandler):
    """Passes Profile, Monitor and Terminate on, whatever they hold; its errors come back as they are."""

    def __init__(self) -> None:
        self._channel: grpc.Channel | None = None

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        """The handler of a call to the profiler; None for every other call."""
        method = handler_call_details.method
        if not method.startswith(_PREFIX):
            return None

        def pass_on(request: bytes, context: grpc.ServicerContext) -> bytes:
            call = self._connected().unary_unary(method)
            try:
                return call(request, timeout=context.time_remaining(), wait_for_ready=True)
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())
                raise

        return grpc.unary_unary_rpc_method_handler(pass_on)

    def _connected(self) -> grpc.Channel:
        global _port
        with _starting:
            if _port is None:
                with socket.create_server(("127.0.0.1", 0)) as free:
                    _port = free.getsockname()[1]
                tf.profiler.experimental.server.start(_port)
            if self._channel is None:
                # Traces are large.
                unlimited = [("grpc.max_receive_message_length", -1)]
                self._channel = grpc.insecure_channel(f"127.0.0.1:{_port}", options=unlimited)
            return self._channel
