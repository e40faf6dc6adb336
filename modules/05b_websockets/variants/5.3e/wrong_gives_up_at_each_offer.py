"""Calls `on_overflow` at each offer after the first: what cleans up for the client is cancelled, too."""

import asyncio


class Subscriber:
    def offer(self, frame: str) -> None:
        try:
            self._queue.put_nowait(frame)
        except asyncio.QueueFull:
            self.too_slow = True
        if self.too_slow:
            self.on_overflow()
