"""It rolls back in so many words, where closing the connection would do it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker


@asynccontextmanager
async def rolled_back(engine: AsyncEngine) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    connection = await engine.connect()
    transaction = await connection.begin()
    try:
        yield async_sessionmaker(
            bind=connection, class_=AsyncSession, join_transaction_mode="create_savepoint", expire_on_commit=False
        )
    finally:
        await transaction.rollback()
        await connection.close()
