"""Takes the message that the client is gone for one without a text: the loop asks again, and the framework raises."""

from fastapi import WebSocket


async def receive_text(ws: WebSocket) -> str | None:
    return (await ws.receive()).get("text")
