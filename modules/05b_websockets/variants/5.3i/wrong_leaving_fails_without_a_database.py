"""Lets the broadcaster's error out of `leave`: while the database is away, each client that goes is a traceback."""

from rooms import presence
from rooms.subscriber import Subscriber


class Rooms:
    async def leave(self, subscriber: Subscriber) -> None:
        await presence.leave(self._broadcaster.execute, subscriber)
