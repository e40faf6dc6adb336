"""Takes every frame for a text: a binary one ends the connection."""

from fastapi import WebSocket

from rooms.subscriber import GONE


async def notify(ws: WebSocket) -> None:
    await ws.accept()
    try:
        while True:
            await ws.send_text(f"Echo: {await ws.receive_text()}")
    except GONE:
        pass
