"""Waits for the ticket without an end: whoever connects and says nothing keeps a connection for good."""

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from rooms.frames import receive_text
from rooms.members import TicketFrame
from rooms.tickets import Ticket, decode_ticket
from settings import Settings


async def receive_ticket(ws: WebSocket, settings: Settings) -> Ticket | None:
    try:
        return decode_ticket(TicketFrame.model_validate_json(await receive_text(ws) or "").ticket, settings)
    except (ValidationError, WebSocketDisconnect):
        return None
