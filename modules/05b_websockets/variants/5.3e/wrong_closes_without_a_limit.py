"""Waits for a close that a client which reads nothing never takes."""

from rooms.client import drop_later


class Client:
    async def close(self, seconds: float) -> None:
        drop_later(self.ws, seconds)
        if self.too_slow:
            await self.ws.close(1013, "You read too slowly")
