"""Closes everyone who has not left with 1000: a member whose ticket expires never reads its 1008."""

from starlette.websockets import WebSocketState

from rooms.subscriber import close_within, drop_later


class Subscriber:
    async def close(self, seconds: float) -> None:
        if self.too_slow:
            await close_within(self.ws, seconds, 1013, "You read too slowly")
        elif self.ws.client_state is not WebSocketState.DISCONNECTED:
            await close_within(self.ws, seconds, 1000, "Bye")
        else:
            drop_later(self.ws, seconds)
