"""Migrations, up and down, on a database of their own."""

from collections.abc import AsyncIterator

import anyio.to_thread
import pytest
from alembic import command
from databases import TestDatabases, alembic_config, upgrade
from sqlalchemy import text

from app.config.settings import Settings
from app.database.engine import make_engine
from app.models import Base

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"


@pytest.fixture
async def empty(databases: TestDatabases) -> AsyncIterator[Settings]:
    """Settings for a database without a table."""
    settings = databases.new_settings()
    await databases.create(settings)
    yield settings
    await databases.drop(settings)


async def tables(settings: Settings) -> set[str]:
    """The tables that are there."""
    engine = make_engine(settings)
    async with engine.connect() as connection:
        names = set(await connection.scalars(text(TABLES)))
    await engine.dispose()
    return names


async def test_the_migrations_go_up_and_down_and_up_again(empty: Settings) -> None:
    await upgrade(empty)
    assert await tables(empty) == set(Base.metadata.tables)
    await anyio.to_thread.run_sync(command.downgrade, alembic_config(empty), "base")
    assert await tables(empty) == set()
    await upgrade(empty)
    assert await tables(empty) == set(Base.metadata.tables)


async def test_the_migrations_make_exactly_what_the_models_say(settings: Settings) -> None:
    await anyio.to_thread.run_sync(command.check, alembic_config(settings))  # raises if there is a difference
