"""A bad frame is an exception, and ends the connection of who sent it."""

import anyio
from fastapi import WebSocketDisconnect

from rooms.frames import read_frame, receive_text
from rooms.service import Rooms
from rooms.subscriber import Subscriber


async def serve(subscriber: Subscriber, rooms: Rooms) -> None:
    async with anyio.create_task_group() as tasks:
        subscriber.on_overflow = tasks.cancel_scope.cancel
        tasks.start_soon(subscriber.send_queued)
        await rooms.join(subscriber)
        try:
            while True:
                await hear(subscriber, rooms, await receive_text(subscriber.ws))
        except WebSocketDisconnect:
            tasks.cancel_scope.cancel()


async def hear(subscriber: Subscriber, rooms: Rooms, frame: str | None) -> None:
    await rooms.say(subscriber, read_frame(frame))
