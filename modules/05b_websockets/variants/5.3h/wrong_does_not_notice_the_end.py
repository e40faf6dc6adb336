"""Nobody says that the connection has ended: after a loss this process hears nothing, for ever."""

import asyncio

from rooms.broadcaster import BACKLOG_MAX, BroadcastError
from rooms.postgres import DATABASE_ERRORS, connect


class Broadcaster:
    async def execute(self, statement: str, *values: object) -> None:
        if self._listener is None:
            raise BroadcastError("nobody listens")
        async with self._lock:
            try:
                if self._publisher is None or self._publisher.is_closed():
                    self._publisher = await connect(self._url, self._name)
                await self._publisher.execute(statement, *values)
            except DATABASE_ERRORS as error:
                if self._publisher is not None:
                    self._publisher.terminate()
                raise BroadcastError(str(error)) from error

    async def publish(self, payload: str) -> None:
        await self.execute("SELECT pg_notify($1, $2)", self._channel, payload)

    async def _listen(self) -> None:
        backlog: asyncio.Queue[str | None] = asyncio.Queue()
        connection = self._listener = await connect(self._url, self._name)

        def receive(_connection: object, _pid: int, _channel: str, payload: str) -> None:
            if backlog.qsize() < BACKLOG_MAX:
                backlog.put_nowait(payload)
            else:
                connection.terminate()

        await connection.add_listener(self._channel, receive)
        await self._receiver.catch_up(connection)
        self.tried.set()
        checking = asyncio.create_task(self._check(connection))
        try:
            await self._hand_out(backlog)
        finally:
            checking.cancel()

    async def _hand_out(self, backlog: asyncio.Queue[str | None]) -> None:
        count = 0
        while (payload := await backlog.get()) is not None:
            self._receiver.receive(payload)
            count += 1
            if count % self._at_once == 0:
                await asyncio.sleep(0)
