"""Members are in the open room of that name: whoever is there under a name of their choice reads what they say."""

import anyio
from fastapi import Depends, WebSocket

from rooms.endpoint import RoomName, present, serve
from rooms.members import receive_ticket, router
from rooms.origins import check_origin
from rooms.subscriber import Subscriber, close_within


@router.websocket("/ws/members/{room}", dependencies=[Depends(check_origin)])
async def members_socket(ws: WebSocket, room: RoomName) -> None:
    rooms = ws.app.state.rooms
    await ws.accept()
    ticket = await receive_ticket(ws, rooms.settings)
    if ticket is not None:
        subscriber = Subscriber(ws, room, ticket.name, rooms.settings.client_queue_size)
        async with present(subscriber, rooms):
            with anyio.move_on_after(ticket.seconds_left):
                await serve(subscriber, rooms)
    await close_within(ws, rooms.settings.close_seconds, 1008, "No good ticket")
