"""Runs the statements itself, without the helpers of `presence`."""

from rooms import presence


class Rooms:
    async def check(self) -> None:
        ours = self.manager.subscribers()
        columns = [[each.id for each in ours], [each.room for each in ours], [each.name for each in ours]]
        await self._broadcaster.execute(presence.RECONCILE, self._worker, *columns)
        await self._broadcaster.execute(presence.SWEEP)
