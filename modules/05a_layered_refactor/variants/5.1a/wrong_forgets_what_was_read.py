"""Each commit expires what the session holds, as it does by default: whoever reads it afterwards fails."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker


@asynccontextmanager
async def rolled_back(engine: AsyncEngine) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    async with engine.connect() as connection:
        await connection.begin()
        yield async_sessionmaker(connection, join_transaction_mode="create_savepoint")
