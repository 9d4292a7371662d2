"""A gRPC server whose answers to Predict a test chooses; it needs no model and no TensorFlow.

with PredictServer(lambda request, context: colour(20, 20)) as server:
    server.address                      # HOST:PORT
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import numpy as np

from serving.doors import messages

# to a PredictRequest: what `chroma` answers, or whatever is answered by its name
Answer = Callable[[Any, grpc.ServicerContext], "np.ndarray | dict[str, np.ndarray]"]


def colour(a: float, b: float) -> np.ndarray:
    """Maps of `chroma` that give the same colour everywhere, in Lab units."""
    maps = np.zeros((1, 256, 256, 4), np.float32)
    maps[..., 2:] = a, b
    return maps


def _status(request: Any, context: grpc.ServicerContext) -> Any:
    """Whatever is asked, its version 1 is there."""
    response = messages.GetModelStatusResponse()
    response.model_version_status.add(version=1, state=messages.AVAILABLE)
    return response


class PredictServer(grpc.GenericRpcHandler):
    """Serves from the start until `stop`."""

    def __init__(self, answer: Answer):
        self._answer = answer
        self._server = grpc.server(ThreadPoolExecutor(8), handlers=[self])
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        if details.method == messages.GET_MODEL_STATUS:
            return grpc.unary_unary_rpc_method_handler(
                _status,
                request_deserializer=messages.GetModelStatusRequest.FromString,
                response_serializer=messages.GetModelStatusResponse.SerializeToString,
            )
        if details.method != messages.PREDICT:
            return None
        return grpc.unary_unary_rpc_method_handler(
            self._predict,
            request_deserializer=messages.PredictRequest.FromString,
            response_serializer=messages.PredictResponse.SerializeToString,
        )

    def stop(self) -> None:
        self._server.stop(None).wait()

    def _predict(self, request: Any, context: grpc.ServicerContext) -> Any:
        answer = self._answer(request, context)
        response = messages.PredictResponse()
        for name, value in (answer if isinstance(answer, dict) else {"coefficients": answer}).items():
            response.outputs[name].CopyFrom(messages.to_proto(value))
        return response

    def __enter__(self) -> PredictServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
