"""Ends the whole of `present` when the ticket expires, its end too: nobody is told that the member left."""

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
    if ticket is None:
        await close_within(ws, rooms.settings.close_seconds, 1008, "A ticket, please")
        return
    subscriber = Subscriber(ws, f"members/{room}", ticket.name, rooms.settings.client_queue_size)
    with anyio.move_on_after(ticket.seconds_left) as validity:
        async with present(subscriber, rooms):
            await serve(subscriber, rooms)
    if validity.cancelled_caught:
        await close_within(ws, rooms.settings.close_seconds, 1008, "Your ticket has expired")
