"""Names its arguments, and lets anyio watch the time."""

import asyncio
import contextlib

import anyio

from rooms.subscriber import GONE, drop_later


class Subscriber:
    def offer(self, frame: str) -> None:
        try:
            self._queue.put_nowait(frame)
        except asyncio.QueueFull:
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
