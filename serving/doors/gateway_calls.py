"""What is said to a gateway, and what its answers mean; whoever sends it is no matter here.

    calls = GatewayCalls("https://example.org", key, model=None, which=NEWEST)
    picture = calls.picture(http.send(calls.request(data, wishes), Deadline(30)))

A picture travels as it is, without its name. The key stands in a header, never in a URL, and in no message.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from http import HTTPStatus
from typing import Any

import httpx

from serving.colouring.task import AUTO
from serving.colouring.wishes import Wishes
from serving.doors.http_client import Reply, Request
from serving.doors.peer import Peer
from serving.doors.version import VersionNotFound, Which
from serving.errors import (
    BrokenPicture,
    EmptyPicture,
    HandtintError,
    ModelNotFound,
    NotOffered,
    OptionError,
    PictureError,
    PictureTooLarge,
    UnsupportedPicture,
)
from serving.pictures import MAX_PIXELS, Picture, read_picture

KEY_VARIABLE = "HANDTINT_API_KEY"
_KEY = re.compile(r"[!-~]+")
_PROBLEM = "urn:handtint:problem:"
_LONGEST = 200  # characters of what a gateway says
# those that say themselves what is wrong; the others are told in the words of `Peer`
_KINDS: dict[str, type[HandtintError]] = {
    kind.code: kind
    for kind in (
        BrokenPicture,
        EmptyPicture,
        ModelNotFound,
        OptionError,
        PictureError,
        PictureTooLarge,
        UnsupportedPicture,
        VersionNotFound,
    )
}


class GatewayCalls:
    """One gateway, as one caller sees it.

    Args:
        url: the gateway's, before /v1.
        key: the API key; None if it needs none.
        model: the name of one there; None is each task's own.
        which: the version asked.

    Raises:
        OptionError: the key is none.
    """

    def __init__(self, url: str, key: str | None, model: str | None, which: Which):
        self._url = f"{url}/v1/colourise"
        self.peer = Peer(f"gateway+{url}", "gateway", "handtint-gateway")
        self._model = model
        self._which = which
        self._headers = {"Accept": "image/png, application/problem+json"}
        if key is not None:
            if not _KEY.fullmatch(key):
                raise OptionError(
                    "The API key has characters that no key has.", f"Copy it again, into api_key or ${KEY_VARIABLE}."
                )
            self._headers["Authorization"] = f"Bearer {key}"

    def check_offered(self, wishes: Wishes) -> None:
        """Returns if a gateway does that. Raises NotOffered if a palette or panels are wished for."""
        if wishes.palette or wishes.panels:
            raise not_offered("a palette" if wishes.palette else "panels")

    def request(self, data: bytes, wishes: Wishes) -> Request:
        """To have a picture coloured."""
        options: dict[str, str] = {"format": "png", "saturation": repr(float(wishes.saturation))}
        if wishes.hints:
            options["hints"] = json.dumps({"hints": [asdict(hint) for hint in wishes.hints]})
        if wishes.task not in (None, AUTO):
            options["task"] = str(wishes.task)
        named = {"model": self._model, "version": self._which.version, "label": self._which.label}
        options |= {name: str(value) for name, value in named.items() if value is not None}
        form = httpx.Request("POST", self._url, data=options, files={"image": ("picture", data)})
        return Request("POST", self._url, form.read(), {**self._headers, "Content-Type": form.headers["Content-Type"]})

    def picture(self, reply: Reply) -> Picture:
        """The picture that came back, its notes and its task.

        Raises:
            HandtintError: of the kind that says why there is none.
        """
        if reply.status != HTTPStatus.OK:
            raise self._error(reply)
        try:
            picture = read_picture(reply.body, MAX_PIXELS)
        except PictureError as error:
            raise self.peer.refused("an answer that is no picture", "Correct the address.") from error
        note = reply.headers.get("Handtint-Note")
        return replace(picture, notes=(note,) if note else (), task=reply.headers.get("Handtint-Task", ""))

    def check_request(self) -> Request:
        """To find out whether the gateway is there, its model server too, and lets us in: a picture of no bytes."""
        return Request("POST", self._url, b"", self._headers)

    def check_reply(self, reply: Reply) -> None:
        """Returns if that was refused for the right reason. Raises HandtintError, of the kind that says why not."""
        error = self._error(reply)
        if not isinstance(error, EmptyPicture):
            raise error

    def _error(self, reply: Reply) -> HandtintError:
        problem = _read_problem(reply)
        status, detail = reply.status, problem.get("detail") or f"status {reply.status} without a reason"
        code = problem.get("type", "").removeprefix(_PROBLEM)
        if kind := _KINDS.get(code):
            return kind(detail, problem.get("fix", ""))
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return self.peer.closed_to_us(detail, f"Give yours as api_key, or in ${KEY_VARIABLE}.")
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return PictureTooLarge(f"The gateway takes no picture of so many bytes: {detail}.", "Scale it down.")
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return self.peer.limited(detail, reply.retry_after())
        # without a problem it was a proxy that spoke, about a gateway that is not there
        if status == HTTPStatus.SERVICE_UNAVAILABLE or (status == HTTPStatus.BAD_GATEWAY and not problem):
            return self.peer.busy(detail, reply.retry_after())
        if status == HTTPStatus.GATEWAY_TIMEOUT:
            return self.peer.too_slow(detail)
        asked = reply.headers.get("X-Request-Id")
        request = f", request {asked[:_LONGEST]}" if asked else ""
        return self.peer.refused(f"{detail} (status {status}{request})", "Tell its operator if it stays.")


def not_offered(what: str) -> NotOffered:
    """The error for what a gateway does not do."""
    return NotOffered(
        f"A gateway colours whole pictures; received a wish for {what}.",
        "Ask a model server, or work in this process.",
    )


def _read_problem(reply: Reply) -> dict[str, str]:
    try:
        problem: Any = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(problem, dict):
        return {}
    return {name: " ".join(value.split())[:_LONGEST] for name, value in problem.items() if isinstance(value, str)}
