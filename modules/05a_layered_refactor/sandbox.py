"""Sandboxes for tests: what one test writes, the next one never sees."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from app.models import Base


def only_a_test_database(engine: AsyncEngine) -> str:
    """The name of the engine's database, if it is one whose rows may be thrown away. Raises RuntimeError if not."""
    name = engine.url.database or ""
    if not name.endswith("_test"):
        raise RuntimeError(f"Tests delete rows, and {name!r} is no test database: its name does not end in _test")
    return name


@asynccontextmanager
async def rolled_back(engine: AsyncEngine) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Sessions that may commit as they like, and leave nothing behind.

    They share one connection, on which a transaction is open that nobody ever commits. Each commit of theirs ends a
    savepoint inside it. One connection does one thing at a time: for requests at the same time take `truncated`.
    """
    async with engine.connect() as connection:
        await connection.begin()  # closing the connection rolls it back
        yield async_sessionmaker(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")


@asynccontextmanager
async def truncated(engine: AsyncEngine) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Sessions that really commit, each on its own connection, for tests of races. At the end all tables are empty."""
    only_a_test_database(engine)
    yield async_sessionmaker(engine, expire_on_commit=False)
    async with engine.begin() as connection:
        await connection.execute(text(f"TRUNCATE {', '.join(Base.metadata.tables)} RESTART IDENTITY"))
