"""Publishes while nobody here listens: who said it never reads it, and no error either."""

from rooms.broadcaster import BroadcastError
from rooms.postgres import DATABASE_ERRORS, connect


class Broadcaster:
    async def execute(self, statement: str, *values: object) -> None:
        async with self._lock:
            try:
                if self._publisher is None or self._publisher.is_closed():
                    self._publisher = await connect(self._url, self._name)
                await self._publisher.execute(statement, *values)
            except DATABASE_ERRORS as error:
                raise BroadcastError(str(error)) from error
