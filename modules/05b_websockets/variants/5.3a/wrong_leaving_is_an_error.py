"""Takes a client that leaves for an error: each one is a traceback in the log."""

from fastapi import WebSocket

from rooms.frames import error_frame, receive_text


async def notify(ws: WebSocket) -> None:
    await ws.accept()
    while True:
        text = await receive_text(ws)
        await ws.send_text(error_frame("Send text frames") if text is None else f"Echo: {text}")
