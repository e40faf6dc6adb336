"""Rooms for members: who comes in shows a ticket, in the first frame, and stays no longer than it is good."""

import asyncio
import secrets

import anyio
from fastapi import APIRouter, Depends, Request, Response, WebSocket, WebSocketDisconnect, status
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rooms.endpoint import RoomName, present, serve
from rooms.frames import receive_text
from rooms.origins import check_origin
from rooms.service import Rooms
from rooms.subscriber import Subscriber, close_within
from rooms.tickets import Ticket, create_ticket, decode_ticket
from settings import Settings

router = APIRouter()


class TicketFrame(BaseModel):
    """What a member sends first: {"ticket": "..."} and nothing else."""

    model_config = ConfigDict(extra="forbid", strict=True)

    ticket: str


class NewTicket(BaseModel):
    """A ticket, the name that it is for, and the seconds for which it is good."""

    ticket: str = Field(examples=["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJndWVzdCJ9.c2lnbmF0dXJl"])
    name: str = Field(examples=["guest-1f0e2d3c"])
    expires_in: int = Field(examples=[300])


@router.post("/tickets", status_code=status.HTTP_201_CREATED)
async def issue_ticket(request: Request, response: Response) -> NewTicket:
    """Name a guest as nobody else is named. An app with accounts asks here who it is, by module 4's `CurrentUser`."""
    settings: Settings = request.app.state.settings
    name = f"guest-{secrets.token_hex(4)}"
    response.headers["Cache-Control"] = "no-store"
    return NewTicket(ticket=create_ticket(name, settings), name=name, expires_in=settings.ticket_seconds)


@router.websocket("/ws/members/{room}", dependencies=[Depends(check_origin)])
async def members_socket(ws: WebSocket, room: RoomName) -> None:
    """Join the room `members/{room}`, which no name in an address reaches, under the ticket's name.

    Closes with 1008 if no good ticket comes first, and when it expires.
    """
    rooms: Rooms = ws.app.state.rooms
    await ws.accept()
    ticket = await receive_ticket(ws, rooms.settings)
    if ticket is None:
        reason = 'Send {"ticket": "..."} first, a good one'
    else:
        subscriber = Subscriber(ws, f"members/{room}", ticket.name, rooms.settings.client_queue_size)
        async with present(subscriber, rooms):
            with anyio.move_on_after(ticket.seconds_left) as validity:
                await serve(subscriber, rooms)
        if not validity.cancelled_caught:
            return
        reason = "Your ticket has expired"
    await close_within(ws, rooms.settings.close_seconds, status.WS_1008_POLICY_VIOLATION, reason)


async def receive_ticket(ws: WebSocket, settings: Settings) -> Ticket | None:
    """The ticket in the client's first frame; None if there is no good one within `ticket_wait_seconds`."""
    try:
        async with asyncio.timeout(settings.ticket_wait_seconds):
            frame = await receive_text(ws)
        return decode_ticket(TicketFrame.model_validate_json(frame or "").ticket, settings)
    except (TimeoutError, ValidationError, WebSocketDisconnect):
        return None
