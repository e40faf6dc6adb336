"""Nobody ends the sender: each client that ever was leaves a task that waits for ever."""

import asyncio

from fastapi import WebSocketDisconnect

from rooms.endpoint import hear
from rooms.frames import receive_text
from rooms.service import Rooms
from rooms.subscriber import Subscriber

SENDERS: set[asyncio.Task[None]] = set()


async def serve(subscriber: Subscriber, rooms: Rooms) -> None:
    SENDERS.add(asyncio.create_task(subscriber.send_queued()))
    await rooms.join(subscriber)
    try:
        while not subscriber.too_slow:
            await hear(subscriber, rooms, await receive_text(subscriber.ws))
    except WebSocketDisconnect:
        pass
