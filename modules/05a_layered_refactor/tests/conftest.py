"""What the tests share: a database of their own, sandboxes in it, and clients."""

import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from importlib.util import find_spec
from typing import Any

import bcrypt
import httpx
import pytest
from anyio import fail_after
from fastapi import FastAPI
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from app.core.db import make_engine, why_no_database
from app.core.security import create_access_token
from app.core.settings import Settings, load_settings
from app.models import Base, Note, User
from sandbox import beside, database, only_a_test_database, rolled_back, run_on, truncated

WAIT_SECONDS = 5

Sessions = async_sessionmaker[AsyncSession]
NewUser = Callable[[Sessions, str], Awaitable[tuple[User, dict[str, str]]]]


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, object]]:
    """All async tests and fixtures run on one event loop: uvloop where there is one, as under uvicorn."""
    return "asyncio", {"use_uvloop": find_spec("uvloop") is not None}


@pytest.fixture(scope="session")
def given_settings() -> Settings:
    """DATABASE_URL and JWT_SECRET, as whoever runs the tests has set them."""
    return load_settings()


@pytest.fixture(scope="session")
def settings(given_settings: Settings) -> Settings:
    """The settings of the app under test."""
    return beside(given_settings)


@pytest.fixture(scope="session")
async def engine(given_settings: Settings, settings: Settings) -> AsyncIterator[AsyncEngine]:
    """The test database, with all tables. Making it takes long, so all tests share it, each in a sandbox of its own."""
    try:
        await run_on(given_settings, "SELECT 1")
    except (OSError, DBAPIError) as error:
        pytest.exit(why_no_database(error, make_engine(given_settings).url))
    async with database(given_settings, settings) as engine:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield engine


@pytest.fixture(scope="session")
def empty_settings(given_settings: Settings) -> Settings:
    """The settings of an app whose database is still empty."""
    return beside(given_settings)


@pytest.fixture(scope="session")
async def second_engine(given_settings: Settings, empty_settings: Settings) -> AsyncIterator[AsyncEngine]:
    """A second test database, for tests of what makes its tables."""
    async with database(given_settings, empty_settings) as engine:
        yield engine


@pytest.fixture
async def empty_engine(second_engine: AsyncEngine) -> AsyncEngine:
    """That database, without a single table."""
    only_a_test_database(second_engine)
    async with second_engine.begin() as connection:
        await connection.execute(text("DROP SCHEMA public CASCADE"))
        await connection.execute(text("CREATE SCHEMA public"))
    return second_engine


@pytest.fixture
async def sessions(engine: AsyncEngine) -> AsyncIterator[Sessions]:
    """Sessions of this test, whose commits are undone after it."""
    async with rolled_back(engine) as sessions:
        yield sessions


@pytest.fixture
async def committing_sessions(engine: AsyncEngine) -> AsyncIterator[Sessions]:
    """Sessions that really commit, as many at once as a race needs."""
    async with truncated(engine) as sessions:
        yield sessions


@pytest.fixture
async def session(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """A session to test a service with, or to look at what the app has written."""
    async with sessions() as session:
        yield session


@pytest.fixture
def somebody_waits(engine: AsyncEngine) -> Callable[[], Awaitable[None]]:
    """Waits until one transaction in this database waits for another one: a race, stopped in its middle."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    async def poll() -> None:
        async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            with fail_after(WAIT_SECONDS):
                while not await connection.scalar(waiting):
                    pass

    return poll


def new_app(settings: Settings) -> FastAPI:
    from app.main import create_app  # only here: it needs settings that can be read

    return create_app(settings)


def talking_to(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


@pytest.fixture
def bare_app(settings: Settings) -> FastAPI:
    """An app of this test's own, before its start: it has no database yet."""
    return new_app(settings)


@pytest.fixture
def app(bare_app: FastAPI, sessions: Sessions) -> FastAPI:
    """An app of this test's own, to which it may add routes. Its every commit is undone after the test."""
    bare_app.state.sessionmaker = sessions
    return bare_app


@pytest.fixture
async def app_client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who talks to `app`."""
    async with talking_to(app) as client:
        yield client


@pytest.fixture
def committing_app(bare_app: FastAPI, committing_sessions: Sessions) -> FastAPI:
    """An app of this test's own, as it really runs."""
    bare_app.state.sessionmaker = committing_sessions
    return bare_app


@pytest.fixture
async def committing_client(committing_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who talks to the app as it really runs, with many requests at once."""
    async with talking_to(committing_app) as client:
        yield client


@pytest.fixture(scope="session")
def shared_app(settings: Settings) -> FastAPI:
    """The app that `client` talks to. Putting it together takes long, so no test has it to itself, or changes it."""
    return new_app(settings)


@pytest.fixture
async def client(shared_app: FastAPI, sessions: Sessions) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who talks to the app. Its every commit is undone after the test."""
    shared_app.state.sessionmaker = sessions
    async with talking_to(shared_app) as client:
        yield client


@pytest.fixture
def new_user(settings: Settings) -> NewUser:
    """Makes an account, and the header that shows whose it is."""

    async def make(sessions: Sessions, email: str) -> tuple[User, dict[str, str]]:
        async with sessions.begin() as session:
            user = User(email=email, hashed_password="not a hash")
            session.add(user)
        return user, {"Authorization": f"Bearer {create_access_token(user.id, settings)}"}

    return make


@pytest.fixture
async def ana(sessions: Sessions, client: httpx.AsyncClient, new_user: NewUser) -> User:
    """Ana has an account, and the client speaks for her."""
    user, header = await new_user(sessions, "ana@example.com")
    client.headers.update(header)
    return user


@pytest.fixture
async def note(ana: User, session: AsyncSession) -> Note:
    """A note of Ana's."""
    note = Note(owner_id=ana.id, title="Milk", content="Two litres")
    session.add(note)
    await session.commit()
    return note


@pytest.fixture
async def bens_note(sessions: Sessions, session: AsyncSession, new_user: NewUser) -> Note:
    """A note that is not Ana's."""
    ben, _ = await new_user(sessions, "ben@example.com")
    note = Note(owner_id=ben.id, title="Ben's", content="Nobody else's business")
    session.add(note)
    await session.commit()
    return note


@pytest.fixture
def rows_read(engine: AsyncEngine) -> Iterator[list[int]]:
    """How many rows each statement of the test has found or written, up to now."""
    rows: list[int] = []

    def note_rows(connection: object, cursor: Any, *_: object) -> None:
        rows.append(cursor.rowcount)

    event.listen(engine.sync_engine, "after_cursor_execute", note_rows)
    yield rows
    event.remove(engine.sync_engine, "after_cursor_execute", note_rows)


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
