"""Databases for tests: made beside the one in DATABASE_URL, migrated, dropped; and the guard that spares all others."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any

import anyio.to_thread
from alembic import command
from alembic.config import Config
from pydantic import SecretStr
from sqlalchemy import URL, Connection, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker

from app.config.settings import Settings
from app.database.engine import make_direct_engine
from app.database.migrations import MIGRATIONS
from app.database.reader import Writer

DEADLINE_SECONDS = 20  # for what should take milliseconds, on a busy machine
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


class TestDatabases:
    """Makes and drops databases beside the one in DATABASE_URL, and refuses to touch any but test databases."""

    __test__ = False

    def __init__(self, server: Settings) -> None:
        self.server = server

    def new_settings(self) -> Settings:
        """Settings for a new database's address, with a key of their own and the fastest bcrypt there is."""
        url = make_url(self.server.database_url.get_secret_value())
        return self.with_url(url.set(database=f"{(url.database or 'app')[:40]}_{secrets.token_hex(4)}_test"))

    def with_url(self, url: URL) -> Settings:
        """Settings for a given address. The time limits are wide: a busy machine is no fault of the app.

        Unless the address asks for TLS there is none: asyncpg would ask for it first, on each connection, and if that
        is given up while it is asking, its error is left to nobody: no request hears of it, but a test fails with it.
        """
        if "ssl" not in url.query:
            url = url.update_query_dict({"ssl": "disable"})
        return Settings(
            _env_file=None,
            database_url=SecretStr(url.render_as_string(hide_password=False)),
            database_direct_url=None,
            jwt_secret=SecretStr(secrets.token_hex(32)),
            bcrypt_rounds=4,
            database_request_seconds=30,
            database_statement_seconds=30,
            database_lock_seconds=30,
        )

    async def create(self, settings: Settings) -> None:
        """Create the database, empty."""
        await self._run(f'CREATE DATABASE "{name_of_test_database(settings)}"')

    async def drop(self, settings: Settings) -> None:
        """Drop the database, whoever is connected."""
        await self._run(f'DROP DATABASE "{name_of_test_database(settings)}" WITH (FORCE)')

    async def _run(self, statement: str) -> None:
        engine = make_direct_engine(self.server, "tests")
        async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            await connection.execute(text(statement))
        await engine.dispose()


def name_of_test_database(settings: Settings) -> str:
    """Return the database's name, if its rows may be thrown away. Raises RuntimeError if they may not."""
    url = make_url(settings.database_url.get_secret_value())
    name = url.database or ""
    if not name.endswith("_test"):
        raise RuntimeError(f"{name!r} is not a test database: its name does not end in _test. Nothing was touched.")
    return name


def alembic_config(settings: Settings) -> Config:
    """Alembic's configuration for a database."""
    config = Config(MIGRATIONS.parent / "alembic.ini")
    config.attributes["settings"] = settings
    return config


async def upgrade(settings: Settings, revision: str = "head") -> None:
    """Run migrations. In a thread, because Alembic starts an event loop of its own."""
    await anyio.to_thread.run_sync(command.upgrade, alembic_config(settings), revision)


class Database:
    """A database as the app has it, for tests to look at and to change."""

    def __init__(
        self,
        engine: AsyncEngine,
        sessionmaker: async_sessionmaker[AsyncSession],
        writer: Writer,
    ) -> None:
        self.engine = engine
        self.sessionmaker = sessionmaker
        self.writer = writer

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A session that is committed at the end."""
        return self.sessionmaker.begin()

    def connect(self) -> AsyncConnection:
        """A connection for single statements."""
        return self.engine.execution_options(isolation_level="AUTOCOMMIT").connect()

    async def somebody_waits(self, other: "asyncio.Task[Any]") -> None:
        """Wait until another's transaction waits for a lock: a race, stopped in its middle. Fails if it ends."""
        async with asyncio.timeout(DEADLINE_SECONDS), self.connect() as connection:
            while not await connection.scalar(text(WAITING)):
                assert not other.done(), "it did not wait for the other transaction"


def rolled_back(connection: AsyncConnection) -> Database:
    """A database whose sessions and writer are on one connection, inside the transaction that it is in."""
    sessionmaker = async_sessionmaker(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")

    @contextmanager
    def connect() -> Iterator[Connection]:
        with connection.sync_connection.begin_nested():  # a statement that is refused undoes no more than itself
            yield connection.sync_connection

    return Database(connection.engine, sessionmaker, Writer(connect, 30))
