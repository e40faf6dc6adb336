"""Takes the ghosts out of the table, and tells nobody."""

from rooms import presence


class Rooms:
    async def check(self) -> None:
        await presence.reconcile(self._broadcaster.execute, self._worker, self.manager.subscribers())
        await self._broadcaster.execute(
            "DELETE FROM room_members WHERE worker NOT IN (SELECT application_name FROM pg_stat_activity)"
        )
