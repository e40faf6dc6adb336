"""Closes a client that has left, too: nobody reads that any more."""

from starlette.websockets import WebSocketState

from rooms.subscriber import close_within, drop_later


class Subscriber:
    async def close(self, seconds: float) -> None:
        has_left = self.ws.client_state is WebSocketState.DISCONNECTED
        if self.too_slow or has_left:
            await close_within(self.ws, seconds, 1000 if has_left else 1013, "Done")
        else:
            drop_later(self.ws, seconds)
