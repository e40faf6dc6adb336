"""Keeps everything that waits: a process that can not keep up fills its memory."""

import asyncio

from rooms.postgres import connect


class Broadcaster:
    async def _listen(self) -> None:
        backlog: asyncio.Queue[str | None] = asyncio.Queue()
        connection = self._listener = await connect(self._url, self._name)

        def receive(_connection: object, _pid: int, _channel: str, payload: str) -> None:
            backlog.put_nowait(payload)

        connection.add_termination_listener(lambda _connection: backlog.put_nowait(None))
        await connection.add_listener(self._channel, receive)
        await self._receiver.catch_up(connection)
        self.tried.set()
        checking = asyncio.create_task(self._check(connection))
        try:
            await self._hand_out(backlog)
        finally:
            checking.cancel()
