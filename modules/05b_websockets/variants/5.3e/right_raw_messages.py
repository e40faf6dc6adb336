"""Speaks ASGI itself, and looks whether the connection is still there."""

import asyncio
import contextlib

from starlette.websockets import WebSocketState

from rooms.subscriber import GONE, drop_later


class Subscriber:
    def offer(self, frame: str) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            return self._queue.put_nowait(frame)
        first, self.too_slow = not self.too_slow, True
        if first:
            self.on_overflow()

    async def send_queued(self) -> None:
        while self.ws.application_state is WebSocketState.CONNECTED:
            message = {"type": "websocket.send", "text": await self._queue.get()}
            try:
                await self.ws.send(message)
            except GONE:
                break

    async def close(self, seconds: float) -> None:
        drop_later(self.ws, seconds)
        if self.too_slow:
            closing = self.ws.send({"type": "websocket.close", "code": 1013, "reason": ""})
            with contextlib.suppress(TimeoutError, *GONE):
                await asyncio.wait_for(closing, seconds)
