"""Sweeps first: our own worker has a connection, so it takes out nobody of ours."""

from rooms import presence


class Rooms:
    async def check(self) -> None:
        await presence.sweep(self._broadcaster.execute)
        await presence.reconcile(self._broadcaster.execute, self._worker, self.manager.subscribers())
