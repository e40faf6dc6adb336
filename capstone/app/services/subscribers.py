"""Who watches a post: what is still to be sent to each, and when the connection ends."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, KeysView
from dataclasses import dataclass

import anyio


@dataclass(frozen=True, slots=True)
class End:
    """The last thing that a subscriber gets: a close code of RFC 6455, and a word of explanation."""

    code: int
    reason: str


POST_DELETED = End(1000, "The post was deleted")
START_AGAIN = End(1012, "Something may have been missed: connect again")


class Subscriber:
    """A queue of frames, which one task takes out and sends at the subscriber's pace.

    One whose queue is full reads too slowly, and is given up: its `scope`, in which it is served, is cancelled.
    """

    def __init__(self, *, queue_size: int, close_seconds: float) -> None:
        self.scope = anyio.CancelScope()
        self.close_seconds = close_seconds
        self.too_slow = False
        self._ended = False
        self._queue: asyncio.Queue[str | End] = asyncio.Queue(queue_size)

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
        if isinstance(item, End):
            self._ended = True
            asyncio.get_running_loop().call_later(self.close_seconds, self.scope.cancel)

    async def next(self) -> str | End:
        """Wait for what comes next."""
        return await self._queue.get()


class ConnectionManager:
    """The subscribers of this process, post by post."""

    def __init__(self) -> None:
        self._subscribers: dict[int, set[Subscriber]] = defaultdict(set)

    def add(self, post_id: int, subscriber: Subscriber) -> None:
        self._subscribers[post_id].add(subscriber)

    def remove(self, post_id: int, subscriber: Subscriber) -> None:
        self._subscribers[post_id].discard(subscriber)
        if not self._subscribers[post_id]:
            del self._subscribers[post_id]

    def posts(self) -> KeysView[int]:
        """The posts that somebody watches."""
        return self._subscribers.keys()

    def tell(self, post_ids: Iterable[int], *items: str | End) -> None:
        """Offer something to all who watch these posts. Never waits, so one subscriber can't hold up another."""
        for post_id in post_ids:
            for subscriber in self._subscribers.get(post_id, ()):
                for item in items:
                    subscriber.offer(item)
