"""Serves before it listens: whoever comes first is told that the database is away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Rooms:
    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        listening = asyncio.create_task(self._broadcaster.run())
        yield
        listening.cancel()
        await asyncio.wait([listening])
        self._broadcaster.close()
