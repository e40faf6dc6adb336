"""Reads by the framework's `receive_text`, which takes every frame for a text."""

import anyio
from fastapi import WebSocketDisconnect

from rooms.endpoint import hear
from rooms.service import Rooms
from rooms.subscriber import Subscriber


async def serve(subscriber: Subscriber, rooms: Rooms) -> None:
    async with anyio.create_task_group() as tasks:
        subscriber.on_overflow = tasks.cancel_scope.cancel
        tasks.start_soon(subscriber.send_queued)
        await rooms.join(subscriber)
        try:
            while True:
                await hear(subscriber, rooms, await subscriber.ws.receive_text())
        except WebSocketDisconnect:
            tasks.cancel_scope.cancel()
