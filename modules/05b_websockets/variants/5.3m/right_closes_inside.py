"""Closes a member whose ticket has expired while it is still in its room."""

import anyio
from fastapi import Depends, WebSocket, status

from rooms.endpoint import RoomName, present, serve
from rooms.members import receive_ticket, router
from rooms.origins import check_origin
from rooms.subscriber import Subscriber, close_within


@router.websocket("/ws/members/{room}", dependencies=[Depends(check_origin)])
async def members_socket(ws: WebSocket, room: RoomName) -> None:
    rooms, refused = ws.app.state.rooms, status.WS_1008_POLICY_VIOLATION
    await ws.accept()
    ticket = await receive_ticket(ws, rooms.settings)
    if ticket is None:
        return await close_within(ws, rooms.settings.close_seconds, refused, "A ticket, please")
    subscriber = Subscriber(ws, "members/" + room, ticket.name, rooms.settings.client_queue_size)
    async with present(subscriber, rooms):
        try:
            with anyio.fail_after(max(ticket.seconds_left, 0)):
                await serve(subscriber, rooms)
        except TimeoutError:
            await close_within(ws, rooms.settings.close_seconds, refused, "Your ticket is over")
