"""Waits for a close that a client which reads nothing never takes."""

from rooms.subscriber import drop_later


class Subscriber:
    async def close(self, seconds: float) -> None:
        drop_later(self.ws, seconds)
        if self.too_slow:
            await self.ws.close(1013, "You read too slowly")
