"""Waits by `wait_for`, and reads the frame by hand."""

import asyncio
import json

import anyio
from fastapi import Depends, WebSocket, WebSocketDisconnect

from rooms.endpoint import RoomName, present, serve
from rooms.frames import receive_text
from rooms.members import router
from rooms.origins import check_origin
from rooms.subscriber import Subscriber, close_within
from rooms.tickets import Ticket, decode_ticket
from settings import Settings


@router.websocket("/ws/members/{room}", dependencies=[Depends(check_origin)])
async def members_socket(ws: WebSocket, room: RoomName) -> None:
    await ws.accept()
    rooms = ws.app.state.rooms
    seconds = rooms.settings.close_seconds
    ticket = await receive_ticket(ws, rooms.settings)
    if not ticket:
        await close_within(ws, seconds, 1008, "No ticket")
        return
    member = Subscriber(ws, f"members/{room}", ticket.name, rooms.settings.client_queue_size)
    async with present(member, rooms):
        with anyio.CancelScope(deadline=anyio.current_time() + ticket.seconds_left) as scope:
            await serve(member, rooms)
    if scope.cancelled_caught:
        await close_within(ws, seconds=seconds, code=1008, reason="Too old")


async def receive_ticket(ws: WebSocket, settings: Settings) -> Ticket | None:
    try:
        frame = json.loads(await asyncio.wait_for(receive_text(ws), settings.ticket_wait_seconds) or "{}")
        return decode_ticket(str(frame["ticket"]), settings)
    except (TimeoutError, ValueError, KeyError, TypeError, WebSocketDisconnect):
        return None
