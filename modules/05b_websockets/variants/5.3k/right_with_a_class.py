"""A class keeps the rooms, and JSON is read and written by the framework."""

from datetime import UTC, datetime

from fastapi import FastAPI, WebSocket, WebSocketDisconnect


class ConnectionManager:
    def __init__(self) -> None:
        self.rooms: dict[str, set[WebSocket]] = {}

    async def join(self, ws: WebSocket, room: str) -> None:
        await ws.accept()
        self.rooms.setdefault(room, set()).add(ws)

    def leave(self, ws: WebSocket, room: str) -> None:
        self.rooms[room].discard(ws)

    async def broadcast(self, room: str, event: dict[str, str]) -> None:
        for socket in tuple(self.rooms[room]):
            await socket.send_json(event)


app = FastAPI()
manager = ConnectionManager()


@app.get("/health")
def health() -> dict[str, bool]:
    return {"ok": True}


@app.websocket("/ws/notify")
async def echo(ws: WebSocket) -> None:
    await ws.accept()
    async for text in ws.iter_text():
        await ws.send_text("Echo: " + text)


@app.websocket("/ws/rooms/{room}")
async def chat(ws: WebSocket, room: str, name: str) -> None:
    await manager.join(ws, room)
    try:
        while True:
            said = await ws.receive_json()
            now = datetime.now(UTC).isoformat()
            event = {"type": "message", "room": room, "from": name, "at": now, "text": said["text"]}
            await manager.broadcast(room, event)
    except WebSocketDisconnect:
        manager.leave(ws, room)


app.frontend("/", directory="static", fallback=None)
