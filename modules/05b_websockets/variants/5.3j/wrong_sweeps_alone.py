"""Looks at the clients of killed workers alone: a client of ours whose leaving failed stays in the room for ever."""

from rooms import presence


class Rooms:
    async def check(self) -> None:
        await presence.sweep(self._broadcaster.execute)
