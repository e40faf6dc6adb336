"""A network between the app and its database that can go silent: what is sent is neither answered nor refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from pydantic import SecretStr
from sqlalchemy import make_url

from app.config.settings import Settings

HOST = "127.0.0.1"
PIECE_BYTES = 64 * 1024


class Network:
    """Passes on what comes, both ways, while `speaks` is set."""

    def __init__(self, settings: Settings) -> None:
        self.speaks = asyncio.Event()
        self.speaks.set()
        self._url = make_url(settings.database_url.get_secret_value())
        self._settings = settings
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def settings(self, **changes: object) -> AsyncIterator[Settings]:
        """Settings by which an app reaches its database through this network alone."""
        server = await asyncio.start_server(self._serve, HOST, 0)
        port = server.sockets[0].getsockname()[1]
        url = self._url.set(host=HOST, port=port, query={"ssl": "disable"})
        address = SecretStr(url.render_as_string(hide_password=False))
        try:
            yield self._settings.model_copy(update={"database_url": address, **changes})
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with suppress(OSError, asyncio.CancelledError):
            there, to_database = await self._connect()
            await asyncio.gather(self._pass_on(reader, to_database), self._pass_on(there, writer))
        writer.close()
        self._tasks.discard(task)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        port = self._url.query.get("port", self._url.port or 5432)
        folder = self._url.query.get("host")
        if folder and str(folder).startswith("/"):
            return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{port}")
        return await asyncio.open_connection(self._url.host or str(folder), int(str(port)))

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while piece := await source.read(PIECE_BYTES):
            await self.speaks.wait()
            sink.write(piece)
        sink.close()
