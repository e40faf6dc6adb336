"""Does nothing about a client that was not too slow: one that left, and never reads the answer, stays connected."""

from rooms.subscriber import close_within


class Subscriber:
    async def close(self, seconds: float) -> None:
        if self.too_slow:
            await close_within(self.ws, seconds, 1013, "You read too slowly")
