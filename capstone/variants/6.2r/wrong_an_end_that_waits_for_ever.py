"""Who never takes the end stays connected for ever."""

import asyncio

from app.services.subscribers import End


class Subscriber:
    """As in the stage, but for its offer."""

    def offer(self, item: str | End) -> None:
        """Queue a frame, or the end, which is to be read within `close_seconds`. Never waits."""
        if self._ended:
            return
        try:
            self._queue.put_nowait(item)
        except asyncio.QueueFull:
            self._ended = self.too_slow = True
            self.scope.cancel()
            return
        self._ended = isinstance(item, End)
