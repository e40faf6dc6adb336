"""The transaction is a block of its own, which an exception leaves without a commit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker


class EndOfTestError(Exception):
    """It takes the block back."""


@asynccontextmanager
async def rolled_back(engine: AsyncEngine) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    with suppress(EndOfTestError):
        async with engine.begin() as connection:
            yield async_sessionmaker(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
            raise EndOfTestError
