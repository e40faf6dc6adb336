"""Sweeps also where the table could not be made to agree with our own clients."""

from rooms import presence
from rooms.broadcaster import BroadcastError


class Rooms:
    async def check(self) -> None:
        execute = self._broadcaster.execute
        problem = None
        try:
            await presence.reconcile(execute, self._worker, subscribers=self.manager.subscribers())
        except BroadcastError as error:
            problem = error
        await presence.sweep(execute=execute)
        if problem:
            raise problem
