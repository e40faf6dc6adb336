"""The sender may end and the reader goes on: for a client that is sent nothing any more."""

import anyio
from fastapi import WebSocketDisconnect

from rooms.endpoint import hear
from rooms.frames import receive_text
from rooms.service import Rooms
from rooms.subscriber import Subscriber


async def serve(subscriber: Subscriber, rooms: Rooms) -> None:
    if subscriber.too_slow:
        return
    async with anyio.create_task_group() as tasks:
        subscriber.on_overflow = tasks.cancel_scope.cancel
        tasks.start_soon(subscriber.send_queued)
        await rooms.join(subscriber)
        try:
            while True:
                await hear(subscriber, rooms, await receive_text(subscriber.ws))
        except WebSocketDisconnect:
            tasks.cancel_scope.cancel()
