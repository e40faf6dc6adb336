"""A frame that does not fit is dropped: who reads too slowly stays for ever, and misses it without knowing."""

import asyncio
from contextlib import suppress

from app.services.subscribers import End


class Subscriber:
    """As in the stage, but for its offer."""

    def offer(self, item: str | End) -> None:
        """Queue a frame, or the end, which is to be read within `close_seconds`. Never waits."""
        with suppress(asyncio.QueueFull):
            self._queue.put_nowait(item)
        if isinstance(item, End):
            self._ended = True
            asyncio.get_running_loop().call_later(self.close_seconds, self.scope.cancel)
