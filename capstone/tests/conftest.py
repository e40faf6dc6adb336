"""What the tests share: a database of their own, an app on it, and clients.

Most tests run on one connection, inside a transaction that is rolled back after each: `client`, `session`, `database`.
What happens at the same time needs real commits on several connections: `committed_client`, `committed_database`.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import nullcontext

import anyio.to_thread
import httpx
import pytest
from alembic import command
from alembic.config import Config
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_sessionmaker
from visitors import Visitor, arrive

from app.core.database_url import connection_options
from app.core.db import Database, create_engine
from app.core.migrations import MIGRATIONS
from app.core.settings import Settings, load_settings


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, object]]:
    """All async tests and fixtures share one event loop, so that they can share one pool of connections."""
    return "asyncio", {}


class TestDatabases:
    """Makes and drops databases beside the one in DATABASE_URL, and refuses to touch any but test databases."""

    __test__ = False

    def __init__(self, server: Settings) -> None:
        self.server = server

    def new_settings(self) -> Settings:
        """Settings for a new database's address, with a key of their own and the fastest bcrypt there is."""
        url, _ = connection_options(self.server.database_url.get_secret_value())
        return self.with_url(url.set(database=f"{(url.database or 'blog')[:40]}_{secrets.token_hex(4)}_test"))

    def with_url(self, url: URL) -> Settings:
        """Settings for a given address. The time limits are wide: a busy machine is no fault of the app."""
        return Settings(
            _env_file=None,
            database_url=SecretStr(url.render_as_string(hide_password=False)),
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
        engine = create_engine(self.server)
        async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            # CREATE DATABASE waits for the disk, so it may take longer than a statement of the app.
            await connection.execute(text("SET statement_timeout = '60s'"))
            await connection.execute(text(statement))
        await engine.dispose()


def name_of_test_database(settings: Settings) -> str:
    """Return the database's name, if its rows may be thrown away. Raises RuntimeError if they may not."""
    url, _ = connection_options(settings.database_url.get_secret_value())
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


@pytest.fixture(scope="session")
def databases() -> TestDatabases:
    """The server in DATABASE_URL."""
    return TestDatabases(load_settings())


@pytest.fixture(scope="session")
async def settings(databases: TestDatabases) -> AsyncIterator[Settings]:
    """The app's settings, for a migrated database of the tests' own."""
    settings = databases.new_settings()
    await databases.create(settings)
    await upgrade(settings)
    yield settings
    await databases.drop(settings)


@pytest.fixture(scope="session")
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The app, started."""
    from app.main import create_app  # only here: importing it reads the settings of the environment

    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


def client_of(app: FastAPI, *, raise_app_exceptions: bool = True) -> httpx.AsyncClient:
    """A client that calls the app directly."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=raise_app_exceptions)
    return httpx.AsyncClient(transport=transport, base_url="http://blog.test")


@pytest.fixture(scope="session")
def pool(app: FastAPI) -> Database:
    """The database as the started app has it."""
    database: Database = app.state.database
    return database


class RolledBack(Database):
    """A database of which every session and every read is on one connection, inside the transaction that it is in."""

    def __init__(self, connection: AsyncConnection, *, request_seconds: float) -> None:
        super().__init__(connection.engine, request_seconds=request_seconds)
        self.sessionmaker = async_sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        self.connect_to_read = lambda: nullcontext(connection)


@pytest.fixture
async def database(app: FastAPI, pool: Database) -> AsyncIterator[Database]:
    """The app's database for one test: a single connection, whose transaction is rolled back.

    The app commits as always. A commit only ends a savepoint here, so its own code runs and nothing stays.
    """
    async with pool.engine.connect() as connection:
        await connection.begin()
        app.state.database = RolledBack(connection, request_seconds=pool.request_seconds)
        yield app.state.database
        app.state.database = pool
        await connection.rollback()


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    """A session for services."""
    async with database.transaction() as session:
        yield session


@pytest.fixture
async def client(app: FastAPI, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app."""
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def ana(client: httpx.AsyncClient) -> Visitor:
    """Somebody registered."""
    return await arrive(client, "ana")


@pytest.fixture
async def bob(client: httpx.AsyncClient) -> Visitor:
    """Somebody else."""
    return await arrive(client, "bob")


@pytest.fixture
async def committed_database(settings: Settings, pool: Database) -> AsyncIterator[Database]:
    """The app's database with real commits. All tables are emptied after the test."""
    name_of_test_database(settings)
    yield pool
    async with pool.engine.begin() as connection:
        await connection.execute(text("TRUNCATE users, posts, comments RESTART IDENTITY"))


@pytest.fixture
async def committed_client(app: FastAPI, committed_database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app, for many requests at once."""
    async with client_of(app) as client:
        yield client
