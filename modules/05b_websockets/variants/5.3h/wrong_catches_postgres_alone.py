"""Catches what PostgreSQL says, and not that it can not be reached."""

import asyncpg

from rooms.broadcaster import BroadcastError
from rooms.postgres import connect


class Broadcaster:
    async def execute(self, statement: str, *values: object) -> None:
        if self._listener is None:
            raise BroadcastError("nobody listens")
        async with self._lock:
            try:
                if self._publisher is None or self._publisher.is_closed():
                    self._publisher = await connect(self._url, self._name)
                await self._publisher.execute(statement, *values)
            except asyncpg.PostgresError as error:
                raise BroadcastError(str(error)) from error
