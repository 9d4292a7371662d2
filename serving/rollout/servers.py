"""Every model server by itself: which versions it holds, what its labels mean, and which signatures a version has.

    servers = Servers("grpc://model-server:8500", "photo")
    for view in servers.look():
        view.states[2].state, view.labels["canary"]

A name is looked up at every look: behind a headless Service it stands for the pods that are ready now.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import grpc

from serving.doors import messages
from serving.doors.channel import open_channel
from serving.doors.target import grpc_addresses
from serving.doors.version import Which
from serving.errors import OptionError
from serving.rollout.errors import Unavailable
from serving.rollout.golden import OneVersion
from serving.rollout.serving_of import CANARY, STABLE

_SECONDS = 10.0  # for an answer that needs no model to run
_ABSENT = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT)


@dataclass(frozen=True)
class VersionState:
    """By TensorFlow Serving's numbers in `serving.doors.messages`, and why the version could not be loaded."""

    state: int
    error: str = ""


@dataclass(frozen=True)
class View:
    """What one server says: `states` by version, and by label the version that answers; none if it is `down`."""

    address: str
    states: Mapping[int, VersionState] = field(default_factory=dict)
    labels: Mapping[str, int] = field(default_factory=dict)
    down: str = ""

    def available(self, version: int) -> bool:
        """Whether it answers for that version."""
        return self.state(version) == messages.AVAILABLE

    def state(self, version: int) -> int:
        """By TensorFlow Serving's numbers; 0 if it never heard of that version."""
        return self.states[version].state if version in self.states else 0

    def in_memory(self) -> set[int]:
        """Versions that take memory, or are about to."""
        return {version for version, each in self.states.items() if each.state not in (messages.END, 0)}


@dataclass(frozen=True)
class Signature:
    """Names of inputs and outputs of a signature, with their shapes; -1 is any size."""

    inputs: Mapping[str, tuple[int, ...]]
    outputs: Mapping[str, tuple[int, ...]]


class Servers:
    """All of them, asked side by side.

    Args:
        target: grpc://HOST:PORT; a name stands for every address that it has; several with commas between.
        model: the model's name, there.

    Raises:
        OptionError: no such address.
    """

    def __init__(self, target: str, model: str):
        self.model = model
        addresses = grpc_addresses(target)
        if addresses is None:
            raise OptionError(
                f"A model server's address must look like grpc://HOST:PORT; received {target!r}.",
                "In a cluster, name the headless Service of the model servers.",
            )
        self._names = addresses.split(",")
        self._channels: dict[str, Any] = {}

    def look(self) -> list[View]:
        """What each says now. Raises Unavailable if there is none."""
        addresses = self.addresses()
        with ThreadPoolExecutor(min(len(addresses), 16)) as pool:
            return list(pool.map(self._view, addresses))

    def addresses(self) -> list[str]:
        """HOST:PORT of each, as the names stand for them now. Raises Unavailable if for none."""
        found: list[str] = []
        for name in self._names:
            host, _, port = name.rpartition(":")
            with suppress(socket.gaierror):
                for family, _, _, _, where in socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM):
                    number = f"[{where[0]}]" if family is socket.AF_INET6 else str(where[0])
                    found.append(f"{number}:{port}")
        if not found:
            raise Unavailable(f"No model server is known under {', '.join(self._names)}.", "Start one.")
        for gone in self._channels.keys() - set(found):
            self._channels.pop(gone).close()
        return list(dict.fromkeys(found))

    def version_at(self, address: str, version: int, seconds: float) -> OneVersion:
        """A door to one version at one server, which waits so long for an answer."""
        return OneVersion(address, self.model, seconds, Which(version=version), self._channel(address))

    def signatures(self, address: str, version: int) -> dict[str, Signature]:
        """The signatures of a version by name. Raises Unavailable if the server does not say."""
        try:
            answer = self._metadata(address, version={"value": version})
        except grpc.RpcError as error:
            raise Unavailable(f"{address} does not say what version {version} offers: {_why(error)}.", "") from error
        found = messages.SignatureDefMap.FromString(answer.metadata["signature_def"].value).signature_def
        return {name: Signature(_shapes(one.inputs), _shapes(one.outputs)) for name, one in found.items()}

    def close(self) -> None:
        """Closes the connections."""
        for channel in self._channels.values():
            channel.close()

    def _view(self, address: str) -> View:
        request = messages.GetModelStatusRequest()
        request.model_spec.name = self.model
        try:
            answer = self._call(address, messages.GET_MODEL_STATUS, request, messages.GetModelStatusResponse)
            states = {
                one.version: VersionState(one.state, one.status.error_message if one.status.error_code else "")
                for one in answer.model_version_status
            }
            return View(address, states, self._labels(address, (STABLE, CANARY)))
        except grpc.RpcError as error:
            return View(address, down=_why(error))

    def _labels(self, address: str, labels: Iterable[str]) -> dict[str, int]:
        found = {}
        for label in labels:
            try:
                found[label] = self._metadata(address, version_label=label).model_spec.version.value
            except grpc.RpcError as error:
                if error.code() not in _ABSENT:
                    raise
        return found

    def _metadata(self, address: str, **which: Any) -> Any:
        """Of the version that the fields of a ModelSpec name."""
        spec = {"name": self.model, **which}
        request = messages.GetModelMetadataRequest(model_spec=spec, metadata_field=["signature_def"])
        return self._call(address, messages.GET_MODEL_METADATA, request, messages.GetModelMetadataResponse)

    def _channel(self, address: str) -> Any:
        if address not in self._channels:
            self._channels[address] = open_channel(address)
        return self._channels[address]

    def _call(self, address: str, method: str, request: Any, answer: Any) -> Any:
        call = self._channel(address).unary_unary(
            method, request_serializer=type(request).SerializeToString, response_deserializer=answer.FromString
        )
        return call(request, timeout=_SECONDS)


def _shapes(tensors: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(dim.size for dim in one.tensor_shape.dim) for name, one in tensors.items()}


def _why(error: grpc.RpcError) -> str:
    return f"{error.code().name}, {' '.join((error.details() or '').split())[:200]}"
