"""Looks at this process's clients alone: those of a killed one stay in the room for ever."""

from rooms import presence


class Rooms:
    async def check(self) -> None:
        await presence.reconcile(self._broadcaster.execute, self._worker, self.manager.subscribers())
