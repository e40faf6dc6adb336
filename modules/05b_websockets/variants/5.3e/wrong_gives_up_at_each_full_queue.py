"""Calls `on_overflow` whenever the queue is full, and not only the first time."""

import asyncio


class Subscriber:
    def offer(self, frame: str) -> None:
        try:
            self._queue.put_nowait(frame)
        except asyncio.QueueFull:
            self.too_slow = True
            self.on_overflow()
