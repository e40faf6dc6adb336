"""The group starts the reader as well; whichever of the two ends first, the group ends."""

import anyio
from fastapi import WebSocketDisconnect

from rooms.endpoint import hear
from rooms.frames import receive_text
from rooms.service import Rooms
from rooms.subscriber import Subscriber


async def serve(subscriber: Subscriber, rooms: Rooms) -> None:
    async with anyio.create_task_group() as group:

        async def read() -> None:
            try:
                await rooms.join(subscriber)
                while True:
                    frame = await receive_text(subscriber.ws)
                    await hear(subscriber, rooms, frame)
            except WebSocketDisconnect:
                group.cancel_scope.cancel()

        async def send() -> None:
            try:
                await subscriber.send_queued()
            finally:
                group.cancel_scope.cancel()

        subscriber.on_overflow = lambda: group.cancel_scope.cancel()
        if subscriber.too_slow:
            group.cancel_scope.cancel()
        group.start_soon(send)
        group.start_soon(read)
