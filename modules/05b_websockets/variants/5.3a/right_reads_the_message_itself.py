"""The echo reads the message itself, and ends when it says that the client is gone."""

from fastapi import WebSocket

from rooms.frames import error_frame
from rooms.subscriber import GONE


async def notify(ws: WebSocket) -> None:
    await ws.accept()
    while (message := await ws.receive())["type"] == "websocket.receive":
        text = message.get("text")
        try:
            await ws.send_text(error_frame("No bytes, please") if text is None else "Echo: " + text)
        except GONE:
            return
