"""Sends in one place, and lets `suppress` end the loop."""

import contextlib

from fastapi import WebSocket

from rooms.frames import error_frame, receive_text
from rooms.subscriber import GONE


async def notify(ws: WebSocket) -> None:
    await ws.accept()
    with contextlib.suppress(*GONE):
        while True:
            text = await receive_text(ws)
            answer = f"Echo: {text}" if text is not None else error_frame("This takes text")
            await ws.send_text(answer)
