"""A database that will never do is told from one that is away: in one line, with what to do about it."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, redirect_stderr
from io import StringIO

import anyio.to_thread
import pytest
from alembic import command
from databases import DEADLINE_SECONDS, Database, TestDatabases, alembic_config
from pydantic import SecretStr
from sqlalchemy import URL, make_url, text
from visitors import client_of, started

from app.config.settings import START_FAILED, Settings, load_settings
from app.config.values import asyncpg_url
from app.database import migrations

# The app takes over logging when it is first imported: that is to come before pytest listens to a test.
pytestmark = pytest.mark.usefixtures("app")

LATIN1 = "ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0"


@asynccontextmanager
async def another(databases: TestDatabases, more: str = "") -> AsyncIterator[Settings]:
    """A database made in a way of its own."""
    settings = databases.new_settings()
    name = make_url(settings.database_url.get_secret_value()).database
    await databases._run(f'CREATE DATABASE "{name}" {more}')
    yield settings
    await databases.drop(settings)


def changed(settings: Settings, **parts: object) -> Settings:
    """The same settings for another address."""
    url: URL = make_url(settings.database_url.get_secret_value())
    query = parts.pop("query", {})
    url = url.set(**parts).update_query_dict(query)  # type: ignore[arg-type]
    return settings.model_copy(update={"database_url": SecretStr(url.render_as_string(hide_password=False))})


async def assert_told(settings: Settings, caplog: pytest.LogCaptureFixture, kind: str, words: str) -> None:
    """The app starts, says once what is wrong, and answers 503."""
    async with started(settings) as app, client_of(app) as client:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not any(  # noqa: ASYNC110 (a line in the log sets no event)
                record.levelno == logging.ERROR for record in caplog.records
            ):
                await asyncio.sleep(0)
        assert (await client.get("/health")).status_code == 200
        for _ in range(2):
            response = await client.get("/health/ready")
            assert response.status_code == 503
            assert kind in response.json()["detail"]
        assert (await client.get("/posts")).status_code == 503
    [line] = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert words in line
    assert "\n" not in line


async def test_a_database_in_another_encoding(databases: TestDatabases, caplog: pytest.LogCaptureFixture) -> None:
    async with another(databases, LATIN1) as settings:
        await assert_told(settings, caplog, "encoding is not UTF8", "encoding is LATIN1")
        await assert_alembic_ends(settings, "LATIN1", "ENCODING 'UTF8'")


async def test_a_database_that_is_not_there(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    nowhere = changed(settings, database="nowhere_test")
    await assert_told(nowhere, caplog, "no database of this name", 'database "nowhere_test" does not exist')
    await assert_alembic_ends(nowhere, "does not exist", 'CREATE DATABASE "nowhere_test" ENCODING')


async def test_a_user_that_is_not_there(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    nobody = changed(settings, username="nobody", password="wrong")
    await assert_told(nobody, caplog, "refuses the user or the password", "nobody")


@asynccontextmanager
async def without_rights(databases: TestDatabases, settings: Settings) -> AsyncIterator[Settings]:
    """The same database, for a role that may do nothing in it."""
    role = f"{make_url(settings.database_url.get_secret_value()).database}_role"
    await databases._run(f"CREATE ROLE \"{role}\" LOGIN PASSWORD 'secret'")
    try:
        yield changed(settings, username=role, password="secret")
    finally:
        await databases._run(f'DROP ROLE "{role}"')


async def test_a_role_that_may_create_nothing(databases: TestDatabases) -> None:
    async with another(databases) as settings, without_rights(databases, settings) as limited:
        grant = f'CREATE ON SCHEMA public TO "{make_url(limited.database_url.get_secret_value()).username}"'
        await assert_alembic_ends(limited, "permission denied for schema public", grant)


async def test_a_role_that_may_read_nothing_is_no_lack_of_migrations(
    databases: TestDatabases, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        without_rights(databases, settings) as limited,
        started(limited) as app,
        client_of(app) as client,
    ):
        response = await client.get("/health/ready")
    assert response.status_code == 503
    assert "the role lacks a right" in response.json()["detail"]
    assert "permission denied for table alembic_version" in caplog.text


async def test_a_migration_that_waits_too_long_for_another(
    databases: TestDatabases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "TURN_TIMEOUT_SECONDS", 0.1)
    async with another(databases) as settings, migrations.migrating(settings):
        line = await anyio.to_thread.run_sync(end_of_alembic, settings)
    assert line == "Another migration has run for 0.1 s. Try again later.\n"


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"database_lock_seconds": 0.1}, "lock timeout"),
        ({"database_statement_seconds": 0.1}, "statement timeout"),
        ({"database_request_seconds": 0.1}, "TimeoutError"),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
async def test_why_an_answer_was_a_503_stands_in_the_log(
    settings: Settings,
    committed_database: Database,
    caplog: pytest.LogCaptureFixture,
    limits: dict[str, float],
    reason: str,
) -> None:
    async with (
        started(settings, **limits) as app,
        client_of(app) as client,
        asyncio.timeout(DEADLINE_SECONDS),
        committed_database.engine.begin() as connection,
    ):
        await connection.execute(text("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE"))
        assert (await client.get("/posts")).status_code == 503
    [line] = [record.getMessage() for record in caplog.records if record.name == "app.web.error_handlers"]
    assert reason in line


async def test_a_server_that_takes_no_writes(databases: TestDatabases) -> None:
    async with another(databases) as settings:
        name = make_url(settings.database_url.get_secret_value()).database
        await databases._run(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        await assert_alembic_ends(settings, "read-only transaction", "takes writes")


async def test_a_server_that_is_away(settings: Settings) -> None:
    await assert_alembic_ends(changed(settings, host="127.0.0.1", port=1, query={}), "does not answer", "Try again")


async def assert_alembic_ends(settings: Settings, *words: str) -> None:
    line = await anyio.to_thread.run_sync(end_of_alembic, settings)
    assert line.count("\n") == 1
    for each in words:
        assert each in line


def end_of_alembic(settings: Settings) -> str:
    """What `alembic upgrade head` writes on stderr before it ends."""
    with redirect_stderr(StringIO()) as stderr, pytest.raises(SystemExit) as ended:
        command.upgrade(alembic_config(settings), "head")
    assert ended.value.code == START_FAILED
    return stderr.getvalue()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("postgresql://ana:hush@db:99999/blog", "has a port that is not from 1 to 65535"),
        ("postgresql://ana:hush@db:0/blog", "has a port that is not from 1 to 65535"),
        ("postgresql://ana:hush@.railway.internal:5432/blog", "is not a URL of the form"),
        (f"postgresql://ana:hush@{'x' * 64}.example/blog", "is not a URL of the form"),
        ("postgresql://ana:hush@h1:5432,h2:5432/blog?target_session_attrs=read-write", "names several hosts"),
        ("postgresql://ana:hush@h1,h2/blog", "names several hosts"),
        ("postgresql://ana:hush@db/blog?sslmode=require&sslmode=disable", "or one twice"),
        ("postgresql://ana:hush@db/blog?channel_binding=prefer&channel_binding=disable", "or one twice"),
        ("postgresql://ana:hush@db/blog?application_name=a", "that this app does not know"),
    ],
)
def test_an_address_that_can_not_be_meant_is_told_without_its_secrets(address: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as raised:
        asyncpg_url(SecretStr(address))
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize("space", ["\n", " ", "\t\r\n"])
def test_white_space_around_an_address_is_left_away(monkeypatch: pytest.MonkeyPatch, space: str) -> None:
    address = "postgresql://ana:secret@db.example:6543/blog"
    monkeypatch.setenv("DATABASE_URL", f"{space}{address}{space}")
    monkeypatch.setenv("DATABASE_DIRECT_URL", address)
    settings = load_settings()
    assert settings.database_url.get_secret_value() == address.replace("postgresql", "postgresql+asyncpg")
    assert not settings.behind_pooler


@pytest.mark.parametrize("name", ["PGPORT", "PGHOST", "PGSSLMODE", "PGUSER", "PGPASSWORD", "PGTARGETSESSIONATTRS"])
def test_what_libpq_reads_from_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "nonsense")
    load_settings()
    assert name not in os.environ
