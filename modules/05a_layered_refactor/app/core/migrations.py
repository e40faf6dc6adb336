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

from app.core.db import NoDatabase, fix_for, make_engine, why_no_database
from app.core.settings import Settings

MIGRATIONS = Path(__file__).parents[2] / "migrations"
TURN = 5_104  # any number, the same for all who migrate this app
TURN_TIMEOUT_SECONDS = 60
POLL_SECONDS = 0.1
# A migration that waits for a table makes everybody wait behind it. Better that it fails, and is run again.
TIMEOUTS = ("SET lock_timeout = '3s'", "SET statement_timeout = '10min'")


async def take_turn(connection: AsyncConnection) -> None:
    """Wait until nobody else migrates. The lock ends with the connection, so also when this process is killed.

    It asks again and again and never waits inside a statement: CREATE INDEX CONCURRENTLY, in another's migration,
    waits for all statements that run, and the two would be in a deadlock. Raises NoDatabase.
    """
    try:
        async with asyncio.timeout(TURN_TIMEOUT_SECONDS):
            while not await connection.scalar(text("SELECT pg_try_advisory_lock(:turn)"), {"turn": TURN}):
                await connection.rollback()
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise NoDatabase(f"Another migration has run for {TURN_TIMEOUT_SECONDS} s. Try again later.") from None
    await connection.commit()


async def connect(engine: AsyncEngine, variable: str = "DATABASE_URL") -> AsyncConnection:
    """A connection of the engine, whose URL is in this variable.

    Raises NoDatabase if nobody answers, or if texts in it are not in UTF-8.
    """
    try:
        connection = await engine.connect()
        encoding = await connection.scalar(text("SHOW server_encoding"))
    except (OSError, DBAPIError) as error:
        raise NoDatabase(why_no_database(error, engine.url, variable)) from error
    if encoding != "UTF8":
        await connection.close()
        raise NoDatabase(
            f"{variable}: the database is in {encoding}, which can't hold every text. "
            "Make another one: CREATE DATABASE ... TEMPLATE template0 ENCODING 'UTF8'"
        )
    return connection


@asynccontextmanager
async def migrating(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """A connection to migrate on, held for as long as it is our turn. Raises NoDatabase."""
    url, variable = settings.database_url, "DATABASE_URL"
    if settings.database_direct_url:
        url, variable = settings.database_direct_url, "DATABASE_DIRECT_URL"
    engine = make_engine(settings.model_copy(update={"database_url": url}))
    try:
        async with aclosing(await connect(engine, variable)) as connection:
            await take_turn(connection)
            for timeout in TIMEOUTS:
                await connection.execute(text(timeout))
            await connection.commit()
            yield connection
    except DBAPIError as error:
        if fix_for(error, engine.url):
            raise NoDatabase(why_no_database(error, engine.url, variable)) from error
        raise
    finally:
        await engine.dispose()


async def migrate(settings: Settings) -> None:
    """Run the migrations that the database does not have yet. The same as `alembic upgrade head`."""

    def upgrade(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    async with migrating(settings) as connection:
        await connection.run_sync(upgrade)
