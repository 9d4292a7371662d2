"""A model behind gRPC: tensorflow/serving or the embedded model server, without TensorFlow on this side.

model = GrpcModel("127.0.0.1:8500", "photo", timeout=30)
coefficients = model.predict("chroma", {"luminance": luminance, "hints": hints}, ["coefficients"])[0]
canary = model.asked(Which(label="canary"), timeout=3)          # over the same connections
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import grpc
import numpy as np

from serving.doors.channel import open_channel
from serving.doors.deadline import Deadline, as_deadline
from serving.doors.grpc_calls import GrpcCalls, Metadata, methods
from serving.doors.peer import Peer
from serving.doors.version import NEWEST, Which


class GrpcModel(GrpcCalls):
    """Any number of threads may use one; connecting happens at the first call.

    Args:
        address: HOST:PORT, or several, see `serving.doors.channel`.
        name: the model's, there.
        timeout: seconds to wait for an answer, where the call does not say.
        which: the version asked.
        channel: one that is open already and that somebody else closes.
        peer: what to call the server in messages, if that is not its address.
    """

    def __init__(
        self,
        address: str,
        name: str,
        timeout: float,
        which: Which = NEWEST,
        channel: Any = None,
        peer: Peer | None = None,
    ):
        super().__init__(peer or Peer(f"grpc://{address}"), name, timeout, which)
        self._lent = channel is not None
        self._channel = channel if self._lent else open_channel(address)
        self._predict, self._status = methods(self._channel)

    def asked(self, which: Which, timeout: float, metadata: Metadata = ()) -> GrpcModel:
        """The same model over the same connections: another version, another patience in seconds, gRPC metadata."""
        other = copy.copy(self)
        other._which, other._timeout, other._metadata, other._lent = which, timeout, metadata, True
        return other

    def predict(
        self,
        signature: str,
        inputs: dict[str, np.ndarray],
        outputs: Sequence[str],
        deadline: Deadline | None = None,
    ) -> list[np.ndarray]:
        """What a signature answers under these names, float32.

        Raises:
            ServerUnavailable, RateLimited, ServerTimeout, ModelNotFound, VersionNotFound, SignatureNotFound,
            Unauthorised, ServerError: as their names say.
        """
        request = self.predict_request(signature, inputs)
        return self.arrays(self._call(self._predict, request, deadline or Deadline(self._timeout)), outputs)

    def check(self, timeout: float | Deadline) -> None:
        """Returns if a version of the model is loaded and answers in so many seconds.

        Raises:
            ServerError: of the kind that says why not.
        """
        self.check_status(self._call(self._status, self.status_request(), as_deadline(timeout)))

    def close(self) -> None:
        """Closes the channel, if it is its own."""
        if not self._lent:
            self._channel.close()

    def _call(self, method: Any, request: Any, deadline: Deadline) -> Any:
        try:
            return method(request, timeout=deadline.remaining(), metadata=self._metadata)
        except grpc.RpcError as error:
            raise self.error(error, deadline) from error


class AsyncGrpcModel(GrpcCalls):
    """The same for asyncio, over a channel of grpc.aio that somebody else closes."""

    def __init__(self, peer: Peer, name: str, timeout: float, which: Which, channel: Any):
        super().__init__(peer, name, timeout, which)
        self._predict, self._status = methods(channel)

    async def predict(
        self,
        signature: str,
        inputs: dict[str, np.ndarray],
        outputs: Sequence[str],
        deadline: Deadline | None = None,
    ) -> list[np.ndarray]:
        """As `GrpcModel.predict`."""
        request = self.predict_request(signature, inputs)
        return self.arrays(await self._call(self._predict, request, deadline or Deadline(self._timeout)), outputs)

    async def check(self, timeout: float | Deadline) -> None:
        """As `GrpcModel.check`."""
        self.check_status(await self._call(self._status, self.status_request(), as_deadline(timeout)))

    async def _call(self, method: Any, request: Any, deadline: Deadline) -> Any:
        try:
            return await method(request, timeout=deadline.remaining(), metadata=self._metadata)
        except grpc.RpcError as error:
            raise self.error(error, deadline) from error
