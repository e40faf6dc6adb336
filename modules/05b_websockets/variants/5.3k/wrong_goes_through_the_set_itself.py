"""Goes through the set of sockets itself: who joins or leaves meanwhile changes it, and ends who said it."""

import json
from collections import defaultdict
from datetime import UTC, datetime

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI(title="First version")
rooms: dict[str, set[WebSocket]] = defaultdict(set)


@app.get("/health")
async def health() -> dict[str, bool]:
    return {"ok": True}


@app.websocket("/ws/notify")
async def notify(ws: WebSocket) -> None:
    await ws.accept()
    try:
        while True:
            await ws.send_text(f"Echo: {await ws.receive_text()}")
    except WebSocketDisconnect:
        pass


@app.websocket("/ws/rooms/{room}")
async def room_socket(ws: WebSocket, room: str, name: str) -> None:
    await ws.accept()
    rooms[room].add(ws)
    try:
        while True:
            text = json.loads(await ws.receive_text())["text"]
            event = {"type": "message", "room": room, "from": name, "at": datetime.now(UTC).isoformat(), "text": text}
            for other in rooms[room]:
                await other.send_json(event)
    except WebSocketDisconnect:
        rooms[room].remove(ws)


app.frontend("/", directory="static", fallback=None)  # the page
