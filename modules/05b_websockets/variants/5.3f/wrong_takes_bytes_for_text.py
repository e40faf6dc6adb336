"""Reads by the framework's `receive_text`, which takes every frame for a text."""

import anyio
from fastapi import WebSocketDisconnect

from rooms.endpoint import hear
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
                await hear(subscriber, rooms, await subscriber.ws.receive_text())
        except WebSocketDisconnect:
            tasks.cancel_scope.cancel()
