"""`Colouriser` for asyncio: the same calls, errors and doors, to be awaited.

    async with AsyncColouriser("grpc://127.0.0.1:8500") as colouriser:
        picture = await colouriser.colourise("old.jpg", timeout=10)

Waiting is real: over grpc.aio, or httpx's AsyncClient. What takes the processor (reading, painting, JSON, a model in
this process) is done in threads of asyncio's default executor, so the event loop goes on meanwhile. A call that is
cancelled is cancelled at the server, too; a computation in a thread ends by itself, and nobody waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import numpy as np

from serving.client.base import ColouriserBase
from serving.client.conversations import Result, Talk
from serving.client.inputs import PictureInput
from serving.colouring.hints import Hint
from serving.colouring.layers import Layers
from serving.colouring.suggestions import Suggestion
from serving.colouring.wishes import Wishes
from serving.doors.async_door import AsyncDoor, open_async_door
from serving.errors import HandtintError
from serving.pictures import Picture


class AsyncColouriser(ColouriserBase):
    """Pictures in, coloured pictures out; for any number of tasks of one event loop, and a context manager in it.

    Takes and raises what `serving.client.Colouriser` does, where a model of this process is missed at the first call.
    How many pictures are worked on at a time is up to the caller: each takes as much memory as its pixels, some times
    over. docs/clients.md has an example.
    """

    async def colourise(
        self,
        picture: PictureInput,
        hints: Sequence[Hint] = (),
        saturation: float = 1.0,
        *,
        palette: Sequence[str] = (),
        panels: bool = False,
        task: str | None = None,
        timeout: float | None = None,
    ) -> Picture:
        """As `Colouriser.colourise`."""
        wishes = Wishes(hints, saturation, palette, panels, task)
        return await self._run(self._talks.colourise(picture, wishes), timeout)

    async def layers(
        self,
        picture: PictureInput,
        hints: Sequence[Hint] = (),
        saturation: float = 1.0,
        *,
        palette: Sequence[str] = (),
        task: str | None = None,
        timeout: float | None = None,
    ) -> Layers:
        """As `Colouriser.layers`."""
        return await self._run(self._talks.layers(picture, Wishes(hints, saturation, palette, task=task)), timeout)

    async def suggest(
        self,
        picture: PictureInput,
        x: float,
        y: float,
        count: int = 5,
        hints: Sequence[Hint] = (),
        *,
        task: str | None = None,
        timeout: float | None = None,
    ) -> list[Suggestion]:
        """As `Colouriser.suggest`."""
        return await self._run(self._talks.suggest(picture, Wishes(hints, task=task), x, y, count), timeout)

    async def confidence(
        self,
        picture: PictureInput,
        hints: Sequence[Hint] = (),
        *,
        task: str | None = None,
        timeout: float | None = None,
    ) -> np.ndarray:
        """As `Colouriser.confidence`."""
        return await self._run(self._talks.confidence(picture, Wishes(hints, task=task)), timeout)

    async def alternatives(
        self,
        picture: PictureInput,
        count: int = 4,
        seed: int = 0,
        hints: Sequence[Hint] = (),
        saturation: float = 1.0,
        *,
        palette: Sequence[str] = (),
        task: str | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[Picture]:
        """As `Colouriser.alternatives`, for `async for`: what is wrong is raised before the first."""
        wishes = Wishes(hints, saturation, palette, task=task)
        for talk in await self._run(self._talks.alternatives(picture, wishes, count, seed), timeout):
            yield await self._run(talk, timeout)

    async def check(self, timeout: float = 2.0) -> None:
        """As `Colouriser.check`."""
        deadline = self._deadline(timeout)
        with self._while_open():
            await self._opened().check(deadline)

    async def close(self) -> None:
        """As `Colouriser.close`."""
        self._closed = True
        if self._door is not None:
            await self._door.close()

    def _open(self) -> None:
        self._door: AsyncDoor | None = None  # opened at the first call, since connections belong to an event loop

    def _opened(self) -> AsyncDoor:
        if self._door is None:
            self._door = open_async_door(self._where, self._calls)
        return self._door

    async def _run(self, talk: Talk[Result], timeout: float | None) -> Result:
        deadline = self._deadline(timeout)
        door = self._opened()
        ended, value = await asyncio.to_thread(_step, talk.send, None)
        while not ended:
            try:
                with self._while_open():
                    answer = await door.answer(value, deadline)
            except HandtintError as error:
                ended, value = await asyncio.to_thread(_step, talk.throw, error)
            else:
                ended, value = await asyncio.to_thread(_step, talk.send, answer)
        return value

    async def __aenter__(self) -> AsyncColouriser:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _step(move: Callable[[Any], Any], what: Any) -> tuple[bool, Any]:
    """Whether the conversation has ended, and the result or else the next question; a future takes no StopIteration."""
    try:
        return False, move(what)
    except StopIteration as end:
        return True, end.value
