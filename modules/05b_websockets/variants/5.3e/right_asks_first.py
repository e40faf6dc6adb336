"""Asks whether the queue is full before it puts a frame in: nothing else can run in between."""

import asyncio
import contextlib

from rooms.subscriber import GONE, drop_later


class Subscriber:
    def offer(self, frame: str) -> None:
        if self._queue.full() and not self.too_slow:
            self.too_slow = True
            self.on_overflow()
        elif not self.too_slow:
            self._queue.put_nowait(frame)

    async def send_queued(self) -> None:
        while True:
            frame = await self._queue.get()
            try:
                await self.ws.send_text(frame)
            except GONE:
                return

    async def close(self, seconds: float) -> None:
        drop_later(self.ws, seconds)
        if not self.too_slow:
            return
        with contextlib.suppress(TimeoutError, *GONE):
            await asyncio.wait_for(self.ws.close(code=1013), seconds)
