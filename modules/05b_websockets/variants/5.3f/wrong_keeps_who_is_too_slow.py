"""An overflow ends nothing: who does not read stays, and misses what is said."""

import anyio
from fastapi import WebSocketDisconnect

from rooms.endpoint import hear
from rooms.frames import receive_text
from rooms.service import Rooms
from rooms.subscriber import Subscriber


async def serve(subscriber: Subscriber, rooms: Rooms) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(subscriber.send_queued)
        await rooms.join(subscriber)
        try:
            while True:
                await hear(subscriber, rooms, await receive_text(subscriber.ws))
        except WebSocketDisconnect:
            tasks.cancel_scope.cancel()
