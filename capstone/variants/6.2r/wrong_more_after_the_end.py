"""After the end more is queued, and the last frame is none."""

import asyncio

from app.services.subscribers import End


class Subscriber:
    """As in the stage, but for its offer."""

    def offer(self, item: str | End) -> None:
        """Queue a frame, or the end, which is to be read within `close_seconds`. Never waits."""
        try:
            self._queue.put_nowait(item)
        except asyncio.QueueFull:
            self.too_slow = True
            self.scope.cancel()
            return
        if isinstance(item, End):
            asyncio.get_running_loop().call_later(self.close_seconds, self.scope.cancel)
