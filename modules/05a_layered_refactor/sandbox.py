"""Sandboxes for tests: a database of their own, and in it, what one test writes the next one never sees."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from app.core.db import make_engine
from app.core.settings import Settings
from app.models import Base


def only_a_test_database(engine: AsyncEngine) -> str:
    """The name of the engine's database, if it is one whose rows may be thrown away. Raises RuntimeError if not."""
    name = engine.url.database or ""
    if not name.endswith("_test"):
        raise RuntimeError(f"Tests delete rows, and {name!r} is no test database: its name does not end in _test")
    return name


def beside(given: Settings) -> Settings:
    """Settings for tests: the name of a new database on the same server, a new signing key, and the fastest bcrypt."""
    server = make_url(given.database_url.get_secret_value())
    url = server.set(database=f"{(server.database or 'notes')[:40]}_{secrets.token_hex(4)}_test")
    return Settings(
        _env_file=None,
        database_url=SecretStr(url.render_as_string(hide_password=False)),
        database_direct_url=None,
        jwt_secret=SecretStr(secrets.token_hex(32)),
        jwt_expires_minutes=60,
        bcrypt_rounds=4,
    )


async def run_on(server: Settings, statement: str) -> None:
    """Run one statement outside of a transaction, as CREATE DATABASE wants it."""
    engine = make_engine(server)
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


@asynccontextmanager
async def database(given: Settings, settings: Settings, template: str = "template1") -> AsyncIterator[AsyncEngine]:
    """The database that these settings name: made on the given server, from a template, and dropped at the end."""
    engine = make_engine(settings)
    name = only_a_test_database(engine)
    await run_on(given, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield engine
    finally:
        await engine.dispose()
        await run_on(given, f'DROP DATABASE "{name}" WITH (FORCE)')


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
