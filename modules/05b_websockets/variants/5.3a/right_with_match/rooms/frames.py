"""Tells the message's kinds apart with `match`."""

from fastapi import WebSocket, WebSocketDisconnect


async def receive_text(ws: WebSocket) -> str | None:
    match await ws.receive():
        case {"type": "websocket.receive", "text": str(text)}:
            return text
        case {"type": "websocket.receive"}:
            return None
    raise WebSocketDisconnect
