"""Names its arguments, lets anyio watch the time, and goes on to queue for who is given up, while there is room."""

import asyncio
import contextlib

import anyio

from rooms.subscriber import GONE, drop_later


class Subscriber:
    def offer(self, frame: str) -> None:
        try:
            self._queue.put_nowait(frame)
        except asyncio.QueueFull:
            if not self.too_slow:
                self.too_slow = True
                self.on_overflow()

    async def send_queued(self) -> None:
        try:
            while True:
                await self.ws.send_text(data=await self._queue.get())
        except GONE:
            pass

    async def close(self, seconds: float) -> None:
        drop_later(self.ws, seconds)
        if self.too_slow:
            with contextlib.suppress(*GONE), anyio.move_on_after(seconds):
                await self.ws.close(reason="too slow", code=1013)
