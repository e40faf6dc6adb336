"""One client's queue, its sender and its end, without a server.

Its socket is the framework's own, so that whichever of its methods sends, and however it is called, it is sent.
"""

import asyncio
from typing import Any

import pytest
from fastapi import WebSocket

from rooms.subscriber import Subscriber

QUEUE_SIZE = 3
PATIENCE_SECONDS = 10


class Wire:
    """The server's side of a connection: `reading` says whether the other end reads."""

    def __init__(self) -> None:
        self._sent: asyncio.Queue[Any] = asyncio.Queue()
        self.reading = asyncio.Event()
        self.reading.set()
        self.gone = False
        self.error: type[Exception] = OSError  # what sending raises once it is gone
        self.transport = self  # as uvicorn's connection has one, and lets it be cut
        self.cut = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        return {"type": "websocket.disconnect" if self.gone else "websocket.connect"}

    async def send(self, message: Any) -> None:
        await self.reading.wait()
        if self.gone:
            raise self.error("nobody is there")
        if message["type"] != "websocket.accept":
            self._sent.put_nowait(message.get("code", message.get("text")))

    def abort(self) -> None:
        """Cut the connection, with nothing sent."""
        self.cut.set()

    async def sent(self) -> Any:
        """The next frame, or close code, that was sent."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._sent.get()

    @property
    def quiet(self) -> bool:
        return self._sent.empty()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def subscriber(wire: Wire) -> Subscriber:
    ws = WebSocket({"type": "websocket", "path": "/", "headers": []}, wire.receive, wire.send)
    await ws.accept()
    return Subscriber(ws, "lobby", "ana", QUEUE_SIZE)


async def test_what_is_offered_is_sent_in_order(subscriber, wire):
    sending = asyncio.create_task(subscriber.send_queued())
    for number in range(QUEUE_SIZE):
        subscriber.offer(str(number))
    assert [await wire.sent() for _ in range(QUEUE_SIZE)] == ["0", "1", "2"]
    sending.cancel()


async def test_an_offer_never_waits_however_slow_the_client_is(subscriber, wire):
    wire.reading.clear()
    sending = asyncio.create_task(subscriber.send_queued())
    for number in range(QUEUE_SIZE):
        subscriber.offer(str(number))
    assert not subscriber.too_slow
    sending.cancel()


async def test_one_offer_too_many_gives_the_client_up(subscriber):
    given_up = []
    subscriber.on_overflow = lambda: given_up.append("now")
    for number in range(QUEUE_SIZE):
        subscriber.offer(str(number))
    assert given_up == []
    subscriber.offer("too many")
    assert given_up == ["now"]
    assert subscriber.too_slow


async def test_a_client_is_given_up_once_however_much_is_offered_after_that(subscriber, wire):
    given_up = []
    subscriber.on_overflow = lambda: given_up.append("now")
    for number in range(QUEUE_SIZE + 2):
        subscriber.offer(str(number))
    sending = asyncio.create_task(subscriber.send_queued())
    assert [await wire.sent() for _ in range(QUEUE_SIZE)] == ["0", "1", "2"]
    for number in range(QUEUE_SIZE + 2):  # there is room in the queue again
        subscriber.offer(str(number))
    sending.cancel()
    assert given_up == ["now"]


@pytest.mark.parametrize("error", [OSError, RuntimeError], ids=["the client", "the server"])
async def test_the_sender_ends_without_an_error_whoever_ended_the_connection(subscriber, wire, error):
    wire.gone, wire.error = True, error
    subscriber.offer("nobody reads this")
    async with asyncio.timeout(PATIENCE_SECONDS):
        await subscriber.send_queued()


async def test_a_client_that_was_too_slow_is_closed_with_1013(subscriber, wire):
    subscriber.too_slow = True
    await subscriber.close(seconds=PATIENCE_SECONDS)
    assert await wire.sent() == 1013


async def test_a_client_that_left_by_itself_is_not_closed_again_and_its_connection_is_cut_in_the_end(subscriber, wire):
    wire.gone = True
    await subscriber.ws.receive()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await subscriber.close(seconds=0.01)
        await wire.cut.wait()
    assert wire.quiet


async def test_who_is_not_too_slow_is_sent_no_close_code_and_the_connection_is_cut_in_the_end(subscriber, wire):
    async with asyncio.timeout(PATIENCE_SECONDS):
        await subscriber.close(seconds=0.01)
        await wire.cut.wait()
    assert wire.quiet


async def test_closing_waits_no_longer_than_it_was_told(subscriber, wire):
    wire.reading.clear()
    subscriber.too_slow = True
    async with asyncio.timeout(PATIENCE_SECONDS):
        await subscriber.close(seconds=0.01)
        await wire.cut.wait()
    assert wire.quiet
