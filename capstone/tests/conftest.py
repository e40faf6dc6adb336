"""What the tests share: a database of their own, an app on it, and clients.

Most tests run on one connection, inside a transaction that is rolled back after each: `client`, `session`, `database`.
What happens at the same time needs real commits on several connections: `committed_client`, `committed_database`.
"""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from databases import Database, TestDatabases, name_of_test_database, rolled_back, upgrade
from fastapi import FastAPI
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession
from visitors import Visitor, arrive, client_of

from app.config.settings import Settings, load_settings
from app.models import Base

# A request that its app has given up may still run in the database, and deadlock with a TRUNCATE. It is waited for.
END_WHAT_IS_UNDER_WAY = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
"""


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, object]]:
    """All async tests and fixtures share one event loop, so that they can share one pool of connections."""
    return "asyncio", {}


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


@pytest.fixture(scope="session")
def pool(app: FastAPI) -> Database:
    """The database as the started app has it."""
    return Database(app.state.engine, app.state.sessionmaker, app.state.writer)


@pytest.fixture
async def database(app: FastAPI, pool: Database) -> AsyncIterator[Database]:
    """The app's database for one test: a single connection, whose transaction is rolled back.

    The app commits as always. A commit only ends a savepoint here, so its own code runs and nothing stays.
    """
    async with pool.engine.connect() as connection:
        await connection.begin()
        database = rolled_back(connection)
        app.state.sessionmaker, app.state.writer = database.sessionmaker, database.writer
        yield database
        app.state.sessionmaker, app.state.writer = pool.sessionmaker, pool.writer
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
        await connection.execute(text(END_WHAT_IS_UNDER_WAY))
        tables = ", ".join(f'"{name}"' for name in Base.metadata.tables)
        await connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))


@pytest.fixture
async def committed_client(app: FastAPI, committed_database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app, for many requests at once."""
    async with client_of(app) as client:
        yield client


@pytest.fixture
def statements(committed_database: Database) -> Iterator[list[str]]:
    """The statements that the app runs, as they come."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    engine = committed_database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)
