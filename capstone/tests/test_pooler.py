"""Behind a pooler: what belongs to a connection goes past it, and nothing else is left on one."""

import asyncio
import logging

import anyio.to_thread
import asyncpg
import pytest
from databases import DEADLINE_SECONDS, Database, TestDatabases
from pydantic import SecretStr
from sockets import Socket
from sqlalchemy import make_url, text
from test_migrations import run_alembic
from visitors import arrive, client_of, started

from app.config.settings import Settings
from app.database import listener as listener_module
from app.database.listener import Listener

NOBODY = SecretStr("postgresql+asyncpg://u:p@127.0.0.1:1/blog")
LEFT = text("SELECT count(*) FROM pg_prepared_statements")
LIMITS = text("SELECT current_setting('statement_timeout'), current_setting('lock_timeout'), current_setting('jit')")


@pytest.fixture
def pooled(settings: Settings) -> Settings:
    """Settings with two addresses of the same database: to the app, the first is a pooler's."""
    url = make_url(settings.database_url.get_secret_value()).update_query_dict({"ssl": "prefer"})
    return settings.model_copy(update={"database_direct_url": SecretStr(url.render_as_string(hide_password=False))})


async def test_nothing_is_left_on_a_connection_that_somebody_else_is_lent_next(
    pooled: Settings, committed_database: Database
) -> None:
    async with started(pooled) as app, client_of(app) as client:
        ana = await arrive(client, "ana")
        post = await ana.write()
        async with Socket(app, post) as socket:
            comment = await ana.say(post)
            assert (await socket.event())["comment"]["id"] == comment
        for path in ("/posts", f"/posts/{post}", f"/posts/{post}/comments", "/posts?q=title", "/health/ready"):
            assert (await client.get(path)).status_code == 200
        async with app.state.engine.connect() as connection:
            of_transaction = (await connection.execute(LIMITS)).one()
            raw = (await connection.get_raw_connection()).driver_connection
            await connection.rollback()
            assert await raw.fetchval(str(LEFT)) == 0
            of_connection = await raw.fetchrow(str(LIMITS))
    assert tuple(of_transaction) == ("30s", "30s", "off")
    assert tuple(of_connection) != tuple(of_transaction)
    async with committed_database.connect() as connection:  # which is the server's own
        assert tuple((await connection.execute(LIMITS)).one()) == ("30s", "30s", "off")


async def test_an_app_that_hears_of_no_changes_is_not_ready(
    settings: Settings, committed_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.routers.health.READY_SECONDS", 0.1)
    async with started(settings, database_direct_url=NOBODY) as app, client_of(app) as client:
        assert (await client.get("/posts")).status_code == 200
        assert (await client.get("/health")).status_code == 200
        response = await client.get("/health/ready")
    assert response.status_code == 503
    assert "does not hear of changes" in response.json()["detail"]


async def test_an_app_that_can_never_listen_says_which_kind_of_fault_it_is(
    settings: Settings, committed_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.routers.health.READY_SECONDS", 0.4)
    url = make_url(settings.database_url.get_secret_value()).set(database="nowhere_at_all")
    nowhere = SecretStr(url.render_as_string(hide_password=False))
    async with started(settings, database_direct_url=nowhere) as app, client_of(app) as client:
        response = await client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["detail"] == "This process does not hear of changes: there is no database of this name."


async def test_an_app_that_listens_to_another_database_is_not_ready(
    settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.routers.health.READY_SECONDS", 0.4)
    monkeypatch.setattr(listener_module, "ECHO_SECONDS", 0.1)
    url = make_url(settings.database_url.get_secret_value()).set(database="postgres")
    elsewhere = SecretStr(url.render_as_string(hide_password=False))
    async with started(settings, database_direct_url=elsewhere) as app, client_of(app) as client:
        response = await client.get("/health/ready")
    assert response.status_code == 503
    assert "set DATABASE_DIRECT_URL to the same database" in caplog.text


async def test_a_listener_that_hears_nothing_says_why_once_and_listens_as_soon_as_it_does(
    settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elsewhere, in another database, nobody hears what is announced here: so it is behind a pooler."""
    connect, attempts = listener_module._connect, iter(range(100))
    url = make_url(settings.database_url.get_secret_value()).set(database="postgres")
    elsewhere = settings.model_copy(update={"database_url": SecretStr(url.render_as_string(hide_password=False))})

    async def astray(of: Settings) -> asyncpg.Connection:
        return await connect(elsewhere if next(attempts) in (1, 3) else of)

    monkeypatch.setattr(listener_module, "_connect", astray)
    monkeypatch.setattr(listener_module, "ECHO_SECONDS", 0.1)
    listener = Listener(settings, "elsewhere", on_connected=lambda: None, on_payload=lambda _: None)
    task = asyncio.create_task(listener.run())
    async with asyncio.timeout(DEADLINE_SECONDS):
        await listener.listening.wait()
    task.cancel()
    await asyncio.wait([task])
    [line] = [each for each in caplog.records if "DATABASE_DIRECT_URL" in each.getMessage()]
    assert line.levelno == logging.ERROR


async def test_migrations_go_past_the_pooler(databases: TestDatabases) -> None:
    empty = databases.new_settings()
    await databases.create(empty)
    through = empty.model_copy(update={"database_url": NOBODY, "database_direct_url": empty.database_url})
    result = await anyio.to_thread.run_sync(run_alembic, through)
    await databases.drop(empty)
    assert result.returncode == 0, result.stderr
