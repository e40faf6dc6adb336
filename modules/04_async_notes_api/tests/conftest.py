"""What the tests share: a database of their own, and two kinds of client.

Each fixture imports what it needs of the app itself: a test that needs less of the app runs without the rest of it.
"""

import secrets
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import bcrypt
import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import URL, delete, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

if TYPE_CHECKING:
    from core.settings import Settings
    from models import Note, User

NewUser = Callable[[async_sessionmaker[AsyncSession], str], Awaitable[tuple["User", dict[str, str]]]]


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, object]]:
    """All async tests and fixtures run on one asyncio event loop."""
    return "asyncio", {}


async def run_on(server: "Settings", statement: str) -> None:
    """Run one statement outside of a transaction, as CREATE DATABASE wants it."""
    from core.db import make_engine

    engine = make_engine(server)
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


def only_a_test_database(url: URL) -> str:
    """The database's name, if its rows may be thrown away. Otherwise nothing is touched."""
    name = url.database or ""
    if not name.endswith("_test"):
        raise RuntimeError(
            f"the tests delete rows, and {name!r} is not a test database: its name does not end in _test"
        )
    return name


@pytest.fixture(scope="session")
def given_settings() -> "Settings":
    """DATABASE_URL and JWT_SECRET, as whoever runs the tests has set them."""
    from core.settings import load_settings

    return load_settings()


@pytest.fixture(scope="session")
def settings(given_settings: "Settings") -> "Settings":
    """The app's settings: a database and a signing key of the tests' own, and the fastest bcrypt there is."""
    from core.settings import Settings

    server = make_url(given_settings.database_url.get_secret_value())
    url = server.set(database=f"{(server.database or 'notes')[:40]}_{secrets.token_hex(4)}_test")
    return Settings(
        _env_file=None,
        database_url=SecretStr(url.render_as_string(hide_password=False)),
        jwt_secret=SecretStr(secrets.token_hex(32)),
        jwt_expires_minutes=60,
        bcrypt_rounds=4,
    )


@pytest.fixture(scope="session")
async def engine(given_settings: "Settings", settings: "Settings") -> AsyncIterator[AsyncEngine]:
    """The test database, made beside the one in DATABASE_URL, and dropped at the end."""
    import models  # noqa: F401 (so that its tables are known)
    from core.db import create_tables, make_engine

    engine = make_engine(settings)
    name = only_a_test_database(engine.url)
    await run_on(given_settings, f'CREATE DATABASE "{name}"')
    await create_tables(engine)
    async with engine.begin() as connection:  # a test that takes an id for granted, such as /notes/1, finds nothing
        await connection.execute(text("SELECT setval(seqrelid::regclass, 1000) FROM pg_sequence"))
    yield engine
    await engine.dispose()
    await run_on(given_settings, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def sessionmaker(engine: AsyncEngine) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Makes sessions on one connection, whose every change is rolled back after the test."""
    async with engine.connect() as connection:
        await connection.begin()
        yield async_sessionmaker(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        await connection.rollback()


@pytest.fixture
def bare_app(settings: "Settings") -> FastAPI:
    """The app before its start: it has no database yet."""
    from main_async import create_app

    return create_app(settings)


@pytest.fixture
def app(bare_app: FastAPI, sessionmaker: async_sessionmaker[AsyncSession]) -> FastAPI:
    """The app on that one connection."""
    bare_app.state.sessionmaker = sessionmaker
    return bare_app


@pytest.fixture
async def committing_app(bare_app: FastAPI, engine: AsyncEngine) -> AsyncIterator[FastAPI]:
    """The app as it really runs: many connections, real commits. For tests of races; the rows are deleted after it."""
    from models import User

    bare_app.state.sessionmaker = async_sessionmaker(engine, expire_on_commit=False)
    async with AsyncExitStack() as connections:  # already there, so that requests at once reach the database at once
        for _ in range(5):  # which is as many as an engine keeps
            await connections.enter_async_context(engine.connect())
    yield bare_app
    only_a_test_database(engine.url)
    async with engine.begin() as connection:
        await connection.execute(delete(User))  # their notes go with them


@pytest.fixture
async def session(sessionmaker: async_sessionmaker[AsyncSession]) -> AsyncIterator[AsyncSession]:
    """A look into the same database that the app sees."""
    async with sessionmaker() as session:
        yield session


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who talks to the app."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


@pytest.fixture
async def committing_client(committing_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who talks to the app as it really runs, with many requests at once."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(committing_app), base_url="http://test") as client:
        yield client


@pytest.fixture
def new_user(settings: "Settings") -> NewUser:
    """Makes an account, and the header that shows whose it is."""
    from core.auth import create_access_token
    from models import User

    async def make(sessionmaker: async_sessionmaker[AsyncSession], email: str) -> tuple[User, dict[str, str]]:
        async with sessionmaker.begin() as session:
            user = User(email=email, hashed_password="not a hash")
            session.add(user)
        return user, {"Authorization": f"Bearer {create_access_token(user.id, settings)}"}

    return make


@pytest.fixture
async def ana(app: FastAPI, client: httpx.AsyncClient, new_user: NewUser) -> "User":
    """Ana has an account, and the client speaks for her."""
    user, header = await new_user(app.state.sessionmaker, "ana@example.com")
    client.headers.update(header)
    return user


@pytest.fixture
def blocking_calls(monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> list[str]:
    """What blocks the event loop, by name: bcrypt and `time.sleep`, where they run in the loop's own thread."""
    calls: list[str] = []
    assert pytestconfig.inipath  # it lies beside the app, wherever the tests are
    folder = str(pytestconfig.inipath.parent)
    modules = [module for module in sys.modules.values() if str(getattr(module, "__file__", "")).startswith(folder)]

    def noted(function: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **named: object) -> object:
            if threading.current_thread() is threading.main_thread():
                calls.append(function.__name__)
            return function(*args, **named)

        return run

    for owner, name in ((bcrypt, "hashpw"), (bcrypt, "checkpw"), (time, "sleep")):
        function = getattr(owner, name)
        for module in [owner, *modules]:
            for own in [own for own, value in vars(module).items() if value is function]:
                monkeypatch.setattr(module, own, noted(function))
    return calls


@pytest.fixture
async def note(ana: "User", session: AsyncSession) -> "Note":
    """A note of Ana's."""
    from models import Note

    note = Note(owner_id=ana.id, title="Milk", content="Two litres")
    session.add(note)
    await session.commit()
    return note


@pytest.fixture
async def bens_note(app: FastAPI, session: AsyncSession, new_user: NewUser) -> "Note":
    """A note that is not Ana's."""
    from models import Note

    ben, _ = await new_user(app.state.sessionmaker, "ben@example.com")
    note = Note(owner_id=ben.id, title="Ben's", content="Nobody else's business")
    session.add(note)
    await session.commit()
    return note
