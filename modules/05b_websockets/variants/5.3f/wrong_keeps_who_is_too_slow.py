"""An overflow ends nothing: who does not read stays, and misses what is said."""

import anyio
from fastapi import WebSocketDisconnect

from rooms.frames import FrameError, error_frame, read_frame, receive_text
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


async def hear(subscriber: Subscriber, rooms: Rooms, frame: str | None) -> None:
    try:
        text = read_frame(frame)
    except FrameError as error:
        subscriber.offer(error_frame(str(error)))
        return
    await rooms.say(subscriber, text)
