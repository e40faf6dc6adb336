"""The end is looked at first, and what happens then is a function."""

import asyncio

from app.services.subscribers import End


class Subscriber:
    """As in the stage, but for its offer."""

    def offer(self, item: str | End) -> None:
        """Queue a frame, or the end, which is to be read within `close_seconds`. Never waits."""
        if self._ended:
            return
        self._ended = isinstance(item, End)
        try:
            self._queue.put_nowait(item)
            if self._ended:
                asyncio.get_running_loop().call_later(self.close_seconds, lambda: self.scope.cancel())
        except asyncio.QueueFull:
            self.too_slow, self._ended = True, True
            self.scope.cancel()
