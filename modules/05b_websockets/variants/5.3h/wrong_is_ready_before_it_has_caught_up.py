"""Sets `tried` first and catches up then: the app serves clients who are not told who is there."""

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
        await self._receiver.catch_up(connection)
        checking = asyncio.create_task(self._check(connection))
        try:
            await self._hand_out(backlog)
        finally:
            checking.cancel()
