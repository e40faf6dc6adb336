"""The WebSocket of a room."""

import contextlib
from collections.abc import AsyncIterator
from typing import Annotated

import anyio
from fastapi import APIRouter, Depends, Path, Query, WebSocket, WebSocketDisconnect

from rooms.frames import FrameError, error_frame, read_frame, receive_text
from rooms.origins import check_origin
from rooms.service import Rooms
from rooms.subscriber import Subscriber

NAME = r"^[A-Za-z0-9_-]{1,32}$"
RoomName = Annotated[str, Path(pattern=NAME)]

router = APIRouter(dependencies=[Depends(check_origin)])


@router.websocket("/ws/rooms/{room}")
async def room_socket(ws: WebSocket, room: RoomName, name: Annotated[str, Query(pattern=NAME)]) -> None:
    """Join a room: say {"text": "..."}, and read what everyone there says. Another name or room is refused with 403."""
    rooms: Rooms = ws.app.state.rooms
    subscriber = Subscriber(ws, room, name, rooms.settings.client_queue_size)
    async with present(subscriber, rooms):  # before the handshake is done: from then on the client misses nothing
        await ws.accept()
        await serve(subscriber, rooms)


@contextlib.asynccontextmanager
async def present(subscriber: Subscriber, rooms: Rooms) -> AsyncIterator[None]:
    """The client is one of its room, and at the end it is taken out, its leaving told, its connection closed."""
    rooms.manager.add(subscriber)
    try:
        yield
    finally:
        rooms.manager.remove(subscriber)
        await rooms.leave(subscriber)
        await subscriber.close(rooms.settings.close_seconds)


async def serve(subscriber: Subscriber, rooms: Rooms) -> None:
    """Read from the client and send to it, both at once, until it leaves or reads too slowly."""
    if subscriber.too_slow:
        return  # something was said between `manager.add` and here that it will never read
    async with anyio.create_task_group() as tasks:

        async def send() -> None:
            await subscriber.send_queued()
            tasks.cancel_scope.cancel()

        subscriber.on_overflow = tasks.cancel_scope.cancel
        tasks.start_soon(send)
        await rooms.join(subscriber)
        try:
            while True:
                await hear(subscriber, rooms, await receive_text(subscriber.ws))
        except WebSocketDisconnect:
            tasks.cancel_scope.cancel()


async def hear(subscriber: Subscriber, rooms: Rooms, frame: str | None) -> None:
    """Take one frame from a client: say it to the room, or tell the client what is wrong with it."""
    try:
        text = read_frame(frame)
    except FrameError as error:
        subscriber.offer(error_frame(str(error)))
    else:
        await rooms.say(subscriber, text)
