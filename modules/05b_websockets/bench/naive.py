"""The room of most tutorials: a list of sockets in memory, and a loop that sends. Measured beside ours.

It knows one process only, and it waits for each client in turn.
"""

import json
from collections import defaultdict

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
rooms: dict[str, list[WebSocket]] = defaultdict(list)


@app.websocket("/ws/rooms/{room}")
async def room_socket(ws: WebSocket, room: str, name: str) -> None:
    """Everyone in the room, one after the other."""
    await ws.accept()
    rooms[room].append(ws)
    try:
        while True:
            text = json.loads(await ws.receive_text())["text"]
            event = {"type": "message", "room": room, "from": name, "text": text}
            for other in list(rooms[room]):
                await other.send_json(event)
    except WebSocketDisconnect:
        rooms[room].remove(ws)
