"""How Alembic reaches the database: by the app's settings, one migrator at a time, never waiting long for a lock."""

import asyncio
import getpass
import logging
from typing import Any

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.config.database_url import connection_options
from app.config.settings import Settings, load_settings
from app.database.engine import NOTHING_PREPARED
from app.database.faults import READ_ONLY, check_encoding, driver_error, driver_words, permanent_fault
from app.database.migrations import read_revisions
from app.database.session import DATABASE_ERRORS, is_transient
from app.models import Base

TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(4706001)")  # any number, the same for all migrators of this app
WAIT_FOR_OTHERS_SECONDS = 120
POLL_SECONDS = 0.2
STAY = text("SET LOCAL idle_in_transaction_session_timeout = 0")
# A migration that waits for a lock makes everybody else wait behind it. Better to fail, and be run again.
TIMEOUTS = ("SET lock_timeout = '3s'", "SET statement_timeout = '10min'")

OPTIONS: dict[str, Any] = {
    "target_metadata": Base.metadata,
    "compare_type": True,
    "compare_server_default": True,
    "transaction_per_migration": True,
}


def print_sql() -> None:
    """Write the migrations as SQL (`alembic upgrade head --sql`), without a database."""
    context.configure(dialect_name="postgresql", literal_binds=True, **OPTIONS)
    with context.begin_transaction():
        for timeout in TIMEOUTS:
            context.execute(timeout)
        context.run_migrations()


async def migrate(settings: Settings) -> None:
    """Run the migrations against the database, when it is our turn."""
    url, arguments = connection_options(settings.direct_url)
    engine = create_async_engine(url, connect_args=arguments | NOTHING_PREPARED, poolclass=pool.NullPool)
    async with engine.connect() as turn:
        check_encoding((await turn.get_raw_connection()).driver_connection)
        await take_turn(turn)
        async with engine.connect() as connection:
            for timeout in TIMEOUTS:
                await connection.execute(text(timeout))
            await connection.commit()
            await connection.run_sync(run)
    await engine.dispose()


async def take_turn(turn: AsyncConnection) -> None:
    """Wait until no other migrator runs. The turn ends with its transaction, so also if this process is killed.

    It asks again and again, and never waits inside a statement: a later migration's CREATE INDEX CONCURRENTLY waits
    for all statements that run, and a migrator that waited for it in turn would make a deadlock.
    """
    try:
        async with asyncio.timeout(WAIT_FOR_OTHERS_SECONDS):
            while not await turn.scalar(TRY_LOCK):
                await turn.rollback()  # or that index would wait for this transaction's snapshot
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise SystemExit(f"Another migration has run for {WAIT_FOR_OTHERS_SECONDS} s. Try again later.") from None
    await turn.execute(STAY)  # in the place of the statement that asked, which would keep its snapshot


def run(connection: Connection) -> None:
    """Run the migrations on an open connection."""
    context.configure(connection=connection, **OPTIONS)
    unknown = set(context.get_context().get_current_heads()) - read_revisions().known
    if unknown and is_upgrade_to_head():
        # After a rollback the host migrates with the code of before, which can't tell these two cases apart.
        logging.warning(
            "The database is ahead of this code (%s): it is left as it is, for older code can live with newer tables. "
            "If no newer version was ever deployed here, DATABASE_URL names another app's database.",
            ", ".join(sorted(unknown)),
        )
        return
    with context.begin_transaction():
        context.run_migrations()


def sentence(error: Exception, settings: Settings) -> str:
    """Return what is wrong with the database, and what to do. Raises the error if the migration is to blame."""
    url, _ = connection_options(settings.direct_url)
    if fault := READ_ONLY if getattr(driver_error(error), "sqlstate", None) == "25006" else permanent_fault(error):
        what, fix = fault
        fix = fix.format(database=url.database, role=url.username or getpass.getuser())
        return f"The database will not do, {what}: {driver_words(error)}. {fix}."
    if is_transient(error):
        return f"The database does not answer, or is held up: {driver_words(error)}. Try again when it is there."
    raise error


def is_upgrade_to_head() -> bool:
    """Say whether the command is `alembic upgrade head`. Any other one should hear what is wrong."""
    return getattr(context.config.cmd_opts, "revision", None) == "head"


if context.is_offline_mode():
    print_sql()
else:
    logging.basicConfig(format="%(message)s")
    logging.getLogger("alembic.runtime.migration").setLevel(logging.INFO)
    settings = context.config.attributes.get("settings") or load_settings()
    try:
        asyncio.run(migrate(settings))
    except DATABASE_ERRORS as error:
        raise SystemExit(sentence(error, settings)) from error
