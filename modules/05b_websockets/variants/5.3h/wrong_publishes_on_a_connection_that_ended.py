"""Connects once: after the first loss nothing is published any more."""

from rooms.broadcaster import BroadcastError
from rooms.postgres import DATABASE_ERRORS, connect


class Broadcaster:
    async def execute(self, statement: str, *values: object) -> None:
        if self._listener is None:
            raise BroadcastError("nobody listens")
        async with self._lock:
            try:
                if self._publisher is None:
                    self._publisher = await connect(self._url, self._name)
                await self._publisher.execute(statement, *values)
            except DATABASE_ERRORS as error:
                raise BroadcastError(str(error)) from error
