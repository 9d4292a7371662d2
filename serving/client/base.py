"""What the client and its asynchronous twin have in common: which door, and what is said through it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from serving.client.conversations import ModelConversations
from serving.client.gateway_conversations import GatewayConversations
from serving.colouring.task import AUTO
from serving.doors.deadline import Deadline
from serving.doors.version import Which
from serving.doors.where import Where
from serving.errors import OptionError
from serving.pictures import MAX_PIXELS


class ColouriserBase(ABC):
    """What `Colouriser` and `AsyncColouriser` have in common: which door, and what is said through it.

    Args:
        target: a model server: `grpc://HOST:PORT` (or several with commas between, see `serving.doors.channel`),
            `unix:PATH`, or `http://HOST:PORT` for its REST API; or a gateway: `gateway+http://HOST`. grpcs, https
            and gateway+https are TLS. None works in this process.
        model: the model's name at the server, or of the shipped weights; the task's name if not given. Names by task,
            as {"photo": "portraits"}, leave every task its own model; a gateway takes one name.
        task: photo, sketch, or auto: each picture as what it looks like, see `trainer.line_art.is_drawing`,
            and as a photograph where there is no model for sketches. A model
            that is named is of one task: photo, unless `task` says sketch.
        model_dir: in this process, the folder whose newest version is used instead of the shipped weights;
            $HANDTINT_MODEL if not given.
        timeout: seconds that a call waits for the other side, in all; each call can say otherwise. What is computed in
            this process takes as long as it takes.
        max_pixels: larger pictures are refused.
        version: the number of the version that is asked at a server; its newest if not given.
        label: or the label of one, as "canary".
        api_key: for a gateway; $HANDTINT_API_KEY if not given.
        ca_file: certificates (PEM) of the authority behind a TLS address; $SSL_CERT_FILE if not given, else the usual
            authorities.

    Raises:
        OptionError: `target` is not such an address, there is no such task, both a version and a label are given, a
            timeout is not above 0, or the key or the certificates cannot be used.
    """

    def __init__(
        self,
        target: str | None = None,
        model: str | Mapping[str, str] | None = None,
        *,
        task: str = AUTO,
        model_dir: str | Path | None = None,
        timeout: float = 60.0,
        max_pixels: int = MAX_PIXELS,
        version: int | None = None,
        label: str | None = None,
        api_key: str | None = None,
        ca_file: str | Path | None = None,
    ):
        which = Which(version, label)
        self._where = where = Where(target, model, task, model_dir, timeout, which, api_key, ca_file)
        self._timeout = timeout
        self._closed = False
        gateway = where.target is not None and where.target.kind == "gateway"
        self._calls = where.gateway(where.target) if gateway and where.target else None
        self._talks: ModelConversations | GatewayConversations = (
            ModelConversations(where, max_pixels)
            if self._calls is None
            else GatewayConversations(where, self._calls, max_pixels)
        )
        self._open()

    @abstractmethod
    def _open(self) -> None:
        """Makes a door ready."""

    def _deadline(self, timeout: float | None) -> Deadline:
        if self._closed:
            raise _closed()
        return Deadline(self._timeout if timeout is None else timeout)

    @contextmanager
    def _while_open(self) -> Iterator[None]:
        """Names the cause of what is raised at a call that `close` has overtaken, by each library in its own way."""
        try:
            yield
        except (Exception, asyncio.CancelledError) as error:
            if not self._closed or (isinstance(error, asyncio.CancelledError) and _wanted()):
                raise
            raise _closed() from error


def _closed() -> OptionError:
    return OptionError("This Colouriser is closed.", "Open another one, and close it when all is done.")


def _wanted() -> bool:
    """Whether it was the task that was cancelled, not the connection under it."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
