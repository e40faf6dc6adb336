"""One dictionary has each socket's room, and a `finally` takes the socket out."""

import json
from datetime import UTC, datetime

from fastapi import FastAPI, WebSocket

app = FastAPI()
room_of: dict[WebSocket, str] = {}


@app.get("/health")
async def health():
    return {"ok": True}


@app.websocket("/ws/notify")
async def notify(ws: WebSocket):
    await ws.accept()
    async for text in ws.iter_text():
        await ws.send_text(f"Echo: {text}")


@app.websocket("/ws/rooms/{room}")
async def room_socket(ws: WebSocket, room: str, name: str):
    await ws.accept()
    room_of[ws] = room
    try:
        async for frame in ws.iter_text():
            at = datetime.now(UTC).isoformat(timespec="seconds")
            event = json.dumps({"type": "message", "room": room, "from": name, "at": at} | json.loads(frame))
            for other in [other for other, where in room_of.items() if where == room]:
                await other.send_text(event)
    finally:
        del room_of[ws]


app.frontend("/", directory="static", fallback=None)
