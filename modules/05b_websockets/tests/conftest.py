"""What the tests share: a database of their own, the app in this process, and a client."""

import secrets
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from peers import started
from pydantic import SecretStr

from settings import Settings, load_settings


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, object]]:
    """All async tests and fixtures run on one asyncio event loop."""
    return "asyncio", {}


def only_a_test_database(url: str) -> str:
    """The database's name, if it is one that the tests made. Otherwise nothing is touched."""
    name = urlsplit(url).path.removeprefix("/")
    if not name.endswith("_test"):
        raise RuntimeError(f"{name!r} is not a test database: its name does not end in _test")
    return name


@pytest.fixture(scope="session")
async def server_connection() -> AsyncIterator[asyncpg.Connection]:
    """A connection to the database in DATABASE_URL, which makes databases and cuts connections."""
    connection = await asyncpg.connect(load_settings().database_url.get_secret_value())
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
async def database_url(server_connection: asyncpg.Connection) -> AsyncIterator[str]:
    """A new database beside the one in DATABASE_URL, dropped at the end."""
    url = urlsplit(load_settings().database_url.get_secret_value())
    base = url.path.removeprefix("/") or "rooms"
    url = url._replace(path=f"/{base[:40]}_{secrets.token_hex(4)}_test")
    name = only_a_test_database(url.geturl())
    await server_connection.execute(f'CREATE DATABASE "{name}"')
    yield url.geturl()
    await server_connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def settings(database_url: str) -> Settings:
    """The app's settings. A client that does not read is given up soon."""
    return load_settings().model_copy(
        update={"database_url": SecretStr(database_url), "database_direct_url": None, "close_seconds": 0.5}
    )


class Database:
    """The tests' hold on the database: it can be taken away, and given back."""

    def __init__(self, server: asyncpg.Connection, url: str) -> None:
        self._server = server
        self._url = url
        self._name = only_a_test_database(url)

    async def execute(self, statement: str) -> None:
        """Run statements in the app's database."""
        connection = await asyncpg.connect(self._url)
        await connection.execute(statement)
        await connection.close()

    async def workers(self) -> int:
        """On how many worker processes there are members of a room."""
        connection = await asyncpg.connect(self._url)
        count: int = await connection.fetchval("SELECT count(DISTINCT worker) FROM room_members")
        await connection.close()
        return count

    async def cut(self) -> None:
        """Cut the app's connections, and wait until they are gone."""
        await self._server.execute(
            "SELECT pg_terminate_backend(pid, 10_000) FROM pg_stat_activity WHERE datname = $1", self._name
        )

    async def take_away(self) -> None:
        """Cut the app's connections, and let no new one in."""
        await self._server.execute(f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS false')
        await self.cut()

    async def give_back(self) -> None:
        await self._server.execute(f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS true')


@pytest.fixture
async def database(server_connection: asyncpg.Connection, database_url: str) -> AsyncIterator[Database]:
    database = Database(server_connection, database_url)
    yield database
    await database.give_back()


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The app, started: one process."""
    async with started(settings) as app:
        yield app


@pytest.fixture
async def other_app(settings: Settings) -> AsyncIterator[FastAPI]:
    """Another one on the same database: to the first it is another process."""
    async with started(settings) as app:
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who talks HTTP to the app."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client
