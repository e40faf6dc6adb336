"""It looks whether there is room; nothing can come between, since nothing is awaited."""

import asyncio

from app.services.subscribers import End


class Subscriber:
    """As in the stage, but for its offer."""

    def offer(self, item: str | End) -> None:
        """Queue a frame, or the end, which is to be read within `close_seconds`. Never waits."""
        if self._ended:
            return
        if self._queue.full():
            self._ended = self.too_slow = True
            self.scope.cancel()
            return
        self._queue.put_nowait(item)
        if isinstance(item, End):
            self._ended = True
            asyncio.get_running_loop().call_later(self.close_seconds, self.scope.cancel)
