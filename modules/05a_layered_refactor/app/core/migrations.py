"""Migrations: the tables brought up to date, by one process at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core.db import NoDatabase, make_engine, why_no_database
from app.core.settings import Settings

ALEMBIC_INI = Path(__file__).parents[2] / "alembic.ini"
TURN = 5_104  # any number, the same for all who migrate this app
TURN_TIMEOUT_SECONDS = 60
POLL_SECONDS = 0.1
# A migration that waits for a table makes everybody wait behind it. Better that it fails, and is run again.
TIMEOUTS = ("SET lock_timeout = '3s'", "SET statement_timeout = '10min'")


async def take_turn(connection: AsyncConnection) -> None:
    """Wait until nobody else migrates. The lock ends with the connection, so also when this process is killed.

    It asks again and again and never waits inside a statement: CREATE INDEX CONCURRENTLY, in another's migration,
    waits for all statements that run, and the two would wait for each other.
    """
    async with asyncio.timeout(TURN_TIMEOUT_SECONDS):
        while not await connection.scalar(text("SELECT pg_try_advisory_lock(:turn)"), {"turn": TURN}):
            await connection.rollback()
            await asyncio.sleep(POLL_SECONDS)
    await connection.commit()


async def connect(engine: AsyncEngine) -> AsyncConnection:
    """A connection of the engine. Raises NoDatabase if nobody answers."""
    try:
        return await engine.connect()
    except (OSError, DBAPIError) as error:
        raise NoDatabase(why_no_database(error)) from error


@asynccontextmanager
async def migrating(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """A connection to migrate on, held for as long as it is our turn. Raises NoDatabase."""
    engine = make_engine(settings)
    try:
        async with aclosing(await connect(engine)) as connection:
            await take_turn(connection)
            for timeout in TIMEOUTS:
                await connection.execute(text(timeout))
            await connection.commit()
            yield connection
    finally:
        await engine.dispose()


async def migrate(settings: Settings) -> None:
    """Run the migrations that the database does not have yet. The same as `alembic upgrade head`."""

    def upgrade(connection: Connection) -> None:
        config = Config(ALEMBIC_INI)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    async with migrating(settings) as connection:
        await connection.run_sync(upgrade)
