"""Catches what a client's leaving raises, and not what sending raises once the server itself has closed."""

from fastapi import WebSocket, WebSocketDisconnect

from rooms.frames import error_frame, receive_text


async def notify(ws: WebSocket) -> None:
    await ws.accept()
    try:
        while True:
            text = await receive_text(ws)
            await ws.send_text(error_frame("Send text frames") if text is None else f"Echo: {text}")
    except WebSocketDisconnect:
        pass
