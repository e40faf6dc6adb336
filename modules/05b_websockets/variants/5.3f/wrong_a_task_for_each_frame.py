"""Each frame is a task of its own: a flood is read as fast as it comes, and waits in memory."""

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

        async def send() -> None:
            await subscriber.send_queued()
            tasks.cancel_scope.cancel()

        subscriber.on_overflow = tasks.cancel_scope.cancel
        tasks.start_soon(send)
        await rooms.join(subscriber)
        try:
            while True:
                tasks.start_soon(hear, subscriber, rooms, await receive_text(subscriber.ws))
        except WebSocketDisconnect:
            tasks.cancel_scope.cancel()
