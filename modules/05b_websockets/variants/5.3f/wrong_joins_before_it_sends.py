"""Joins first, and sends then: while the database lets it wait, the queue fills."""

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
        await rooms.join(subscriber)
        tasks.start_soon(send)
        try:
            while True:
                await hear(subscriber, rooms, await receive_text(subscriber.ws))
        except WebSocketDisconnect:
            tasks.cancel_scope.cancel()
