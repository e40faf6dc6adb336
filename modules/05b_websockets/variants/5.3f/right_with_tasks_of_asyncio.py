"""Two tasks of asyncio: an overflow cancels the reader, and the end of either ends the other."""

import asyncio

from fastapi import WebSocketDisconnect

from rooms.endpoint import hear
from rooms.frames import receive_text
from rooms.service import Rooms
from rooms.subscriber import Subscriber


async def read(subscriber: Subscriber, rooms: Rooms) -> None:
    await rooms.join(subscriber)
    while True:
        await hear(subscriber, rooms, await receive_text(subscriber.ws))


async def serve(subscriber: Subscriber, rooms: Rooms) -> None:
    reader = asyncio.create_task(read(subscriber, rooms))
    sender = asyncio.create_task(subscriber.send_queued())
    subscriber.on_overflow = reader.cancel
    try:
        if not subscriber.too_slow:
            await asyncio.wait([reader, sender], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (reader, sender):
            task.cancel()
        ends = await asyncio.gather(reader, sender, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception) and not isinstance(end, WebSocketDisconnect):
            raise end
