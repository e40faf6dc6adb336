"""Listens, and lets nobody catch up: after a loss nobody learns that something may be missing."""

import asyncio

from rooms.broadcaster import BACKLOG_MAX
from rooms.postgres import connect


class Broadcaster:
    async def _listen(self) -> None:
        backlog: asyncio.Queue[str | None] = asyncio.Queue()
        connection = self._listener = await connect(self._url, self._name)

        def receive(_connection: object, _pid: int, _channel: str, payload: str) -> None:
            if backlog.qsize() < BACKLOG_MAX:
                backlog.put_nowait(payload)
            else:
                connection.terminate()

        connection.add_termination_listener(lambda _connection: backlog.put_nowait(None))
        await connection.add_listener(self._channel, receive)
        self.tried.set()
        checking = asyncio.create_task(self._check(connection))
        try:
            await self._hand_out(backlog)
        finally:
            checking.cancel()
