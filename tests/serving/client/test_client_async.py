"""The asynchronous client: what the other one gives and raises, a free event loop, and calls that can be cancelled."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import grpc
import httpx
import numpy as np
import pytest

from serving.client import AsyncColouriser, Colouriser, Hint
from serving.doors.local_model import load_local_model
from serving.errors import (
    HandtintError,
    ModelNotFound,
    NotOffered,
    OptionError,
    PictureError,
    ServerTimeout,
    ServerUnavailable,
    SignatureNotFound,
)
from tests.serving.gateway.predict_server import PredictServer, colour
from tests.serving.sample_pictures import BAD, GOOD

ALL = ["in process", "grpc", "http", "gateway"]
OPENERS = dict[str, Callable[[], AsyncColouriser]]


@pytest.fixture(scope="module")
def openers(model_dir: Any, model_server: dict[str, str], gateway: httpx.Client) -> OPENERS:
    """A client a door."""
    return {
        "in process": lambda: AsyncColouriser(None, model_dir=model_dir),
        "grpc": lambda: AsyncColouriser(model_server["grpc"]),
        "http": lambda: AsyncColouriser(model_server["http"]),
        "gateway": lambda: AsyncColouriser(f"gateway+{gateway.base_url}"),
    }


def of(open_client: Callable[[], AsyncColouriser], use: Callable[[AsyncColouriser], Awaitable[Any]]) -> Any:
    """What `use` gives, in an event loop of its own."""

    async def run() -> Any:
        async with open_client() as colouriser:
            return await use(colouriser)

    return asyncio.run(run())


@pytest.mark.parametrize("door", ALL)
def test_it_gives_what_the_other_client_gives(door: str, openers: OPENERS, in_process: Colouriser) -> None:
    async def use(colouriser: AsyncColouriser) -> None:
        await colouriser.check(30)
        for options in ({}, {"hints": [Hint(0.25, 0.5, "#d02020")], "saturation": 0.5, "task": "photo"}):
            found = await colouriser.colourise(GOOD["rgba.png"], **options)
            expected = in_process.colourise(GOOD["rgba.png"], **options)
            np.testing.assert_array_equal(found.rgb, expected.rgb)
            np.testing.assert_array_equal(found.alpha, expected.alpha)
            assert found.task == "photo"
        if door == "gateway":
            for call in (colouriser.layers, colouriser.confidence):
                with pytest.raises(NotOffered):
                    await call(GOOD["rgb.png"])
            return
        if door == "http":  # the others ask in the same way, and JSON takes a second each time
            return
        spot = await colouriser.suggest(GOOD["grey.png"], 0.25, 0.5, 1)
        assert spot == in_process.suggest(GOOD["grey.png"], 0.25, 0.5, 1)
        np.testing.assert_array_equal(
            await colouriser.confidence(GOOD["grey.png"]), in_process.confidence(GOOD["grey.png"])
        )
        others = [picture.rgb async for picture in colouriser.alternatives(GOOD["grey.png"], 2, seed=5)]
        for other, expected in zip(others, in_process.alternatives(GOOD["grey.png"], 2, seed=5), strict=True):
            np.testing.assert_array_equal(other, expected.rgb)
        with pytest.raises(OptionError, match="Only drawings have layers"):
            await colouriser.layers(GOOD["grey.png"])

    of(openers[door], use)


@pytest.mark.parametrize("door", ALL)
def test_many_at_a_time_over_the_same_connections(door: str, openers: OPENERS, in_process: Colouriser) -> None:
    names = ["grey.jpg", "rgb.png", "turned.jpg", "pixel.png"]

    async def use(colouriser: AsyncColouriser) -> list[Any]:
        calls = [colouriser.colourise(GOOD[name], timeout=300) for name in names]
        bad = colouriser.colourise(BAD["truncated.jpg"][0])
        return await asyncio.gather(*calls, bad, return_exceptions=True)

    *found, error = of(openers[door], use)
    assert isinstance(error, PictureError)
    for name, picture in zip(names, found, strict=True):
        np.testing.assert_array_equal(picture.rgb, in_process.colourise(GOOD[name]).rgb)


def test_drawings_without_a_model_for_them_are_photographs_however_many_ask(
    model_server: dict[str, str], in_process: Colouriser, drawing: Any
) -> None:
    async def use(colouriser: AsyncColouriser) -> list[Any]:
        with pytest.raises(ModelNotFound, match='has no model "sketch"'):
            await colouriser.colourise(drawing, task="sketch")
        return await asyncio.gather(*(colouriser.colourise(drawing) for _ in range(6)))

    for picture in of(lambda: AsyncColouriser(model_server["grpc"]), use):
        assert picture.task == "photo"
        np.testing.assert_array_equal(picture.rgb, in_process.colourise(drawing).rgb)


def test_drawings_with_one_in_process(
    models: Any, sketch_dir: Any, sketcher: Colouriser, drawing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = {"photo": models / "photo", "sketch": sketch_dir}
    monkeypatch.setattr(
        "serving.doors.async_door.load_local_model", lambda name, _: load_local_model(name, where[name])
    )

    async def use(colouriser: AsyncColouriser) -> tuple[Any, Any]:
        return await asyncio.gather(colouriser.colourise(drawing), colouriser.layers(drawing))

    picture, layers = of(AsyncColouriser, use)
    np.testing.assert_array_equal(picture.rgb, sketcher.colourise(drawing).rgb)
    np.testing.assert_array_equal(layers.lines, sketcher.layers(drawing).lines)


def test_errors_are_the_same(old_server: dict[str, str], models: Any, tmp_path: Any) -> None:
    async def no_colours(colouriser: AsyncColouriser) -> None:
        for call in (colouriser.confidence, lambda data: colouriser.colourise(data, palette=["#264653"])):
            with pytest.raises(SignatureNotFound):
                await call(GOOD["rgb.png"])
        with pytest.raises(SignatureNotFound):
            await anext(colouriser.alternatives(GOOD["rgb.png"]))

    for open_client in (
        lambda: AsyncColouriser(old_server["grpc"]),
        lambda: AsyncColouriser(old_server["http"]),
        lambda: AsyncColouriser(None, model_dir=models / "old"),
    ):
        of(open_client, no_colours)

    async def fails(colouriser: AsyncColouriser) -> type[BaseException]:
        with pytest.raises(HandtintError) as caught:
            await colouriser.colourise(GOOD["rgb.png"])
        return caught.type

    for scheme in ("grpc", "http", "gateway+http"):
        assert of(lambda: AsyncColouriser(f"{scheme}://127.0.0.1:1"), fails) is ServerUnavailable  # noqa: B023
    assert of(lambda: AsyncColouriser(None, model_dir=tmp_path), fails) is ModelNotFound
    with pytest.raises(OptionError, match="must look like"):
        AsyncColouriser("ftp://a:1")


def test_nothing_is_asked_once_it_is_closed(model_server: dict[str, str]) -> None:
    async def run() -> None:
        never_used, used = AsyncColouriser(model_server["grpc"]), AsyncColouriser(model_server["grpc"])
        await used.check(30)
        for colouriser in (never_used, used):
            await colouriser.close()
            await colouriser.close()
            with pytest.raises(OptionError, match="This Colouriser is closed"):
                await colouriser.colourise(GOOD["rgb.png"])

    asyncio.run(run())
    colouriser = Colouriser(model_server["http"])
    colouriser.close()
    with pytest.raises(OptionError, match="This Colouriser is closed"):
        colouriser.check()


class Held:
    """A gRPC server that keeps each request until it is cancelled."""

    def __init__(self) -> None:
        self.arrived, self.cancelled = threading.Event(), threading.Event()
        self.server = PredictServer(self._hold)
        self.url = f"grpc://{self.server.address}"

    def _hold(self, request: Any, context: grpc.ServicerContext) -> np.ndarray:
        if not context.add_callback(self.cancelled.set):
            self.cancelled.set()
        self.arrived.set()
        self.cancelled.wait(60)
        return colour(0, 0)

    def stop(self) -> None:
        self.cancelled.set()
        self.server.stop()


class HeldHttp:
    """A web server that reads a request, answers nothing, and notices that the connection ends."""

    def __init__(self, scheme: str) -> None:
        self.arrived, self.cancelled = threading.Event(), threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._hold)
        self._thread.start()

    def _hold(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            connection.settimeout(60)
            while True:
                try:
                    piece = connection.recv(2**20)
                except ConnectionError:
                    piece = b""
                if not piece:
                    break
                self.arrived.set()
        self.cancelled.set()

    def stop(self) -> None:
        self._thread.join(60)
        self._listener.close()


@pytest.fixture(params=["grpc", "http", "gateway+http"])
def held(request: pytest.FixtureRequest) -> Iterator[Held | HeldHttp]:
    server = Held() if request.param == "grpc" else HeldHttp(request.param)
    yield server
    server.stop()


@asynccontextmanager
async def waiting_for(
    held: Held | HeldHttp, **options: Any
) -> AsyncIterator[tuple[asyncio.Task[Any], AsyncColouriser]]:
    """A call that has reached the server."""
    async with AsyncColouriser(held.url) as colouriser:
        task = asyncio.create_task(colouriser.colourise(GOOD["rgb.png"], task="photo", **options))
        assert await asyncio.to_thread(held.arrived.wait, 60)
        yield task, colouriser


def test_a_call_that_is_cancelled_is_cancelled_at_the_server(held: Held | HeldHttp) -> None:
    async def run() -> None:
        async with waiting_for(held) as (task, _):
            assert not held.cancelled.is_set()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            # while the client is still open
            assert await asyncio.to_thread(held.cancelled.wait, 60)

    asyncio.run(run())


def test_a_call_whose_time_is_over_is_cancelled_too(held: Held | HeldHttp) -> None:
    async def run() -> None:
        async with waiting_for(held, timeout=3) as (task, _):
            with pytest.raises(ServerTimeout, match="within 3 s"):
                await task
            assert await asyncio.to_thread(held.cancelled.wait, 60)

    asyncio.run(run())


def test_a_call_that_close_overtakes_ends_with_an_error_of_ours(held: Held | HeldHttp) -> None:
    async def run() -> None:
        async with waiting_for(held) as (task, colouriser):
            await colouriser.close()
            with pytest.raises(OptionError, match="This Colouriser is closed"):
                await task
            assert await asyncio.to_thread(held.cancelled.wait, 60)

    asyncio.run(run())


def test_so_does_a_thread_that_close_overtakes(held: Held | HeldHttp) -> None:
    """At once: without it, the thread would sit out its minute."""
    with Colouriser(held.url) as colouriser, ThreadPoolExecutor() as threads:
        coloured = threads.submit(colouriser.colourise, GOOD["rgb.png"], task="photo")
        assert held.arrived.wait(60)
        colouriser.close()
        with pytest.raises(OptionError, match="This Colouriser is closed"):
            coloured.result(30)
        assert held.cancelled.wait(60)


def test_the_event_loop_goes_on_meanwhile(held: Held | HeldHttp) -> None:
    """Another call of the same client is answered with its own error while the first one waits."""

    async def run() -> None:
        async with waiting_for(held) as (task, colouriser):
            with pytest.raises(PictureError):
                await colouriser.colourise(b"\xff\xd8\xff")
            assert not task.done()
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(run())


def test_a_deadline_covers_all_that_a_call_asks(model_dir: Any) -> None:
    """With a palette three questions are asked; each of them alone would be in time."""
    answers = []

    def slow(request: Any, context: grpc.ServicerContext) -> Any:
        answers.append(context.time_remaining())
        time.sleep(1.2)
        centres, even = np.zeros((4, 2), np.float32), np.full((1, 32, 32, 4), 0.25, np.float32)
        centres[:, 0] = -40, -10, 20, 50
        return {"coefficients": colour(0, 0), "centres": centres, "probabilities": even}

    options: dict[str, Any] = {"palette": ["#264653"], "task": "photo", "timeout": 2}
    with PredictServer(slow) as server:
        url = f"grpc://{server.address}"

        def synchronous() -> None:
            with Colouriser(url) as colouriser:
                colouriser.colourise(GOOD["rgb.png"], **options)

        def asynchronous() -> None:
            of(lambda: AsyncColouriser(url), lambda colouriser: colouriser.colourise(GOOD["rgb.png"], **options))

        for colourise in (synchronous, asynchronous):
            answers.clear()
            with pytest.raises(ServerTimeout, match="2 s"):
                colourise()
            # the second question has what the first one left of the 2 s
            assert len(answers) <= 2
            assert all(left <= 0.8 for left in answers[1:])


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf")])
def test_a_timeout_is_a_number_of_seconds(model_server: dict[str, str], timeout: float) -> None:
    for client in (Colouriser, AsyncColouriser):
        with pytest.raises(OptionError, match="A timeout is a number of seconds above 0"):
            client(model_server["grpc"], timeout=timeout)
    with Colouriser(model_server["grpc"]) as colouriser, pytest.raises(OptionError, match="A timeout is a number"):
        colouriser.colourise(GOOD["rgb.png"], timeout=timeout)
