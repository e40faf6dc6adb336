"""Migrations, up and down, on databases of their own."""

import asyncio
import io
import os
import subprocess
import sys
from collections.abc import AsyncIterator

import anyio.to_thread
import pytest
from alembic import command
from databases import TestDatabases, alembic_config, upgrade
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.config.settings import Settings
from app.database.engine import make_engine
from app.database.migrations import MIGRATIONS
from app.models import Base

MIGRATORS_LOCK = 4_706_001  # as in migrations/env.py
USER = "INSERT INTO users (email, hashed_password, display_name) VALUES ('ana@example.com', '-', 'ana')"
TABLES = set(Base.metadata.tables)


@pytest.fixture
async def empty(databases: TestDatabases) -> AsyncIterator[Settings]:
    """Settings for a database without a table."""
    settings = databases.new_settings()
    await databases.create(settings)
    yield settings
    await databases.drop(settings)


@pytest.fixture
async def engine(empty: Settings) -> AsyncIterator[AsyncEngine]:
    """Connections to it."""
    engine = make_engine(empty)
    yield engine
    await engine.dispose()


async def run(engine: AsyncEngine, statement: str) -> list[tuple[object, ...]]:
    async with engine.begin() as connection:
        result = await connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


async def downgrade(settings: Settings, revision: str) -> None:
    await anyio.to_thread.run_sync(command.downgrade, alembic_config(settings), revision)


async def tables(engine: AsyncEngine) -> set[object]:
    names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    return {name for (name,) in await run(engine, names)}


async def test_each_migration_goes_up_and_down_and_up_again_and_older_rows_stay(
    empty: Settings, engine: AsyncEngine
) -> None:
    post = "INSERT INTO posts (author_id, title, body) SELECT id, 'A title', 'A body' FROM users"
    comment = "INSERT INTO comments (post_id, author_id, body) SELECT id, author_id, 'A remark' FROM posts"
    attempt = "INSERT INTO login_attempts (key, wrong, ends_at) VALUES ('-', 1, now())"
    story = [
        ("0001", "users", USER),
        ("0002", "posts", post),
        ("0003", "comments", comment),
        ("0004", "login_attempts", attempt),
    ]

    there: list[str] = []
    for revision, table, insert in story:
        await upgrade(empty, revision)
        await run(engine, insert)
        there.append(table)
        assert await tables(engine) == set(there)

    for revision, table, insert in reversed(story):
        there.remove(table)
        await downgrade(empty, "-1")
        assert await tables(engine) == set(there)
        for older in there:
            assert await run(engine, f"SELECT count(*) FROM {older}") == [(1,)]  # noqa: S608 (our own names)
        await upgrade(empty, revision)
        await run(engine, insert)
        await downgrade(empty, "-1")

    await upgrade(empty)
    assert await tables(engine) == TABLES


async def test_people_from_before_there_were_versions_of_tokens_have_the_first(
    empty: Settings, engine: AsyncEngine
) -> None:
    await upgrade(empty, "0004")
    await run(engine, USER)
    await upgrade(empty, "0005")
    await run(engine, USER.replace("ana", "bob"))  # as code from before the migration writes
    assert await run(engine, "SELECT token_version FROM users") == [(0,), (0,)]
    await downgrade(empty, "-1")
    assert await run(engine, "SELECT count(*) FROM users") == [(2,)]


async def test_rows_from_before_are_counted(empty: Settings, engine: AsyncEngine) -> None:
    await upgrade(empty, "0006")
    await run(
        engine, "INSERT INTO users (email, hashed_password, display_name) SELECT n, '', '' FROM generate_series(1, 3) n"
    )
    await run(
        engine, "INSERT INTO posts (author_id, title, body) SELECT 1 + n % 2, '', '' FROM generate_series(1, 2001) n"
    )
    await run(
        engine,
        "INSERT INTO comments (post_id, author_id, body) SELECT 1 + n % 2001, 3, '' FROM generate_series(1, 4003) n",
    )
    await upgrade(empty)
    assert await run(engine, "SELECT post_count FROM users ORDER BY id") == [(1000,), (1001,), (0,)]
    wrong = "SELECT count(*) FROM posts WHERE comment_count <> (SELECT count(*) FROM comments WHERE post_id = posts.id)"
    assert await run(engine, wrong) == [(0,)]


async def test_an_email_is_folded_unless_it_has_an_account_already(empty: Settings, engine: AsyncEngine) -> None:
    await upgrade(empty, "0008")
    emails = ["νικος@example.com", "strauß@example.com", "ος@example.com", "οσ@example.com"]
    for email in emails:
        await run(engine, f"INSERT INTO users (email, hashed_password, display_name) VALUES ('{email}', '', '')")  # noqa: S608
    await upgrade(empty)
    folded = [("νικοσ@example.com",), ("strauss@example.com",), ("ος@example.com",), ("οσ@example.com",)]
    assert await run(engine, "SELECT email FROM users ORDER BY id") == folded


async def test_an_index_that_was_cut_off_half_made_is_made_again(empty: Settings, engine: AsyncEngine) -> None:
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('ix_posts_search')"
    await upgrade(empty, "0005")
    await run(engine, "CREATE INDEX ix_posts_search ON posts (title)")
    await run(engine, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_posts_search'::regclass")
    await upgrade(empty, "0006")
    assert await run(engine, valid) == [(True,)]
    await downgrade(empty, "-1")
    assert await run(engine, valid) == []


async def test_the_migrations_make_exactly_what_the_models_say(settings: Settings) -> None:
    await anyio.to_thread.run_sync(command.check, alembic_config(settings))  # raises if there is a difference


async def test_two_migrators_at_once_both_succeed(empty: Settings, engine: AsyncEngine) -> None:
    results = await asyncio.gather(*(anyio.to_thread.run_sync(run_alembic, empty) for _ in range(2)))
    assert [result.returncode for result in results] == [0, 0], results
    assert await tables(engine) == TABLES


def run_alembic(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `alembic upgrade head` as a deployment does, or something else of Alembic's."""
    secrets = {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "DATABASE_DIRECT_URL": settings.direct_url.get_secret_value(),
        "JWT_SECRET": settings.jwt_secret.get_secret_value(),
    }
    return subprocess.run(
        [sys.executable, "-m", "alembic", *(words or ("upgrade", "head"))],
        cwd=MIGRATIONS.parent,
        env=os.environ | secrets,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


async def test_a_database_that_is_ahead_of_this_code_is_left_as_it_is(empty: Settings, engine: AsyncEngine) -> None:
    await upgrade(empty, "0001")
    await run(engine, "UPDATE alembic_version SET version_num = 'newer'")
    result = await anyio.to_thread.run_sync(run_alembic, empty)
    assert result.returncode == 0, result
    line = result.stderr.splitlines()[-1]
    assert "ahead of this code (newer)" in line
    assert "DATABASE_URL" in line  # or it is another app's database: old code can't tell
    assert await tables(engine) == {"users"}
    assert await run(engine, "SELECT version_num FROM alembic_version") == [("newer",)]


async def test_nothing_but_an_upgrade_passes_over_a_migration_that_is_not_known(
    empty: Settings, engine: AsyncEngine
) -> None:
    await upgrade(empty, "0001")
    await run(engine, "UPDATE alembic_version SET version_num = 'newer'")
    result = await anyio.to_thread.run_sync(run_alembic, empty, "downgrade", "base")
    assert result.returncode != 0
    assert "Can't locate revision identified by 'newer'" in result.stderr


async def test_a_migrator_waits_its_turn_without_waiting_in_a_statement(empty: Settings, engine: AsyncEngine) -> None:
    asks = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_try_advisory%'"
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    async with asyncio.timeout(30), autocommit.connect() as connection:
        await connection.execute(text(f"SELECT pg_advisory_lock({MIGRATORS_LOCK})"))
        migrator = asyncio.create_task(upgrade(empty))
        while not await run(engine, asks):
            assert not migrator.done()
        assert await tables(engine) == set()
        await connection.execute(text(f"SELECT pg_advisory_unlock({MIGRATORS_LOCK})"))
        await migrator
    assert await tables(engine) == TABLES


def test_the_migrations_can_be_read_as_sql_and_wait_for_no_lock_for_long(databases: TestDatabases) -> None:
    config = alembic_config(databases.new_settings())
    config.output_buffer = io.StringIO()
    command.upgrade(config, "head", sql=True)
    sql = config.output_buffer.getvalue()
    assert sql.index("SET lock_timeout") < sql.index("CREATE TABLE users")
    assert "CREATE TABLE comments" in sql


async def test_the_tests_refuse_a_database_that_is_not_theirs(databases: TestDatabases) -> None:
    somebodys = databases.with_url(make_url("postgresql://postgres:@localhost/blog"))
    for action in (databases.create, databases.drop):
        with pytest.raises(RuntimeError, match="does not end in _test"):
            await action(somebodys)
