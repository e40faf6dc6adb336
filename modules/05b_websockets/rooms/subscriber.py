"""A subscriber: one connected client, with its queue, its sender, and its end."""

import asyncio
import contextlib
from collections.abc import Callable
from uuid import uuid4

from fastapi import WebSocket, WebSocketDisconnect, status

# What sending raises when nobody is there: RuntimeError, if it was uvicorn that closed, having had no answer to a ping.
GONE = (WebSocketDisconnect, RuntimeError)


def nothing() -> None:
    """What a subscriber does about an overflow before it is served."""


class Subscriber:
    """A client in a room, which is sent all that is said there.

    Whoever has a frame for it only puts it into the queue, which never waits. A task of the client's own takes the
    frames out and sends them, at the pace at which the client reads.
    """

    def __init__(self, ws: WebSocket, room: str, name: str, queue_size: int) -> None:
        self.id = uuid4().hex
        self.ws = ws
        self.room = room
        self.name = name
        self.knows_members = False  # it has read who is there, so it can follow who comes and goes
        self.too_slow = False
        self.on_overflow: Callable[[], None] = nothing
        self._queue: asyncio.Queue[str] = asyncio.Queue(queue_size)

    def offer(self, frame: str) -> None:
        """Queue a frame for the client. One whose queue is full reads too slowly, and is given up."""
        if self.too_slow:
            return
        try:
            self._queue.put_nowait(frame)
        except asyncio.QueueFull:
            self.too_slow = True
            self.on_overflow()

    async def send_queued(self) -> None:
        """Send what is queued, for as long as the client is there. Waits while the client does not read."""
        with contextlib.suppress(*GONE):
            while True:
                await self.ws.send_text(await self._queue.get())

    async def close(self, seconds: float) -> None:
        """End the connection within that time. One that reads too slowly is told so by 1013, if it reads that much."""
        if self.too_slow:
            await close_within(self.ws, seconds, status.WS_1013_TRY_AGAIN_LATER, "You read too slowly")
        else:
            drop_later(self.ws, seconds)


async def close_within(ws: WebSocket, seconds: float, code: int, reason: str) -> None:
    """Close the connection with this code. A client that has not read it after that time is dropped without it."""
    drop_later(ws, seconds)
    with contextlib.suppress(TimeoutError, *GONE):
        async with asyncio.timeout(seconds):
            await ws.close(code, reason)


def drop_later(ws: WebSocket, seconds: float) -> None:
    """Cut the connection after that time, unless it has ended by then.

    uvicorn closes a connection once the peer has read all that was sent to it, and some never do. ASGI has no message
    for "drop it", so this reaches for uvicorn's own transport. Other servers, and tests without one, have none there.
    """
    transport = getattr(getattr(ws._receive, "__self__", None), "transport", None)
    if transport is not None:
        asyncio.get_running_loop().call_later(seconds, transport.abort)
