"""A model behind TensorFlow Serving's REST API, without TensorFlow on this side.

model = RestModel("http://127.0.0.1:8501", "photo", timeout=30)
coefficients = model.predict("chroma", {"luminance": luminance, "hints": hints}, ["coefficients"])[0]
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from serving.doors.deadline import Deadline, as_deadline
from serving.doors.http_client import AsyncHttp, Http
from serving.doors.peer import Peer
from serving.doors.rest_calls import RestCalls
from serving.doors.tls import Tls
from serving.doors.version import NEWEST, Which


class RestModel(RestCalls):
    """Any number of threads may use one; connections are kept alive between calls.

    Args:
        target: the server's URL, before /v1/models.
        name: the model's, there.
        timeout: seconds to wait for an answer, where the call does not say.
        which: the version asked.
        http: connections that somebody else closes; its own if not given.
    """

    def __init__(self, target: str, name: str, timeout: float, which: Which = NEWEST, http: Http | None = None):
        super().__init__(target, name, timeout, which)
        self._lent = http is not None
        self._http = http or Http(Peer(target.rstrip("/")), Tls())

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
        deadline = deadline or Deadline(self._timeout)
        return self.arrays(self._http.send(self.predict_request(signature, inputs), deadline), outputs)

    def check(self, timeout: float | Deadline) -> None:
        """Returns if a version of the model is loaded and answers in so many seconds.

        Raises:
            ServerError: of the kind that says why not.
        """
        self.check_status(self._http.send(self.status_request(), as_deadline(timeout)))

    def close(self) -> None:
        """Closes the connections, if they are its own."""
        if not self._lent:
            self._http.close()


class AsyncRestModel(RestCalls):
    """The same for asyncio, over connections that somebody else closes."""

    def __init__(self, target: str, name: str, timeout: float, which: Which, http: AsyncHttp):
        super().__init__(target, name, timeout, which)
        self._http = http

    async def predict(
        self,
        signature: str,
        inputs: dict[str, np.ndarray],
        outputs: Sequence[str],
        deadline: Deadline | None = None,
    ) -> list[np.ndarray]:
        """As `RestModel.predict`; JSON is written and read in a thread, so that the event loop goes on."""
        deadline = deadline or Deadline(self._timeout)
        request = await asyncio.to_thread(self.predict_request, signature, inputs)
        reply = await self._http.send(request, deadline)
        return await asyncio.to_thread(self.arrays, reply, outputs)

    async def check(self, timeout: float | Deadline) -> None:
        """As `RestModel.check`."""
        self.check_status(await self._http.send(self.status_request(), as_deadline(timeout)))
