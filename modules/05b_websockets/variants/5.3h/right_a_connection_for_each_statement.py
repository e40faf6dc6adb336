"""Publishes on a connection of its own each time, which needs no lock; a task group holds the check."""

import asyncio

from rooms.broadcaster import BACKLOG_MAX, BroadcastError
from rooms.postgres import DATABASE_ERRORS, connect


class Broadcaster:
    async def execute(self, statement: str, *values: object) -> None:
        if self._listener is None or self._listener.is_closed():
            raise BroadcastError("not connected")
        async with self._lock:  # one at a time, or a burst takes all of the server's connections
            try:
                connection = await connect(self._url, self._name)
                try:
                    await connection.execute(statement, *values)
                finally:
                    connection.terminate()
            except DATABASE_ERRORS as error:
                raise BroadcastError(type(error).__name__) from error

    async def publish(self, payload: str) -> None:
        await self.execute("SELECT pg_notify($1, $2)", self._channel, payload)

    async def _listen(self) -> None:
        backlog: asyncio.Queue[str | None] = asyncio.Queue()
        self._listener = connection = await connect(self._url, self._name)
        connection.add_termination_listener(lambda *_: backlog.put_nowait(None))

        def keep(*notification: str) -> None:
            if backlog.qsize() >= BACKLOG_MAX:
                connection.terminate()
            else:
                backlog.put_nowait(notification[-1])

        await connection.add_listener(self._channel, keep)
        await self._receiver.catch_up(connection)
        self.tried.set()
        async with asyncio.TaskGroup() as tasks:
            checking = tasks.create_task(self._check(connection))
            await self._hand_out(backlog)
            checking.cancel()

    async def _hand_out(self, backlog: asyncio.Queue[str | None]) -> None:
        count = 0
        while (payload := await backlog.get()) is not None:
            self._receiver.receive(payload)
            count += 1
            if count % self._at_once == 0:
                await asyncio.sleep(0)
