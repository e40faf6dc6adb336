"""One client's queue, its sender and its end, without a server."""

import asyncio
from typing import Any

import pytest
from fastapi import WebSocketDisconnect

from rooms.subscriber import Subscriber

QUEUE_SIZE = 3
PATIENCE_SECONDS = 10


class FakeSocket:
    """The server's side of a socket: `reading` says whether the other end reads."""

    def __init__(self) -> None:
        self._sent: asyncio.Queue[Any] = asyncio.Queue()
        self.reading = asyncio.Event()
        self.reading.set()
        self.gone = False
        self._receive = None

    async def send_text(self, data: str) -> None:
        await self._send(data)

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        await self._send(code)

    async def _send(self, what: Any) -> None:
        await self.reading.wait()
        if self.gone:
            raise WebSocketDisconnect
        self._sent.put_nowait(what)

    async def sent(self) -> Any:
        """The next frame, or close code, that was sent."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._sent.get()

    @property
    def quiet(self) -> bool:
        return self._sent.empty()


@pytest.fixture
def socket() -> FakeSocket:
    return FakeSocket()


@pytest.fixture
def subscriber(socket: FakeSocket) -> Subscriber:
    return Subscriber(socket, "lobby", "ana", QUEUE_SIZE)


async def test_what_is_offered_is_sent_in_order(subscriber, socket):
    sending = asyncio.create_task(subscriber.send_queued())
    for number in range(QUEUE_SIZE):
        subscriber.offer(str(number))
    assert [await socket.sent() for _ in range(QUEUE_SIZE)] == ["0", "1", "2"]
    sending.cancel()


async def test_an_offer_never_waits_however_slow_the_client_is(subscriber, socket):
    socket.reading.clear()
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


async def test_the_sender_ends_when_the_client_is_gone(subscriber, socket):
    socket.gone = True
    subscriber.offer("nobody reads this")
    async with asyncio.timeout(PATIENCE_SECONDS):
        await subscriber.send_queued()


async def test_a_client_that_was_too_slow_is_closed_with_1013(subscriber, socket):
    subscriber.too_slow = True
    await subscriber.close(seconds=PATIENCE_SECONDS)
    assert await socket.sent() == 1013


async def test_a_client_that_left_by_itself_is_not_closed_again(subscriber, socket):
    await subscriber.close(seconds=PATIENCE_SECONDS)
    assert socket.quiet


async def test_closing_waits_no_longer_than_it_was_told(subscriber, socket):
    socket.reading.clear()
    subscriber.too_slow = True
    async with asyncio.timeout(PATIENCE_SECONDS):
        await subscriber.close(seconds=0.01)
    assert socket.quiet
