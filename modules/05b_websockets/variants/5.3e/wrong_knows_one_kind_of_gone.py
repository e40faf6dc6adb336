"""Catches what a client's leaving raises, and not what sending raises once the server itself has closed."""

from fastapi import WebSocketDisconnect


class Subscriber:
    async def send_queued(self) -> None:
        try:
            while True:
                await self.ws.send_text(await self._queue.get())
        except WebSocketDisconnect:
            pass
