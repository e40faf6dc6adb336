"""A session that rolls back takes back all that others have committed before."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker


@asynccontextmanager
async def rolled_back(engine: AsyncEngine) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    async with engine.connect() as connection:
        await connection.begin()
        yield async_sessionmaker(connection, expire_on_commit=False, join_transaction_mode="rollback_only")
